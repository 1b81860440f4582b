// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.CreateMode;
import io.zkflink.row.RowWrite;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.sink.transaction.TransactionalSink;
import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.InstantiationUtil;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooKeeperSinkBuilderTest {

    private static final byte[] DATA = {1};

    /** Settings that are wrong in one place, and what is said of it. */
    private record Mistake(UnaryOperator<ZooKeeperSinkBuilder<String>> setting, String message) {

        @Override
        public String toString() {
            return message;
        }
    }

    private static Mistake exactlyOnce(UnaryOperator<ZooKeeperSinkBuilder<String>> setting, String message) {
        return new Mistake(
                builder -> setting.apply(builder.setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                        .setTransactionalIdPrefix("id")),
                message);
    }

    private static SinkSettings.Batching batching(int maxSize, int maxBytes) {
        return new SinkSettings.Batching(maxSize, 4, 100, maxBytes, Duration.ofMillis(1));
    }

    static Stream<Mistake> mistakes() {
        return Stream.of(
                new Mistake(
                        builder -> builder.setConnectString(""),
                        "Invalid value '' for option 'connect-string': it is empty; write"
                                + " 'host:port[,host:port]...[/chroot]'."),
                exactlyOnce(
                        builder -> builder.setTransactionalIdPrefix(null),
                        "Invalid value 'exactly-once' for option 'sink.delivery-guarantee': it needs a name for its"
                                + " commit markers. Set 'sink.transactional-id-prefix' to one that no other job uses."),
                exactlyOnce(
                        builder -> builder.setTransactionalIdPrefix("a/b"),
                        "Invalid value 'a/b' for option 'sink.transactional-id-prefix': it contains '/'; write a single"
                                + " path segment like 'orders-to-zookeeper'."),
                exactlyOnce(
                        builder -> builder.setCommitPath("/{x}"),
                        "Invalid value '/{x}' for option 'sink.commit-path': it cannot have columns like '{x}'; write it"
                                + " like '/_flink/commits'."),
                exactlyOnce(
                        builder -> builder.setCommitRetention(Duration.ZERO),
                        "Invalid value 'PT0S' for option 'sink.commit-retention': it must be positive; write it like '7"
                                + " d'."),
                new Mistake(
                        builder -> builder.setDeliveryGuarantee(DeliveryGuarantee.NONE),
                        "Invalid value 'none' for option 'sink.delivery-guarantee': it must be one of 'at-least-once',"
                                + " 'exactly-once'; a weaker one would save nothing."),
                new Mistake(
                        builder -> builder.setGuardLock("lock"),
                        "Invalid value 'lock' for option 'sink.guard.lock': it must be absolute; write '/lock'; write it"
                                + " like '/locks/orders'."),
                exactlyOnce(
                        builder -> builder.setGuardLock("/lock"),
                        "Invalid value '/lock' for option 'sink.guard.lock': what was prepared with the lock must be"
                                + " committed without it after a failure. Use 'sink.delivery-guarantee' ="
                                + " 'at-least-once', or remove the option."),
                new Mistake(
                        builder -> builder.setBatching(batching(0, 1)),
                        "Invalid value '0' for option 'sink.batch.max-size': it must be at least 1."),
                new Mistake(
                        builder -> builder.setBatching(batching(1, 0)),
                        "Invalid value '0' for option 'sink.flush-buffer.size': it must be between 1 byte and 1 gb."));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void saysWhatIsWrongBeforeAnybodyConnects(Mistake mistake) {
        assertThatThrownBy(() -> mistake.setting.apply(right()).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(mistake.message);
    }

    @Test
    void saysWhyZNodesCannotBeEphemeral() {
        DataStream<String> paths =
                StreamExecutionEnvironment.getExecutionEnvironment().fromData("/a");
        refuses(
                () -> right().setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                        .writeEphemeral(paths),
                "Invalid value 'ephemeral' for option 'sink.create-mode': ephemeral znodes end with their session,"
                        + " whatever was committed. Use 'sink.delivery-guarantee' = 'at-least-once', or 'persistent'.");
        refuses(
                () -> right().setGuardLock("/lock").writeEphemeral(paths),
                "Invalid value '/lock' for option 'sink.guard.lock': ephemeral rows have a session of their own, which no"
                        + " other writer can have at the same time. Remove the option, or use 'sink.create-mode' ="
                        + " 'persistent'.");
        refuses(
                () -> right().setCommitPath("/").writeEphemeral(paths),
                "Invalid value '/' for option 'sink.commit-path': it must not be the root; write it like"
                        + " '/_flink/commits'.");
    }

    @Test
    void ephemeralZNodesHaveNeitherVersionNorMode() throws Exception {
        assertThat(ephemeral(ZNodeUpdate.put("/a", DATA)).path()).isEqualTo("/a");
        assertThat(ephemeral(ZNodeUpdate.remove("/a"))).isEqualTo(new RowWrite.Remove("/a"));
        assertThat(ephemeral(null)).isNull();
        assertThatThrownBy(() -> ephemeral(ZNodeUpdate.put("/a", DATA).ifVersion(0)))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "The update of the znode '/a' has an expected version, and 'writeEphemeral' creates it as an"
                                + " ephemeral one, anew whenever its session was lost. Leave that out, or write it by the sink"
                                + " that 'build' gives.");
        assertThatThrownBy(() -> ephemeral(ZNodeUpdate.put("/a", DATA).as(CreateMode.CONTAINER)))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "The update of the znode '/a' has the create mode 'container', and 'writeEphemeral' creates it"
                                + " as an ephemeral one, anew whenever its session was lost. Leave that out, or write it by the"
                                + " sink that 'build' gives.");
    }

    private static RowWrite ephemeral(ZNodeUpdate update) throws IOException {
        return new SchemaEncoder<String>("", element -> update, PayloadCompression.NONE, true).write("");
    }

    @Test
    void dataIsCompressed() throws IOException {
        RowWrite.Put put = (RowWrite.Put) new SchemaEncoder<String>(
                        "", element -> ZNodeUpdate.put("/a", DATA).ifVersion(3), PayloadCompression.GZIP, false)
                .write("");
        assertThat(PayloadCompression.GZIP.inflate(put.data(), 100)).isEqualTo(DATA);
        assertThat(put.expectedVersion()).isEqualTo(3);
        assertThatThrownBy(() -> ZooKeeperSink.builder((String path) -> ZNodeUpdate.remove(path))
                        .setPayloadCompression(PayloadCompression.AUTO))
                .hasMessage("Invalid value 'auto' for option 'payload.compression': it says how to read and not how to"
                        + " write. Use GZIP, ZLIB or NONE.");
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> ZooKeeperSink.builder((String path) -> ZNodeUpdate.remove(path))
                        .build())
                .hasMessage("Missing option 'connect-string': call setConnectString or setConnection.");
    }

    private static ZooKeeperSinkBuilder<String> right() {
        return ZooKeeperSink.builder((String path) -> ZNodeUpdate.put(path, DATA))
                .setConnectString("localhost:2181");
    }

    @Test
    void isSerializable() throws Exception {
        assertThat(InstantiationUtil.clone(right().build())).isInstanceOf(ZooKeeperSink.class);
        assertThat(InstantiationUtil.clone(right().setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                        .setTransactionalIdPrefix("id")
                        .build()))
                .isInstanceOf(TransactionalSink.class);
    }

    @Test
    void updatesSayWhatIsToBeDone() {
        RowWrite.Put put = put(ZNodeUpdate.put("/a", DATA));
        assertThat(put).isEqualTo(new RowWrite.Put("/a", DATA, true, null, CreateMode.PERSISTENT, 0));
        assertThat(put(ZNodeUpdate.put("/a", DATA).ifVersion(3)).expectedVersion())
                .isEqualTo(3);
        assertThat(put(ZNodeUpdate.put("/a", DATA).ifAbsent()).expectedVersion())
                .isEqualTo(RowWrite.ABSENT);
        put = put(ZNodeUpdate.put("/a", null).withTtl(Duration.ofSeconds(1)).ifAbsent());
        assertThat(put).isEqualTo(new RowWrite.Put("/a", null, true, -1, CreateMode.PERSISTENT_WITH_TTL, 1_000));
        assertThat(put(ZNodeUpdate.put("/a", DATA).as(CreateMode.CONTAINER)).mode())
                .isEqualTo(CreateMode.CONTAINER);
        assertThat(ZNodeUpdate.remove("/a").write()).isEqualTo(new RowWrite.Remove("/a"));
        assertThat(ZNodeUpdate.put("/secret", DATA)).hasToString("Put[/secret, 1 B]");
    }

    private static RowWrite.Put put(ZNodeUpdate update) {
        return (RowWrite.Put) update.write();
    }

    /** Below a chroot or a namespace a znode may have that name. */
    @Test
    void onlyTheServersOwnSubtreeIsReserved() throws Exception {
        ZNodeUpdate update = ZNodeUpdate.remove("/zookeeper/quota");
        assertThatThrownBy(() ->
                        new SchemaEncoder<String>("", element -> update, PayloadCompression.NONE, false).write(""))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "The path '/zookeeper/quota' lies in '/zookeeper', ZooKeeper's own subtree, and is never a row.");
        assertThat(new SchemaEncoder<String>("/app", element -> update, PayloadCompression.NONE, false).write(""))
                .isEqualTo(new RowWrite.Remove("/zookeeper/quota"));
    }

    @Test
    void updatesRefuseWhatNoServerTakes() {
        refuses(() -> ZNodeUpdate.put("a", DATA), "The path 'a' is not absolute; write '/a'.");
        refuses(
                () -> ZNodeUpdate.put("/a//b", DATA),
                "The path '/a//b' cannot be that of a znode: the segment '' is empty. Replace such characters, or"
                        + " percent-encode them.");
        refuses(
                () -> ZNodeUpdate.remove("/a/.."),
                "The path '/a/..' cannot be that of a znode: the segment '..' is a relative path. Replace such"
                        + " characters, or percent-encode them.");
        refuses(
                () -> ZNodeUpdate.put("/a", DATA).ifVersion(-2),
                "The row of the znode '/a' has the 'version' -2, which no znode has. Give the version that the znode must"
                        + " have, -1 if it must not exist, or NULL for any.");
        refuses(
                () -> ZNodeUpdate.remove("/a").ifVersion(1),
                "The removal of the znode '/a' cannot have an expected version; only a put has one.");
        refuses(
                () -> ZNodeUpdate.put("/a", DATA).withTtl(Duration.ZERO),
                "Invalid value 'PT0S' for option 'sink.ttl': it must be between 1 ms and 12725 d; write it like '1 h'.");
        assertThat(ZNodeUpdate.put("/a", DATA).withTtl(Duration.ofDays(365))).isNotNull();
        refuses(
                () -> ZNodeUpdate.put("/a", DATA).withTtl(Duration.ofDays(12_726)),
                "Invalid value 'PT305424H' for option 'sink.ttl': it must be between 1 ms and 12725 d; write it like '1 h'.");
        refuses(
                () -> ZNodeUpdate.put("/a", DATA).as(CreateMode.PERSISTENT_WITH_TTL),
                "The znode '/a' cannot be 'persistent-with-ttl': it needs to know how long. Call withTtl instead.");
        refuses(
                () -> ZNodeUpdate.put("/a", DATA).as(CreateMode.EPHEMERAL),
                "The znode '/a' cannot be 'ephemeral': a sink has either only ephemeral znodes, since they belong to a"
                        + " session of its own, or none. Put it without a mode and call 'writeEphemeral' of the sink's"
                        + " builder, or use another mode.");
        refuses(
                () -> ZNodeUpdate.put("/a", DATA)
                        .as(CreateMode.PERSISTENT_SEQUENTIAL)
                        .ifAbsent(),
                "The update of the znode '/a' has the create mode 'persistent-sequential' and an expected version: each"
                        + " one creates a znode of its own, which has no version to expect. Leave one of them out.");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
