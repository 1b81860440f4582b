// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.utils.print.PrintStyle;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;

class ChangelogPrinterTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final ResolvedSchema schema =
            ResolvedSchema.of(Column.physical("id", DataTypes.STRING()), Column.physical("port", DataTypes.INT()));

    @Test
    void everyKindOfChangeIsARowOfAnAlignedTable() {
        ChangelogPrinter printer = printer(true);
        printer.header();
        printer.row(row(RowKind.INSERT, "search-1", 8081));
        printer.row(row(RowKind.UPDATE_BEFORE, "search-1", 8081));
        printer.row(row(RowKind.UPDATE_AFTER, "search-1", null));
        printer.row(row(RowKind.DELETE, "a-name-that-is-too-long", null));
        printer.footer();

        assertThat(printed()).isEqualTo("""
                        +----+------------+-------------+
                        | op |         id |        port |
                        +----+------------+-------------+
                        | +I |   search-1 |        8081 |
                        | -U |   search-1 |        8081 |
                        | +U |   search-1 |      <NULL> |
                        | -D | a-name-... |      <NULL> |
                        +----+------------+-------------+
                        4 changes
                        """);
    }

    @Test
    void rowsAppearAtOnce() {
        ChangelogPrinter printer = printer(true);
        printer.row(row(RowKind.INSERT, "search-1", 8081));

        assertThat(printed()).contains("search-1");
    }

    @Test
    void batchResultsHaveNoKinds() {
        ChangelogPrinter printer = printer(false);
        printer.header();
        printer.row(row(RowKind.INSERT, "search-1", 8081));
        printer.footer();

        assertThat(printed()).doesNotContain("op", "+I").endsWith("1 row\n");
    }

    private ChangelogPrinter printer(boolean withKinds) {
        return new ChangelogPrinter(
                out,
                schema,
                row -> new String[] {
                    row.getString(0).toString(),
                    row.isNullAt(1) ? PrintStyle.NULL_VALUE : Integer.toString(row.getInt(1))
                },
                10,
                withKinds);
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    private static RowData row(RowKind kind, String id, Integer port) {
        return GenericRowData.ofKind(kind, StringData.fromString(id), port);
    }
}
