// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.history.source.HistoryMetadata;
import io.zkflink.history.source.LogScan;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.types.logical.LogicalTypeFamily;

/**
 * The columns by whose values whole files can be left out.
 *
 * @param byName the metadata of each column of that kind
 */
record LogColumns(Map<String, HistoryMetadata> byName) {

    /** What a query wants of a column at most, and the filters that say so. */
    record Ranges(LogScan.Range zxids, LogScan.Range times) {}

    static LogColumns of(ResolvedSchema schema) {
        Map<String, HistoryMetadata> byName = new HashMap<>();
        for (Column column : schema.getColumns()) {
            if (column instanceof Column.MetadataColumn metadata) {
                String key = metadata.getMetadataKey().orElse(metadata.getName());
                if (key.equals(HistoryMetadata.ZXID.key()) || key.equals(HistoryMetadata.TIME.key())) {
                    byName.put(column.getName(), HistoryMetadata.of(key));
                }
            }
        }
        return new LogColumns(byName);
    }

    Ranges ranges(List<ResolvedExpression> filters) {
        LogScan.Range zxids = LogScan.Range.ALL;
        LogScan.Range times = LogScan.Range.ALL;
        for (ResolvedExpression filter : filters) {
            if (filter instanceof CallExpression call
                    && call.getResolvedChildren().size() == 2) {
                zxids = zxids.and(range(call, HistoryMetadata.ZXID));
                times = times.and(range(call, HistoryMetadata.TIME));
            }
        }
        return new Ranges(zxids, times);
    }

    private LogScan.Range range(CallExpression call, HistoryMetadata metadata) {
        ResolvedExpression left = call.getResolvedChildren().get(0);
        ResolvedExpression right = call.getResolvedChildren().get(1);
        if (isColumn(left, metadata)) {
            return number(right, metadata)
                    .map(value -> range(call.getFunctionDefinition(), value, false))
                    .orElse(LogScan.Range.ALL);
        }
        if (isColumn(right, metadata)) {
            return number(left, metadata)
                    .map(value -> range(call.getFunctionDefinition(), value, true))
                    .orElse(LogScan.Range.ALL);
        }
        return LogScan.Range.ALL;
    }

    private boolean isColumn(ResolvedExpression expression, HistoryMetadata metadata) {
        ResolvedExpression inner = expression;
        while (inner instanceof CallExpression call
                && (call.getFunctionDefinition() == BuiltInFunctionDefinitions.CAST
                        || call.getFunctionDefinition() == BuiltInFunctionDefinitions.REINTERPRET_CAST)) {
            inner = call.getResolvedChildren().get(0);
        }
        return inner instanceof FieldReferenceExpression field && byName.get(field.getName()) == metadata;
    }

    /** A constant as a number or as milliseconds; bounds are rounded outwards, since all filters are applied again. */
    private static Optional<Long> number(ResolvedExpression expression, HistoryMetadata metadata) {
        if (!(expression instanceof ValueLiteralExpression literal) || literal.isNull()) {
            return Optional.empty();
        }
        // A number would be taken for an Instant, in seconds.
        return literal.getOutputDataType().getLogicalType().is(LogicalTypeFamily.NUMERIC)
                ? literal.getValueAs(Number.class)
                        .filter(value -> metadata == HistoryMetadata.ZXID)
                        .map(Number::longValue)
                : literal.getValueAs(Instant.class)
                        .filter(value -> metadata == HistoryMetadata.TIME)
                        .map(Instant::toEpochMilli);
    }

    /**
     * @param isSwapped whether the constant stands on the left
     */
    private static LogScan.Range range(FunctionDefinition comparison, long value, boolean isSwapped) {
        if (comparison == BuiltInFunctionDefinitions.EQUALS) {
            return new LogScan.Range(value, value + 1);
        }
        boolean isLess = comparison == BuiltInFunctionDefinitions.LESS_THAN
                || comparison == BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL;
        boolean isGreater = comparison == BuiltInFunctionDefinitions.GREATER_THAN
                || comparison == BuiltInFunctionDefinitions.GREATER_THAN_OR_EQUAL;
        if (!isLess && !isGreater) {
            return LogScan.Range.ALL;
        }
        return isLess != isSwapped
                ? new LogScan.Range(Long.MIN_VALUE, value + 1)
                : new LogScan.Range(value, Long.MAX_VALUE);
    }
}
