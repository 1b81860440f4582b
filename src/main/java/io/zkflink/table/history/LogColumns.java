// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import io.zkflink.history.source.HistoryMetadata;
import io.zkflink.history.source.LogScan;
import java.math.BigDecimal;
import java.math.RoundingMode;
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
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/**
 * The columns by whose values whole files can be left out.
 *
 * @param byName the metadata of each column of that kind
 */
record LogColumns(Map<String, HistoryMetadata> byName) {

    private static final int MILLIS = 3;
    private static final int NANO_DIGITS = 9;
    /** Of the largest zxid. */
    private static final int LONG_DIGITS = 19;

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
            return around(right, metadata)
                    .map(value -> range(call.getFunctionDefinition(), value, false))
                    .orElse(LogScan.Range.ALL);
        }
        if (isColumn(right, metadata)) {
            return around(left, metadata)
                    .map(value -> range(call.getFunctionDefinition(), value, true))
                    .orElse(LogScan.Range.ALL);
        }
        return LogScan.Range.ALL;
    }

    /** Whether it is the column, or a cast of it that keeps each value. */
    private boolean isColumn(ResolvedExpression expression, HistoryMetadata metadata) {
        ResolvedExpression inner = expression;
        while (inner instanceof CallExpression call
                && (call.getFunctionDefinition() == BuiltInFunctionDefinitions.CAST
                        || call.getFunctionDefinition() == BuiltInFunctionDefinitions.REINTERPRET_CAST)) {
            if (!keepsAll(call.getOutputDataType().getLogicalType(), metadata)) {
                return false;
            }
            inner = call.getResolvedChildren().get(0);
        }
        return inner instanceof FieldReferenceExpression field && byName.get(field.getName()) == metadata;
    }

    private static boolean keepsAll(LogicalType type, HistoryMetadata metadata) {
        if (metadata == HistoryMetadata.TIME) {
            return type instanceof LocalZonedTimestampType time && time.getPrecision() >= MILLIS;
        }
        return type.is(LogicalTypeRoot.BIGINT)
                || (type instanceof DecimalType decimal && decimal.getPrecision() - decimal.getScale() >= LONG_DIGITS);
    }

    /**
     * The whole numbers, or milliseconds, next to a constant: bounds are rounded outwards, since all filters are
     * applied again.
     */
    private static Optional<LogScan.Range> around(ResolvedExpression expression, HistoryMetadata metadata) {
        if (!(expression instanceof ValueLiteralExpression literal) || literal.isNull()) {
            return Optional.empty();
        }
        LogicalType type = literal.getOutputDataType().getLogicalType();
        if (metadata == HistoryMetadata.ZXID) {
            // Compared with a DOUBLE, a zxid is rounded.
            return type.is(LogicalTypeFamily.EXACT_NUMERIC)
                    ? literal.getValueAs(BigDecimal.class).map(LogColumns::around)
                    : Optional.empty();
        }
        // A number would be taken for an Instant, in seconds.
        return type.is(LogicalTypeFamily.NUMERIC)
                ? Optional.empty()
                : literal.getValueAs(Instant.class).map(time -> around(milliseconds(time)));
    }

    private static BigDecimal milliseconds(Instant time) {
        return BigDecimal.valueOf(time.getEpochSecond())
                .multiply(BigDecimal.valueOf(1_000))
                .add(BigDecimal.valueOf(time.getNano(), NANO_DIGITS - MILLIS));
    }

    private static LogScan.Range around(BigDecimal value) {
        return new LogScan.Range(
                whole(value.setScale(0, RoundingMode.FLOOR)), whole(value.setScale(0, RoundingMode.CEILING)));
    }

    private static long whole(BigDecimal value) {
        return value.max(BigDecimal.valueOf(Long.MIN_VALUE))
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValueExact();
    }

    /**
     * What a comparison lets through at most.
     *
     * @param isSwapped whether the constant stands on the left
     */
    private static LogScan.Range range(FunctionDefinition comparison, LogScan.Range constant, boolean isSwapped) {
        if (comparison == BuiltInFunctionDefinitions.EQUALS) {
            return constant;
        }
        boolean isLess = comparison == BuiltInFunctionDefinitions.LESS_THAN
                || comparison == BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL;
        boolean isGreater = comparison == BuiltInFunctionDefinitions.GREATER_THAN
                || comparison == BuiltInFunctionDefinitions.GREATER_THAN_OR_EQUAL;
        if (!isLess && !isGreater) {
            return LogScan.Range.ALL;
        }
        return isLess != isSwapped
                ? new LogScan.Range(Long.MIN_VALUE, constant.last())
                : new LogScan.Range(constant.first(), Long.MAX_VALUE);
    }
}
