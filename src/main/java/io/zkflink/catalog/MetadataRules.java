// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column.MetadataColumn;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeCasts;

/**
 * Which metadata columns a table can have. The planner checks them when a statement reads or writes the table; a
 * catalog checks them, with the same words, when the table is created.
 */
final class MetadataRules {

    private final ObjectIdentifier table;
    private final DynamicTableSource source;
    private final Supplier<DynamicTableSink> sink;

    /**
     * @param sink is asked for only if a column cannot be read
     */
    MetadataRules(ObjectIdentifier table, DynamicTableSource source, Supplier<DynamicTableSink> sink) {
        this.table = table;
        this.source = source;
        this.sink = sink;
    }

    /** Refuses columns that could neither be read nor be written. */
    void check(ResolvedSchema schema) {
        schema.getColumns().stream()
                .filter(MetadataColumn.class::isInstance)
                .map(MetadataColumn.class::cast)
                .forEach(this::check);
    }

    private void check(MetadataColumn column) {
        String key = column.getMetadataKey().orElse(column.getName());
        Map<String, DataType> readable =
                source instanceof SupportsReadingMetadata reading ? reading.listReadableMetadata() : Map.of();
        LogicalType declared = column.getDataType().getLogicalType();
        if (readable.containsKey(key)) {
            LogicalType read = readable.get(key).getLogicalType();
            if (!LogicalTypeCasts.supportsExplicitCast(read, declared)) {
                throw badType(column, "from", read);
            }
            return;
        }
        Map<String, DataType> writable = column.isVirtual() ? Map.of() : writable();
        if (!writable.containsKey(key)) {
            throw badKey(column, key, readable.keySet());
        }
        LogicalType written = writable.get(key).getLogicalType();
        if (!LogicalTypeCasts.supportsExplicitCast(declared, written)) {
            throw badType(column, "to", written);
        }
    }

    private Map<String, DataType> writable() {
        return sink.get() instanceof SupportsWritingMetadata writing ? writing.listWritableMetadata() : Map.of();
    }

    private ValidationException badKey(MetadataColumn column, String key, Set<String> known) {
        return new ValidationException(String.format(
                "Invalid metadata key '%s' in column '%s' of table '%s'. The DynamicTableSource class '%s' supports the"
                        + " following metadata keys for reading:%n%s",
                key,
                column.getName(),
                table.asSummaryString(),
                source.getClass().getName(),
                String.join("\n", known)));
    }

    private ValidationException badType(MetadataColumn column, String direction, LogicalType metadata) {
        return new ValidationException(String.format(
                "Invalid data type for metadata column '%s' of table '%s'. The column cannot be declared as '%s' because"
                        + " the type must be castable %s metadata type '%s'.",
                column.getName(),
                table.asSummaryString(),
                column.getDataType().getLogicalType().asSummaryString(),
                direction,
                metadata.asSummaryString()));
    }
}
