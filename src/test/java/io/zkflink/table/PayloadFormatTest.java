// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZNode;
import io.zkflink.row.EventType;
import io.zkflink.row.RowWrite;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.row.ZNodeEncoder;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.conversion.RowRowConverter;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.sink.SinkRuntimeProviderContext;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.DataType;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each format that Flink ships, by any columns in any order: what is read is what was written. */
public class PayloadFormatTest {

    private static final int KEY = 0;

    /** A format, the columns beside the key, and two rows of them. */
    enum Table {
        JSON(manyTypes(true), manyValues(true), "json"),
        JSON_TREE(manyTypes(true), manyValues(true), "json", "json.decode.json-parser.enabled", "false"),
        CSV(manyTypes(false), manyValues(false), "csv", "csv.null-literal", "n/a"),
        AVRO(manyTypes(true), manyValues(true), "avro"),
        AVRO_JSON(manyTypes(true), manyValues(true), "avro", "avro.encoding", "json"),
        AVRO_OF_A_REGISTRY(manyTypes(true), manyValues(true), "avro-stub"),
        PROTOBUF(
                List.of(
                        Column.physical("kind", DataTypes.STRING()),
                        Column.physical("number", DataTypes.INT()),
                        Column.physical("name", DataTypes.STRING()),
                        Column.physical("type_url", DataTypes.STRING()),
                        Column.physical("oneof_index", DataTypes.INT()),
                        Column.physical("packed", DataTypes.BOOLEAN())),
                List.of(
                        List.of(text("TYPE_INT64"), 7, text("n"), text("t"), 3, true),
                        List.of(text("TYPE_BOOL"), 8, text("m"), text("u"), -4, true)),
                "protobuf",
                "protobuf.message-class-name",
                "com.google.protobuf.Field"),
        RAW_TEXT(
                List.of(Column.physical("v", DataTypes.STRING())),
                List.of(List.of(text("x")), List.of(text("y z"))),
                "raw"),
        RAW_NUMBER(List.of(Column.physical("v", DataTypes.BIGINT())), List.of(List.of(1L), List.of(-5L)), "raw");

        private final List<Column> columns = new ArrayList<>();
        private final List<List<Object>> rows;
        private final Map<String, String> options = new HashMap<>();

        Table(List<Column> payload, List<? extends List<?>> rows, String format, String... options) {
            columns.add(Column.physical("k", DataTypes.STRING()));
            columns.addAll(payload);
            this.rows = rows.stream().<List<Object>>map(ArrayList::new).toList();
            this.options.put("connector", "zookeeper");
            this.options.put("connect-string", "zk.invalid:2181");
            this.options.put("path", "/r/{k}");
            this.options.put("format", format);
            for (int i = 0; i < options.length; i += 2) {
                this.options.put(options[i], options[i + 1]);
            }
        }

        private ResolvedCatalogTable catalogTable() {
            return new ResolvedCatalogTable(
                    CatalogTable.newBuilder()
                            .schema(Schema.newBuilder().build())
                            .options(options)
                            .build(),
                    ResolvedSchema.of(columns));
        }

        private DataType type() {
            return ResolvedSchema.of(columns).toPhysicalRowDataType();
        }
    }

    private static List<Column> manyTypes(boolean maps) {
        List<Column> columns = new ArrayList<>(List.of(
                Column.physical("flag", DataTypes.BOOLEAN()),
                Column.physical("n", DataTypes.INT()),
                Column.physical("big", DataTypes.BIGINT()),
                Column.physical("d", DataTypes.DOUBLE()),
                Column.physical("s", DataTypes.STRING()),
                Column.physical("b", DataTypes.BYTES()),
                Column.physical("m", DataTypes.DECIMAL(10, 2)),
                Column.physical("day", DataTypes.DATE()),
                Column.physical("at", DataTypes.TIMESTAMP(3)),
                Column.physical("list", DataTypes.ARRAY(DataTypes.INT())),
                Column.physical(
                        "nested",
                        DataTypes.ROW(
                                DataTypes.FIELD("x", DataTypes.STRING()), DataTypes.FIELD("y", DataTypes.INT())))));
        if (maps) {
            columns.add(Column.physical("map", DataTypes.MAP(DataTypes.STRING(), DataTypes.INT())));
        }
        return columns;
    }

    private static List<List<?>> manyValues(boolean maps) {
        List<Object> full = new ArrayList<>(List.of(
                true,
                -7,
                1L << 40,
                2.5,
                text("a,\"b\"\nc"),
                "bytes".getBytes(StandardCharsets.UTF_8),
                DecimalData.fromBigDecimal(new BigDecimal("12.34"), 10, 2),
                19_000,
                TimestampData.fromLocalDateTime(LocalDateTime.of(2026, 5, 6, 7, 8, 9)),
                new GenericArrayData(new Integer[] {1, 2, 3}),
                GenericRowData.of(text("in"), 5)));
        List<Object> sparse =
                new ArrayList<>(Arrays.asList(false, null, 3L, null, text("only"), null, null, 1, null, null, null));
        if (maps) {
            full.add(new GenericMapData(Map.of(text("one"), 1)));
            sparse.add(null);
        } else {
            // What csv cannot say of an array or a row is that it is NULL.
            sparse.set(sparse.size() - 2, new GenericArrayData(new Integer[] {4}));
            sparse.set(sparse.size() - 1, GenericRowData.of(text("x"), 6));
        }
        return List.of(full, sparse);
    }

    private static StringData text(String value) {
        return StringData.fromString(value);
    }

    @ParameterizedTest
    @EnumSource
    void anyColumnsInAnyOrder(Table table) throws Exception {
        List<ZNode> znodes = written(table);
        for (int[] fields : projections(table.columns.size())) {
            ZNodeDecoder decoder = decoder(table, fields);
            DataType type = Projection.of(fields).project(table.type());
            for (int i = 0; i < znodes.size(); i++) {
                List<Object> row = new ArrayList<>(table.rows.get(i));
                row.add(KEY, text("row" + i));
                GenericRowData expected = GenericRowData.of(
                        IntStream.of(fields).mapToObj(row::get).toArray());
                assertThat(show(
                                type,
                                decoder.record(znodes.get(i), EventType.CREATED).orElseThrow()))
                        .as("%s, row %d, columns %s", table, i, DataType.getFieldNames(type))
                        .isEqualTo(show(type, expected));
            }
        }
    }

    /** None, each, each ordered pair, all in both directions, and some that are turned. */
    private static List<int[]> projections(int columns) {
        List<int[]> projections = new ArrayList<>(List.of(new int[0]));
        for (int i = 0; i < columns; i++) {
            int first = i;
            projections.add(new int[] {i});
            IntStream.range(0, columns).filter(j -> j != first).forEach(j -> projections.add(new int[] {first, j}));
            projections.add(
                    IntStream.range(0, columns).map(j -> (j + first) % columns).toArray());
            projections.add(IntStream.range(0, columns)
                    .map(j -> (2 * columns - j - first) % columns)
                    .toArray());
            projections.add(IntStream.range(0, columns).filter(j -> j != first).toArray());
        }
        return projections;
    }

    private static List<ZNode> written(Table table) throws Exception {
        ZooKeeperTableSink sink = (ZooKeeperTableSink) FactoryUtil.createDynamicTableSink(
                new ZooKeeperTableFactory(),
                ObjectIdentifier.of("c", "d", "t"),
                table.catalogTable(),
                Map.of(),
                new Configuration(),
                PayloadFormatTest.class.getClassLoader(),
                true);
        ZNodeEncoder encoder = sink.encoder(new SinkRuntimeProviderContext(false));
        encoder.open(null);
        List<ZNode> znodes = new ArrayList<>();
        for (List<Object> values : table.rows) {
            List<Object> row = new ArrayList<>(values);
            row.add(KEY, text("row" + znodes.size()));
            RowWrite.Put put = (RowWrite.Put) encoder.write(GenericRowData.of(row.toArray()));
            znodes.add(
                    new ZNode(put.path(), put.data(), ZNode.existing(put.path()).stat()));
        }
        return znodes;
    }

    private static ZNodeDecoder decoder(Table table, int[] fields) throws Exception {
        ZooKeeperTableSource source = source(table.catalogTable());
        source.applyProjection(
                IntStream.of(fields).mapToObj(field -> new int[] {field}).toArray(int[][]::new),
                Projection.of(fields).project(table.type()));
        return decoder(source);
    }

    public static ZooKeeperTableSource source(ResolvedCatalogTable table) {
        return (ZooKeeperTableSource) FactoryUtil.createDynamicTableSource(
                new ZooKeeperTableFactory(),
                ObjectIdentifier.of("c", "d", "t"),
                table,
                Map.of(),
                new Configuration(),
                PayloadFormatTest.class.getClassLoader(),
                true);
    }

    public static ZNodeDecoder decoder(ZooKeeperTableSource source) throws Exception {
        ZNodeDecoder decoder = source.scanDecoder(ScanRuntimeProviderContext.INSTANCE);
        decoder.open(
                new UnregisteredMetricsGroup(),
                SimpleUserCodeClassLoader.create(PayloadFormatTest.class.getClassLoader()));
        return decoder;
    }

    private static String show(DataType type, RowData row) {
        RowRowConverter converter = RowRowConverter.create(type);
        converter.open(PayloadFormatTest.class.getClassLoader());
        return converter.toExternal(row).toString();
    }
}
