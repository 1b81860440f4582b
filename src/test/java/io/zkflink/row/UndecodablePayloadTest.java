// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.table.PayloadFormatTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A znode is one row: what becomes of data that a format makes no row of, or several, in a table of k, n INT, s STRING.
 */
class UndecodablePayloadTest {

    private static final String MORE = "it goes on after its first record, and a znode is one row";

    /** With and without the parser that newer Flinks use. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            []                   | true  | the format made no row of it, and a znode is one row
            []                   | false | the format made no row of it, and a znode is one row
            [null]               | true  | the format made no row of it, and a znode is one row
            [null]               | false | the format made no row of it, and a znode is one row
            null                 | false | the format made no row of it, and a znode is one row
            [{"n":1},{"n":2}]    | true  | the format made 2 rows of it, and a znode is one row
            [{"n":1},{"n":2}]    | false | the format made 2 rows of it, and a znode is one row
            [null,{"n":2}]       | true  | the format made 2 rows of it, and a znode is one row
            {"n":1}{"n":2}       | true  | it goes on after its first record, and a znode is one row
            {"n":1}{"n":2}       | false | it goes on after its first record, and a znode is one row
            {"n":1} oops         | true  | it goes on after its first record, and a znode is one row
            """)
    void jsonThatIsNoRowOrSeveral(String data, String parser, String reason) throws Exception {
        isUndecodable(data, reason, "format", "json", "json.decode.json-parser.enabled", parser);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1,x\n2,y", "1,x\r\n2,y\r\n", "1,x\n\n2,y"})
    void csvOfTwoLines(String data) throws Exception {
        isUndecodable(data, MORE, "format", "csv");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", " ", "1", "oops", "\"n\""})
    void jsonThatIsNoObject(String data) throws Exception {
        assertThatThrownBy(() -> decoder("format", "json").record(znode(data), EventType.CREATED))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("The data of the znode '/r/a' (version 0) could not be decoded: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"n\":1,\"s\":\"x\"}", "[{\"n\":1,\"s\":\"x\"}]", " {\"n\":1,\"s\":\"x\"}\r\n"})
    void oneRowOfJson(String data) throws Exception {
        assertThat(read(decoder("format", "json"), data)).isEqualTo("a,1,x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1,\"x\"\n", "1,x\n\n", "1,x"})
    void oneRowOfCsv(String data) throws Exception {
        assertThat(read(decoder("format", "csv"), data)).isEqualTo("a,1,x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"oops", "[]", "[null]", "null"})
    void aFormatThatSwallowsItsErrorsSkips(String data) throws Exception {
        for (String errors : List.of("fail", "null", "skip")) {
            ZNodeDecoder decoder =
                    decoder("format", "json", "json.ignore-parse-errors", "true", "scan.parse-errors", errors);
            assertThat(decoder.record(znode(data), EventType.CREATED)).isEmpty();
        }
    }

    @Test
    void compressedData() throws Exception {
        String json = "{\"n\":1,\"s\":\"x\"}";
        for (String compression : List.of("gzip", "zlib")) {
            byte[] data = PayloadCompression.valueOf(compression.toUpperCase(Locale.ROOT))
                    .deflate(utf8(json));
            assertThat(read(decoder("format", "json", "payload.compression", compression), data))
                    .isEqualTo("a,1,x");
            ZNodeDecoder auto = decoder("format", "json", "payload.compression", "auto");
            assertThat(read(auto, data)).isEqualTo("a,1,x");
            assertThat(read(auto, json)).isEqualTo("a,1,x");
            assertThatThrownBy(() -> read(decoder("format", "json"), data))
                    .hasMessageContaining("(its first bytes are those of " + compression
                            + "; with 'payload.compression' = 'auto' it would be inflated)");
            isUndecodable(
                    json,
                    "it is not compressed by " + compression + ", or is damaged",
                    "format",
                    "json",
                    "payload.compression",
                    compression);
        }
    }

    @Test
    void nothingCompressedIsNothing() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new GZIPOutputStream(bytes).close();
        assertThat(read(decoder("format", "json", "payload.compression", "auto"), bytes.toByteArray()))
                .isEqualTo("a,null,null");
    }

    @Test
    void compressedDataThatBecomesTooLarge() throws Exception {
        byte[] data = PayloadCompression.GZIP.deflate(utf8("{\"s\":\"" + "x".repeat(2_000) + "\"}"));
        ZNodeDecoder decoder =
                decoder("format", "json", "payload.compression", "gzip", "payload.max-inflated-size", "1 kb");
        assertThatThrownBy(() -> read(decoder, data))
                .hasMessageContaining(
                        "inflated by gzip it is larger than the 'payload.max-inflated-size' of 1024 bytes");
    }

    /** Flink would read 0 or -1 there. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"s":{}}                                      | s.a
            {"s":{"a":null}}                              | s.a
            {"s":{"a":1,"b":[{"c":2},{}]}}                | s.b[2].c
            {"s":{"a":1,"b":[null]}}                      | s.b[1]
            {"s":{"a":1,"m":{"x":null}}}                  | s.m[1]
            """)
    void nestedFieldsThatMustNotBeNull(String data, String place) throws Exception {
        String reason = "'" + place + "' is declared NOT NULL and is missing or null in it";
        for (String parser : List.of("true", "false")) {
            String[] options = {"format", "json", "json.decode.json-parser.enabled", parser};
            assertThatThrownBy(() -> nested(options).record(znode(data), EventType.CREATED))
                    .hasMessageStartingWith(
                            "The data of the znode '/r/a' (version 0) could not be decoded: " + reason + ". ");
            assertThat(nested(with(options, "null"))
                            .record(znode(data), EventType.CREATED)
                            .orElseThrow()
                            .isNullAt(2))
                    .isTrue();
            assertThat(nested(with(options, "skip")).record(znode(data), EventType.CREATED))
                    .isEmpty();
        }
        assertThat(nested("format", "json", "json.ignore-parse-errors", "true").record(znode(data), EventType.CREATED))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"s\":null}", "{\"s\":{\"a\":1}}", "{\"s\":{\"a\":1,\"b\":[{\"c\":2}],\"m\":{\"x\":1}}}"
            })
    void nestedFieldsThatAreThere(String data) throws Exception {
        assertThat(nested("format", "json").record(znode(data), EventType.CREATED))
                .isPresent();
    }

    private static ZNodeDecoder nested(String... options) throws Exception {
        return decoder(
                DataTypes.ROW(
                        DataTypes.FIELD("a", DataTypes.INT().notNull()),
                        DataTypes.FIELD(
                                "b",
                                DataTypes.ARRAY(DataTypes.ROW(DataTypes.FIELD(
                                                "c", DataTypes.INT().notNull()))
                                        .notNull())),
                        DataTypes.FIELD(
                                "m",
                                DataTypes.MAP(
                                        DataTypes.STRING().notNull(),
                                        DataTypes.INT().notNull()))),
                options);
    }

    private static void isUndecodable(String data, String reason, String... options) throws Exception {
        assertThatThrownBy(() -> decoder(options).record(znode(data), EventType.CREATED))
                .hasMessage("The data of the znode '/r/a' (version 0) could not be decoded: " + reason
                        + ". Correct the data, or set 'scan.parse-errors' = 'null' or 'skip' to go on without it.");
        assertThat(read(decoder(with(options, "null")), data)).isEqualTo("a,null,null");
        assertThat(decoder(with(options, "skip")).record(znode(data), EventType.CREATED))
                .isEmpty();
    }

    private static String[] with(String[] options, String errors) {
        String[] more = Arrays.copyOf(options, options.length + 2);
        more[options.length] = "scan.parse-errors";
        more[options.length + 1] = errors;
        return more;
    }

    private static String read(ZNodeDecoder decoder, String data) throws IOException {
        return read(decoder, utf8(data));
    }

    private static String read(ZNodeDecoder decoder, byte[] data) throws IOException {
        RowData row = decoder.record(znode(data), EventType.CREATED).orElseThrow();
        return row.getString(0) + "," + (row.isNullAt(1) ? null : row.getInt(1)) + ","
                + (row.isNullAt(2) ? null : row.getString(2));
    }

    private static ZNode znode(String data) {
        return znode(utf8(data));
    }

    private static ZNode znode(byte[] data) {
        return new ZNode("/r/a", data, ZNode.existing("/r/a").stat());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ZNodeDecoder decoder(String... options) throws Exception {
        return decoder(DataTypes.STRING(), options);
    }

    private static ZNodeDecoder decoder(DataType last, String... options) throws Exception {
        Map<String, String> all =
                new HashMap<>(Map.of("connector", "zookeeper", "connect-string", "zk.invalid:2181", "path", "/r/{k}"));
        for (int i = 0; i < options.length; i += 2) {
            all.put(options[i], options[i + 1]);
        }
        return PayloadFormatTest.decoder(PayloadFormatTest.source(new ResolvedCatalogTable(
                CatalogTable.newBuilder()
                        .schema(Schema.newBuilder().build())
                        .options(all)
                        .build(),
                ResolvedSchema.of(
                        Column.physical("k", DataTypes.STRING()),
                        Column.physical("n", DataTypes.INT()),
                        Column.physical("s", last)))));
    }
}
