// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.formats.csv.CsvFormatFactory;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data with one record, and data with more. */
class RecordBoundaryTest {

    private static final RecordBoundary JSON = new RecordBoundary.Json();
    private static final RecordBoundary CSV = new RecordBoundary.Csv(',', '"', null, false);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"a\":1}\n",
                " \t{\"a\":{\"b\":[1,{}]}} \r\n",
                "[{\"a\":1}]",
                "{\"a\":\"}{\"}",
                "{\"a\":\"\\\"}{\"}",
                "{\"a\\\\\":1}",
                "\ufeff{\"a\":1}",
                "{\"ü\":\"}é{\"}"
            })
    void oneJsonValue(String text) {
        assertThat(JSON.isFollowed(utf8(text))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}{}", "{\"a\":1}\n{\"a\":2}", "{\"a\":1} x", "{\"a\":1},", "{\"a\":\"\\\\\"}{\"}", "[]é"})
    void moreThanAJsonValue(String text) {
        assertThat(JSON.isFollowed(utf8(text))).isTrue();
    }

    @Test
    void jsonOfAnotherEncodingIsLeftToTheFormat() {
        assertThat(JSON.isFollowed("{\"ż\":1}".getBytes(StandardCharsets.UTF_16BE)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1,x",
                "1,x\n",
                "1,x\r\n",
                "1,x\n\n \n",
                "1,\"a\nb\"",
                "\"a\nb\",\"c\r\nd\"\n",
                "1,\"say \"\"\n\"\"\"",
                "1,\"\"",
                "\"\"\"\n\"\"\",x"
            })
    void oneLineOfCsv(String text) throws IOException {
        assertThat(CSV.isFollowed(utf8(text))).isFalse();
        assertThat(flinks().deserialize(utf8(text))).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1,x\n2,y", "1,x\r2,y\r", "1,a\"b\n2,\"", "1,\"\"\n2,y", "1,\"a\nb\"\n2,y", "1,x\n#2,y"})
    void moreThanALineOfCsv(String text) throws IOException {
        assertThat(CSV.isFollowed(utf8(text))).isTrue();
        assertThat(flinks().deserialize(utf8(text))).isNotNull();
    }

    @Test
    void quotesEscapesAndCommentsAreThoseOfTheTable() {
        assertThat(new RecordBoundary.Csv('\t', '\'', null, false).isFollowed(utf8("1\t'a\nb'")))
                .isFalse();
        assertThat(new RecordBoundary.Csv('\t', '\'', null, false).isFollowed(utf8("1,'a\nb'")))
                .isTrue();
        assertThat(new RecordBoundary.Csv(',', null, null, false).isFollowed(utf8("1,\"a\nb\"")))
                .isTrue();
        assertThat(new RecordBoundary.Csv(',', '"', '\\', false).isFollowed(utf8("1,\"a\\\"\nb\"")))
                .isFalse();
        assertThat(new RecordBoundary.Csv(',', '"', null, true).isFollowed(utf8("# x\n1,x\n#y")))
                .isFalse();
        assertThat(new RecordBoundary.Csv(',', '"', null, true).isFollowed(utf8("# x\n1,x\n2,y")))
                .isTrue();
    }

    private static DeserializationSchema<RowData> flinks() {
        DeserializationSchema<RowData> schema = new CsvFormatFactory()
                .createDecodingFormat(null, Configuration.fromMap(Map.of()))
                .createRuntimeDecoder(
                        ScanRuntimeProviderContext.INSTANCE,
                        DataTypes.ROW(
                                DataTypes.FIELD("a", DataTypes.STRING()), DataTypes.FIELD("b", DataTypes.STRING())));
        try {
            schema.open(null);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return schema;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
