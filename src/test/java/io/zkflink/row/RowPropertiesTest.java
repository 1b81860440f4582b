// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.CreateMode;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.row.payload.PayloadDecoder;
import io.zkflink.row.payload.PayloadEncoder;
import io.zkflink.testkit.Nasty;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.formats.csv.CsvFormatFactory;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.formats.raw.RawFormatFactory;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** Whatever a znode holds becomes a row, no row, or the documented error; whatever a row holds, a znode or an error. */
class RowPropertiesTest {

    private static final PathTemplate TEMPLATE =
            PathTemplate.parse("/r/{k}", PathEncoding.NONE, column -> SegmentType.STRING);

    private static final DataType STRUCTURED = DataTypes.ROW(
            DataTypes.FIELD("k", DataTypes.STRING()),
            DataTypes.FIELD("i", DataTypes.INT()),
            DataTypes.FIELD("s", DataTypes.STRING()),
            DataTypes.FIELD("t", DataTypes.TIMESTAMP(3)),
            DataTypes.FIELD("a", DataTypes.ARRAY(DataTypes.DOUBLE())));

    /** The formats, each with a table for it. */
    enum Format {
        JSON(new JsonFormatFactory(), STRUCTURED),
        CSV(new CsvFormatFactory(), STRUCTURED),
        RAW_TEXT(
                new RawFormatFactory(),
                DataTypes.ROW(DataTypes.FIELD("k", DataTypes.STRING()), DataTypes.FIELD("v", DataTypes.STRING()))),
        RAW_NUMBER(
                new RawFormatFactory(),
                DataTypes.ROW(DataTypes.FIELD("k", DataTypes.STRING()), DataTypes.FIELD("v", DataTypes.INT())));

        private final DeserializationFormatFactory factory;
        private final TableLayout layout;

        Format(DeserializationFormatFactory factory, DataType physical) {
            this.factory = factory;
            this.layout = new TableLayout(TEMPLATE, physical);
        }

        private ZNodeDecoder decoder(ParseErrorPolicy errors) {
            DeserializationSchema<RowData> schema = factory.createDecodingFormat(null, new Configuration())
                    .createRuntimeDecoder(ScanRuntimeProviderContext.INSTANCE, layout.payload());
            int[] fields = IntStream.range(0, DataType.getFieldCount(layout.physical()))
                    .toArray();
            ZNodeDecoder decoder = new ZNodeDecoder(
                    TEMPLATE,
                    layout.columns(fields, List.of(ReadableMetadata.values()), layout.payloadNames(fields)),
                    new PayloadDecoder(schema, PayloadDecoder.Rules.PLAIN),
                    errors,
                    "scan.parse-errors");
            try {
                decoder.open(new DeserializationSchema.InitializationContext() {
                    @Override
                    public MetricGroup getMetricGroup() {
                        return new UnregisteredMetricsGroup();
                    }

                    @Override
                    public UserCodeClassLoader getUserCodeClassLoader() {
                        return SimpleUserCodeClassLoader.create(RowPropertiesTest.class.getClassLoader());
                    }
                });
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return decoder;
        }
    }

    @Provide
    Arbitrary<byte[]> payloads() {
        return Nasty.bytes(Arbitraries.of(
                        "{\"i\":1,\"s\":\"x\",\"t\":\"2024-01-01 00:00:00\",\"a\":[1.5,null]}",
                        "{\"i\":99999999999999999999,\"a\":{\"b\":[]}}",
                        "{\"s\":{\"deep\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}}",
                        "{\"i\":1}{\"i\":2}",
                        "[{\"i\":1},{\"i\":2}]",
                        "[[]]",
                        "null",
                        "\"\\ud83d\"",
                        "1,x,2024-01-01 00:00:00,1.5;2",
                        "1,\"x\ny\",,",
                        "1,2,3,4,5,6,7",
                        "\"",
                        "\n\n")
                .map(text -> text.getBytes(StandardCharsets.UTF_8)));
    }

    @Provide
    Arbitrary<ZNodeStat> stats() {
        return Combinators.combine(
                        Arbitraries.longs(), Arbitraries.longs(), Arbitraries.longs(), Arbitraries.integers())
                .as((zxid, time, owner, number) ->
                        new ZNodeStat(zxid, ~zxid, ~time, time, number, ~number, number, owner, number, ~number, zxid));
    }

    @Property
    void anyDataIsARowNoRowOrTheDocumentedError(
            @ForAll Format format,
            @ForAll ParseErrorPolicy errors,
            @ForAll("payloads") byte[] payload,
            @ForAll("stats") ZNodeStat stat) {
        ZNodeDecoder decoder = format.decoder(errors);
        ZNode znode = new ZNode("/r/key", payload, stat);
        Optional<RowData> row;
        try {
            row = decoder.record(znode, EventType.CREATED);
        } catch (IOException e) {
            assertThat(errors).isEqualTo(ParseErrorPolicy.FAIL);
            assertThat(e)
                    .hasMessageStartingWith(
                            "The data of the znode '/r/key' (version " + stat.version() + ") could not be decoded: ")
                    .hasMessageEndingWith(
                            ". Correct the data, or set 'scan.parse-errors' = 'null' or 'skip' to go on without it.");
            return;
        }
        row.ifPresent(found -> {
            assertThat(found.getString(0)).hasToString("key");
            assertThat(found.getArity()).isGreaterThan(2);
        });
        assertThat(decoder.gone("/r/key", stat.mtime()).orElseThrow().getString(0))
                .hasToString("key");
    }

    /** Texts of the columns of a row, with NULLs among them. */
    @Provide
    Arbitrary<List<String>> texts() {
        return Nasty.texts().injectNull(0.1).list().ofSize(2);
    }

    @Property
    void anyRowIsAZNodeBelowTheRootOrAnErrorThatNamesTheColumn(@ForAll("texts") List<String> texts) throws Exception {
        SerializationSchema<RowData> schema = new JsonFormatFactory()
                .createEncodingFormat(null, new Configuration())
                .createRuntimeEncoder(new SinkRuntimeProviderContext(false), Format.JSON.layout.payload());
        ZNodeEncoder encoder = new ZNodeEncoder(
                Format.JSON.layout,
                new PayloadEncoder(schema, PayloadCompression.NONE),
                List.of(),
                CreateMode.PERSISTENT,
                Duration.ZERO);
        schema.open(null);
        GenericRowData row = GenericRowData.ofKind(
                RowKind.INSERT,
                StringData.fromString(texts.get(0)),
                null,
                StringData.fromString(texts.get(1)),
                null,
                null);
        RowWrite.Put put;
        try {
            put = (RowWrite.Put) encoder.write(row);
        } catch (IOException e) {
            assertThat(e.getMessage()).contains("column 'k'").contains(texts.get(0) == null ? "NULL" : texts.get(0));
            return;
        }
        assertThat(put.path()).startsWith("/r/");
        assertThat(put.path().indexOf('/', 3)).isNegative();
        ZNode written = new ZNode(
                put.path(),
                put.data() == null ? new byte[0] : put.data(),
                ZNode.existing("").stat());
        GenericRowData read = (GenericRowData) Format.JSON
                .decoder(ParseErrorPolicy.FAIL)
                .record(written, EventType.CREATED)
                .orElseThrow();
        if (StandardCharsets.UTF_8.newEncoder().canEncode(texts.get(0) + texts.get(1))) {
            for (int column = 0; column < row.getArity(); column++) {
                assertThat(read.getField(column)).isEqualTo(row.getField(column));
            }
        }
    }
}
