// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.history.source.LogScan;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.TypeLiteralExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinition;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.types.DataType;
import org.junit.jupiter.api.Test;

/** What a filter says of the transactions that are wanted: never less than it lets through. */
class LogColumnsTest {

    private static final DataType BIGINT = DataTypes.BIGINT().notNull();
    private static final DataType LTZ = DataTypes.TIMESTAMP_LTZ(3).notNull();
    private static final ResolvedExpression ZXID = new FieldReferenceExpression("z", BIGINT, 0, 0);
    private static final ResolvedExpression TIME = new FieldReferenceExpression("t", LTZ, 0, 1);
    private static final LogScan.Range ALL = LogScan.Range.ALL;

    private static final LogColumns COLUMNS = LogColumns.of(
            ResolvedSchema.of(Column.metadata("z", BIGINT, "zxid", true), Column.metadata("t", LTZ, "time", true)));

    private static ResolvedExpression literal(Object value, DataType type) {
        return new ValueLiteralExpression(value, type.notNull());
    }

    private static ResolvedExpression call(
            BuiltInFunctionDefinition function, ResolvedExpression left, ResolvedExpression right) {
        return CallExpression.permanent(function, List.of(left, right), DataTypes.BOOLEAN());
    }

    private static ResolvedExpression cast(ResolvedExpression expression, DataType type) {
        return CallExpression.permanent(
                BuiltInFunctionDefinitions.CAST, List.of(expression, new TypeLiteralExpression(type)), type);
    }

    private static LogScan.Range zxids(ResolvedExpression filter) {
        return COLUMNS.ranges(List.of(filter)).zxids();
    }

    private static LogScan.Range times(ResolvedExpression filter) {
        return COLUMNS.ranges(List.of(filter)).times();
    }

    @Test
    void comparisonsNarrow() {
        assertThat(zxids(call(BuiltInFunctionDefinitions.EQUALS, ZXID, literal(5L, BIGINT))))
                .satisfies(range -> assertThat(range.first()).isLessThanOrEqualTo(5))
                .satisfies(range -> assertThat(range.last()).isBetween(5L, 6L));
        assertThat(zxids(call(BuiltInFunctionDefinitions.LESS_THAN, literal(5, DataTypes.INT()), ZXID)))
                .satisfies(range -> assertThat(range.first()).isBetween(5L, 6L))
                .satisfies(range -> assertThat(range.last()).isEqualTo(Long.MAX_VALUE));
        assertThat(times(call(
                        BuiltInFunctionDefinitions.GREATER_THAN_OR_EQUAL,
                        TIME,
                        literal(Instant.ofEpochMilli(1_000), DataTypes.TIMESTAMP_LTZ(3)))))
                .isEqualTo(new LogScan.Range(1_000, Long.MAX_VALUE));
        assertThat(zxids(call(
                        BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL,
                        cast(ZXID, DataTypes.DECIMAL(20, 0)),
                        literal(new BigDecimal("7.5"), DataTypes.DECIMAL(20, 1)))))
                .satisfies(range -> assertThat(range.last()).isBetween(7L, 8L));
    }

    @Test
    void theLargestNumbersDoNotWrap() {
        for (BuiltInFunctionDefinition comparison : List.of(
                BuiltInFunctionDefinitions.EQUALS,
                BuiltInFunctionDefinitions.LESS_THAN,
                BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL)) {
            assertThat(zxids(call(comparison, ZXID, literal(Long.MAX_VALUE, BIGINT)))
                            .last())
                    .as("%s", comparison)
                    .isEqualTo(Long.MAX_VALUE);
        }
    }

    /** 2^64 + 5 is not 5. */
    @Test
    void numbersThatAreNoZxidDoNotWrap() {
        BigDecimal large = BigDecimal.ONE.scaleByPowerOfTen(19).multiply(BigDecimal.TEN);
        ResolvedExpression wide = literal(large, DataTypes.DECIMAL(38, 0));
        assertThat(zxids(call(BuiltInFunctionDefinitions.LESS_THAN, ZXID, wide)).last())
                .isEqualTo(Long.MAX_VALUE);
        ResolvedExpression wrapping = literal(
                new BigDecimal(java.math.BigInteger.ONE.shiftLeft(64).add(java.math.BigInteger.valueOf(5))),
                DataTypes.DECIMAL(38, 0));
        assertThat(zxids(call(BuiltInFunctionDefinitions.LESS_THAN, ZXID, wrapping))
                        .last())
                .isEqualTo(Long.MAX_VALUE);
        ResolvedExpression negative = literal(large.negate(), DataTypes.DECIMAL(38, 0));
        assertThat(zxids(call(BuiltInFunctionDefinitions.GREATER_THAN, ZXID, negative))
                        .first())
                .isLessThanOrEqualTo(0);
    }

    @Test
    void castsThatLoseSomethingDoNotNarrow() {
        assertThat(zxids(call(
                        BuiltInFunctionDefinitions.EQUALS, cast(ZXID, DataTypes.INT()), literal(5, DataTypes.INT()))))
                .isEqualTo(ALL);
        assertThat(zxids(call(
                        BuiltInFunctionDefinitions.EQUALS,
                        cast(ZXID, DataTypes.DOUBLE()),
                        literal(9.007199254740993E18, DataTypes.DOUBLE()))))
                .isEqualTo(ALL);
        assertThat(times(call(
                        BuiltInFunctionDefinitions.EQUALS,
                        cast(TIME, DataTypes.TIMESTAMP_LTZ(0)),
                        literal(Instant.ofEpochSecond(1), DataTypes.TIMESTAMP_LTZ(0)))))
                .isEqualTo(ALL);
        assertThat(times(call(
                        BuiltInFunctionDefinitions.LESS_THAN_OR_EQUAL,
                        cast(TIME, DataTypes.DATE()),
                        literal(LocalDate.of(2026, 11, 27), DataTypes.DATE()))))
                .isEqualTo(ALL);
    }

    @Test
    void numbersThatAreNotWholeDoNotNarrowTooFar() {
        assertThat(zxids(call(
                                BuiltInFunctionDefinitions.GREATER_THAN,
                                ZXID,
                                literal(new BigDecimal("-0.5"), DataTypes.DECIMAL(3, 1))))
                        .first())
                .isLessThanOrEqualTo(0);
        assertThat(zxids(call(
                        BuiltInFunctionDefinitions.LESS_THAN,
                        ZXID,
                        literal(Double.POSITIVE_INFINITY, DataTypes.DOUBLE()))))
                .isEqualTo(ALL);
        assertThat(zxids(call(BuiltInFunctionDefinitions.EQUALS, ZXID, literal(8589934593.0, DataTypes.DOUBLE()))))
                .isIn(ALL, new LogScan.Range(8589934593L, 8589934594L));
    }

    @Test
    void timesBeyondAllClocksDoNotFail() {
        assertThat(times(call(
                        BuiltInFunctionDefinitions.LESS_THAN, TIME, literal(Instant.MAX, DataTypes.TIMESTAMP_LTZ(3)))))
                .isEqualTo(ALL);
    }
}
