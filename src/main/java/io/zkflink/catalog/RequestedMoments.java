// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/**
 * Guards against two faults of Flink (1.20 to 2.3), by which a query with {@code FOR SYSTEM_TIME AS OF} would read
 * another moment than it asks for, without a word.
 *
 * <p>Flink asks a catalog twice for each table of a statement, on one thread: when it validates the statement, and when
 * it converts it to a plan. A table with an alias behind the clause is validated with the moment and converted without
 * ({@code SqlToRelConverter.convertTemporalTable} looks for an alias inside of the clause only). Here the moment is
 * given back. Also, the planner takes scans of one table at several moments for the same scan and reads one of them
 * twice, since their digests have the name only. That cannot be helped from here, so it is an error.
 *
 * <p>What belongs to one statement is told by what is on the stack. That a statement has failed is not known, so what
 * it asked for may be left; then the next one is refused rather than given a moment that it may not have asked for.
 */
final class RequestedMoments {

    /** In place of a moment: the table as it is. */
    private static final long NOW = Long.MAX_VALUE;

    private static final String CONVERTER = "org.apache.calcite.sql2rel.SqlToRelConverter";
    private static final String VALIDATOR = "org.apache.calcite.sql.validate.SqlValidatorImpl";
    /**
     * Of the converter: converts a table with {@code FOR SYSTEM_TIME AS OF}, be it a constant or the time of a lookup.
     */
    private static final String CONVERT_SNAPSHOT = "convertTemporalTable";

    private enum Phase {
        VALIDATION,
        /** Of a view, while the statement that reads it is converted. */
        VALIDATION_OF_VIEW,
        CONVERSION,
        CONVERSION_OF_SNAPSHOT,
        NONE;

        static Phase current() {
            return StackWalker.getInstance().walk(frames -> {
                List<StackWalker.StackFrame> planner = frames.dropWhile(
                                frame -> !isOf(CONVERTER, frame) && !isOf(VALIDATOR, frame))
                        .toList();
                if (planner.isEmpty()) {
                    return NONE;
                }
                if (isOf(VALIDATOR, planner.get(0))) {
                    return planner.stream().anyMatch(frame -> isOf(CONVERTER, frame)) ? VALIDATION_OF_VIEW : VALIDATION;
                }
                return planner.stream()
                                .takeWhile(frame -> isOf(CONVERTER, frame))
                                .anyMatch(frame -> frame.getMethodName().equals(CONVERT_SNAPSHOT))
                        ? CONVERSION_OF_SNAPSHOT
                        : CONVERSION;
            });
        }

        private static boolean isOf(String type, StackWalker.StackFrame frame) {
            return frame.getClassName().startsWith(type);
        }
    }

    /** What one thread has asked for in one statement, as far as is known. */
    private static final class Statement {
        /** By table, what was validated and not converted yet. */
        final Map<ObjectPath, List<Long>> validated = new HashMap<>();
        /** By table, what it is read as of. */
        final Map<ObjectPath, Long> converted = new HashMap<>();

        boolean isConverting;

        void clear() {
            validated.clear();
            converted.clear();
            isConverting = false;
        }
    }

    private final Map<Thread, Statement> statements = new WeakHashMap<>();

    /**
     * A table is asked for as of a moment.
     *
     * @throws CatalogException if the statement reads it as of another one, too
     */
    synchronized void asOf(ObjectPath table, long moment) {
        Statement statement = statement();
        switch (Phase.current()) {
            case VALIDATION -> {
                begin(statement);
                validate(statement, table, moment);
            }
            case VALIDATION_OF_VIEW -> validate(statement, table, moment);
            case CONVERSION, CONVERSION_OF_SNAPSHOT -> {
                statement.validated.getOrDefault(table, new ArrayList<>()).remove(moment);
                convert(statement, table, moment);
            }
            case NONE -> {}
        }
    }

    /**
     * A table is asked for as it is.
     *
     * @return the moment if one was meant
     * @throws CatalogException if the statement reads it as of another one, too
     */
    synchronized Optional<Long> now(ObjectPath table) {
        Statement statement = statement();
        switch (Phase.current()) {
            case VALIDATION -> begin(statement);
            case CONVERSION -> convert(statement, table, NOW);
            case CONVERSION_OF_SNAPSHOT -> {
                List<Long> lost = statement.validated.getOrDefault(table, List.of());
                long moment = lost.isEmpty() ? NOW : lost.get(0);
                if (lost.stream().distinct().count() > 1) {
                    throw several(statement, table);
                }
                convert(statement, table, moment);
                return lost.isEmpty() ? Optional.empty() : Optional.of(lost.remove(0));
            }
            case VALIDATION_OF_VIEW, NONE -> {}
        }
        return Optional.empty();
    }

    private Statement statement() {
        return statements.computeIfAbsent(Thread.currentThread(), thread -> new Statement());
    }

    private static void begin(Statement statement) {
        if (statement.isConverting) {
            statement.clear();
        }
    }

    private static void validate(Statement statement, ObjectPath table, long moment) {
        statement.validated.computeIfAbsent(table, any -> new ArrayList<>()).add(moment);
    }

    private static void convert(Statement statement, ObjectPath table, long moment) {
        statement.isConverting = true;
        Long other = statement.converted.put(table, moment);
        if (other != null && other != moment) {
            throw several(statement, table);
        }
    }

    private static CatalogException several(Statement statement, ObjectPath table) {
        statement.clear();
        return new CatalogException(String.format(
                "The table `%s`.`%s` is read FOR SYSTEM_TIME AS OF a moment and as of another one, or as it is, in one"
                        + " statement: Flink would take both for the same. Give it a second name (CREATE TABLE ... LIKE"
                        + " it; in the database 'tree', another name of a column), or read the other moment from a"
                        + " second catalog with the same options.",
                table.getDatabaseName(), table.getObjectName()));
    }
}
