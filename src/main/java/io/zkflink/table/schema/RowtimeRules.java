// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.schema;

import io.zkflink.row.ReadableMetadata;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.table.options.ZooKeeperOptions;
import java.util.List;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.WatermarkSpec;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** Holds a table's rowtime against what the source knows: when a znode was deleted is told by {@code mtime} alone. */
final class RowtimeRules {

    private static final String WAY_OUT =
            " Declare a column like changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL, and the WATERMARK for it";

    private final ResolvedSchema schema;

    RowtimeRules(ResolvedSchema schema) {
        this.schema = schema;
    }

    /**
     * @param advanceInterval the option that has proofs move the watermark on, as it was written; null if it is not set
     */
    void check(ScanSettings scan, String advanceInterval) {
        for (WatermarkSpec watermark : schema.getWatermarkSpecs()) {
            String rowtime = watermark.getRowtimeAttribute();
            Column column = schema.getColumn(rowtime).orElseThrow();
            if (isOfSource(watermark) && !isTimeOfSource(column)) {
                throw new ValidationException(
                        "Invalid watermark SOURCE_WATERMARK() for the column '" + rowtime + "': the"
                                + " source knows how far 'mtime' has come, and of another column, or of 'mtime' as another type"
                                + " than TIMESTAMP_LTZ, nothing." + WAY_OUT + ", or write an expression.");
            }
            if (advanceInterval != null && !isTimeOfSource(column)) {
                throw new ValidationException("Invalid value '" + advanceInterval + "' for option '"
                        + ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL.key() + "': it moves on the time of 'mtime',"
                        + " and the watermark is for the column '" + rowtime + "', which is another one or of another"
                        + " type than TIMESTAMP_LTZ." + WAY_OUT + ", or remove the option.");
            }
            if (!scan.isBounded() && scan.mode() != ScanMode.APPEND && !isOfMtimeAlone(column)) {
                throw new ValidationException("Invalid watermark for the column '" + rowtime
                        + "' with 'scan.changelog-mode' = '" + scan.mode() + "': when a znode was deleted is told by"
                        + " 'mtime' alone, so that by another column its deletion would have the time of the row that it"
                        + " ends." + WAY_OUT + ", or use 'scan.changelog-mode' = 'append' or 'scan.bounded.mode' ="
                        + " 'snapshot'.");
            }
        }
    }

    private static boolean isOfSource(WatermarkSpec watermark) {
        return text(watermark.getWatermarkExpression()).replace("`", "").equals("SOURCE_WATERMARK()");
    }

    private static boolean isTimeOfSource(Column column) {
        return isMtime(column)
                && column.getDataType().getLogicalType().is(LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE);
    }

    private static boolean isMtime(Column column) {
        return column instanceof Column.MetadataColumn metadata
                && metadata.getMetadataKey().orElse(metadata.getName()).equals(ReadableMetadata.MTIME.key());
    }

    private boolean isOfMtimeAlone(Column column) {
        if (column instanceof Column.ComputedColumn computed) {
            String expression = text(computed.getExpression());
            List<Column> used = schema.getColumns().stream()
                    .filter(each -> expression.contains("`" + each.getName() + "`"))
                    .toList();
            return !used.isEmpty() && used.stream().allMatch(RowtimeRules::isMtime);
        }
        return isMtime(column);
    }

    private static String text(ResolvedExpression expression) {
        try {
            return expression.asSerializableString();
        } catch (TableException e) {
            return expression.asSummaryString();
        }
    }
}
