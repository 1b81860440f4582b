// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.api.internal.TableResultInternal;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.utils.print.PrintStyle;
import org.apache.flink.table.utils.print.RowDataToStringConverter;
import org.apache.flink.table.utils.print.TableauStyle;

/**
 * Prints rows as they come, as an aligned table in Flink's own style: the kind of change in the column {@code op}, NULL
 * as {@code <NULL>}, long values cut. Column widths follow from types and names, so that no row has to wait for
 * another.
 *
 * <p>One thread prints; every row is flushed.
 */
final class ChangelogPrinter {

    private final PrintWriter out;
    private final TableauStyle style;
    private final boolean withKinds;
    private long rows;

    ChangelogPrinter(PrintStream out, TableResultInternal result, int widestColumn, boolean withKinds) {
        this(out, result.getResolvedSchema(), result.getRowDataToStringConverter(), widestColumn, withKinds);
    }

    ChangelogPrinter(
            PrintStream out,
            ResolvedSchema schema,
            RowDataToStringConverter converter,
            int widestColumn,
            boolean withKinds) {
        this.out = new PrintWriter(out, true, StandardCharsets.UTF_8);
        this.style = PrintStyle.tableauWithTypeInferredColumnWidths(schema, converter, widestColumn, false, withKinds);
        this.withKinds = withKinds;
    }

    void header() {
        style.printBorderLine(out);
        style.printColumnNamesTableauRow(out);
        style.printBorderLine(out);
        out.flush();
    }

    void row(RowData row) {
        style.printTableauRow(style.rowFieldsToString(row), out);
        rows++;
        out.flush();
    }

    void footer() {
        style.printBorderLine(out);
        out.println(rows + (withKinds ? " change" : " row") + (rows == 1 ? "" : "s"));
        out.flush();
    }

    /** Prints a table that is there as a whole: widths follow from the data, and text of many lines stands alone. */
    static void printAll(PrintStream out, TableResultInternal result) {
        RowDataToStringConverter converter = result.getRowDataToStringConverter();
        List<RowData> rows = new ArrayList<>();
        // There is no job behind it, so nothing to close.
        result.collectInternal().forEachRemaining(rows::add);
        boolean text =
                rows.size() == 1 && Stream.of(converter.convert(rows.get(0))).anyMatch(cell -> cell.contains("\n"));
        PrintStyle style = text
                ? PrintStyle.rawContent(converter)
                : PrintStyle.tableauWithDataInferredColumnWidths(result.getResolvedSchema(), converter);
        PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
        style.print(rows.iterator(), writer);
        writer.flush();
    }
}
