// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.EventType;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.StartupMode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.java.typeutils.PojoTypeInfo;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooKeeperSourceBuilderTest {

    private static final ZNode ZNODE =
            new ZNode("/a/b", new byte[] {1}, new ZNodeStat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));

    /** Settings that are wrong in one place, and what is said of it. */
    private record Mistake(UnaryOperator<ZooKeeperSourceBuilder<ZNodeChange>> setting, String message) {

        @Override
        public String toString() {
            return message;
        }
    }

    static Stream<Mistake> mistakes() {
        return Stream.of(
                new Mistake(
                        builder -> builder.setConnectString("localhost:x"),
                        "Invalid value 'localhost:x' for option 'connect-string': a port is not a number; write"
                                + " 'host:port[,host:port]...[/chroot]'."),
                new Mistake(
                        builder -> builder.setConnection(ConnectionSettings.builder("localhost:2181")
                                .setSessionTimeout(Duration.ZERO)
                                .build()),
                        "Invalid value 'PT0S' for option 'session-timeout': it must be between 1 ms and 24 d; write it"
                                + " like '15 s'."),
                new Mistake(
                        builder -> builder.setConnection(ConnectionSettings.builder("localhost:2181")
                                .setProperty("jute.maxbuffer", "1 mb")
                                .build()),
                        "Invalid value '1 mb' for option 'properties.jute.maxbuffer': it must be a number of bytes."),
                new Mistake(
                        builder -> builder.setPath("flags"),
                        "Invalid value 'flags' for option 'path': it must be absolute; write '/flags'."),
                new Mistake(
                        builder -> builder.setPath("/zookeeper/{x}"),
                        "Invalid value '/zookeeper/{x}' for option 'path': '/zookeeper' is ZooKeeper's own subtree and"
                                + " never a table."),
                new Mistake(
                        builder -> builder.setPollInterval(Duration.ZERO),
                        "Invalid value 'PT0S' for option 'scan.poll-interval': it must be between 1 ms and 24 d; write"
                                + " it like '15 s'."),
                new Mistake(
                        builder -> builder.setWatermarkAdvanceInterval(Duration.ZERO),
                        "Invalid value 'PT0S' for option 'scan.watermark.advance-interval': it must be between 1 ms and 24"
                                + " d; write it like '15 s'."),
                new Mistake(
                        builder -> builder.setKeysOnly().setSourceWatermarks(),
                        "A source of keys only reads no 'mtime', which watermarks are made of. Leave out setKeysOnly, or"
                                + " setSourceWatermarks and setWatermarkAdvanceInterval."),
                new Mistake(
                        builder -> builder.setParallelism(0),
                        "Invalid value '0' for option 'scan.parallelism': it must be at least 1."),
                new Mistake(
                        builder ->
                                builder.setBoundedMode(BoundedMode.SNAPSHOT).setStartupMode(StartupMode.LATEST_OFFSET),
                        "Invalid value 'latest-offset' for option 'scan.startup.mode': a scan that ends with the snapshot"
                                + " ('scan.bounded.mode' = 'snapshot', the default in batch mode) has no changes to tell."
                                + " Use 'initial', or an unbounded scan."));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void saysWhatIsWrongBeforeAnybodyConnects(Mistake mistake) {
        assertThatThrownBy(() -> mistake.setting.apply(right()).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(mistake.message);
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> ZooKeeperSource.builder().setPath("/a").build())
                .hasMessage("Missing option 'connect-string': call setConnectString or setConnection.");
        assertThatThrownBy(() -> ZooKeeperSource.builder()
                        .setConnectString("localhost:2181")
                        .build())
                .hasMessage("Missing option 'path': call setPath.");
    }

    private static ZooKeeperSourceBuilder<ZNodeChange> right() {
        return ZooKeeperSource.builder().setConnectString("localhost:2181").setPath("/a/{b}");
    }

    @Test
    void isSerializableAndKnowsItsType() throws Exception {
        ZooKeeperSource<ZNodeChange> source = InstantiationUtil.clone(right().build());
        assertThat(source.getBoundedness()).isEqualTo(Boundedness.CONTINUOUS_UNBOUNDED);
        assertThat(source.getProducedType()).isEqualTo(TypeInformation.of(ZNodeChange.class));
    }

    @Test
    void anotherDeserializerKeepsWhatWasSet() {
        ZooKeeperSource<String> source = right().setBoundedMode(BoundedMode.SNAPSHOT)
                .setDeserializer(new Names(false))
                .build();
        assertThat(source.getBoundedness()).isEqualTo(Boundedness.BOUNDED);
        assertThat(source.getProducedType()).isEqualTo(Types.STRING);
    }

    /** Not by Kryo, which would be slow and tie state to it. */
    @Test
    void changesAreSerializedByTheirFields() throws IOException {
        TypeInformation<ZNodeChange> type = TypeInformation.of(ZNodeChange.class);
        assertThat(type).isInstanceOf(PojoTypeInfo.class);
        SerializerConfigImpl config = new SerializerConfigImpl();
        config.setGenericTypes(false);
        TypeSerializer<ZNodeChange> serializer = type.createSerializer(config);
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(new ZNodeChange(EventType.CHANGED, "/a/b", ZNODE.data(), ZNODE.stat()), out);

        ZNodeChange copy = serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer()));
        assertThat(copy.type()).isEqualTo(EventType.CHANGED);
        assertThat(copy.path()).isEqualTo("/a/b");
        assertThat(copy.name()).isEqualTo("b").isEqualTo(copy.segment(1));
        assertThat(copy.segment(0)).isEqualTo("a");
        assertThat(copy.data()).containsExactly(1);
        assertThat(copy.stat()).isEqualTo(ZNODE.stat());
        assertThat(copy).hasToString("CHANGED /a/b (version 5, 1 B)");
    }

    @Test
    void aSchemaThatFailsIsToldOfWithItsZnode() {
        PathTemplate template = PathTemplate.parse("/a/{b}", PathEncoding.NONE, name -> SegmentType.STRING);
        assertThatThrownBy(() -> new SchemaDecoder<>(template, new Names(true), PayloadCompression.NONE)
                        .record(ZNODE, EventType.CREATED))
                .isInstanceOf(IOException.class)
                .hasMessage("The data of the znode '/a/b' (version 5) could not be decoded: no name. Correct the data,"
                        + " or have the deserialization schema return null for it to go on without it.");
    }

    @Test
    void aSchemaSeesDataAsItWasBeforeItWasCompressed() throws IOException {
        PathTemplate template = PathTemplate.parse("/a/{b}", PathEncoding.NONE, name -> SegmentType.STRING);
        byte[] data = {1, 2, 3};
        for (PayloadCompression each : List.of(PayloadCompression.GZIP, PayloadCompression.ZLIB)) {
            ZNode znode = new ZNode("/a/b", each.deflate(data), ZNODE.stat());
            for (PayloadCompression reader : List.of(each, PayloadCompression.AUTO)) {
                assertThat(new SchemaDecoder<>(template, new ChangeSchema(), reader)
                                .record(znode, EventType.CREATED)
                                .orElseThrow()
                                .data())
                        .containsExactly(data);
            }
        }
        assertThat(new SchemaDecoder<>(template, new ChangeSchema(), PayloadCompression.GZIP)
                        .gone("/a/b", 1)
                        .orElseThrow()
                        .data())
                .isEmpty();
    }

    /** The names of znodes, unless it fails. */
    private record Names(boolean fails) implements ZNodeDeserializationSchema<String> {

        @Override
        public String deserialize(ZNodeChange change) {
            if (fails) {
                throw new IllegalStateException("no name");
            }
            return change.name();
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return Types.STRING;
        }
    }
}
