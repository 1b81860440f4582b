// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/**
 * Restores the moment that Flink loses when a table {@code FOR SYSTEM_TIME AS OF} has an alias.
 *
 * <p>Flink asks a catalog twice for each table of a statement, on one thread: when it validates the statement, and when it
 * converts it to a plan. For {@code FROM t FOR SYSTEM_TIME AS OF ... AS a} it gives the moment when it validates and leaves it
 * out when it converts (1.20 to 2.3: {@code SqlToRelConverter.convertTemporalTable} looks for an alias inside of the
 * snapshot clause only), so that the query would read the table as it is now, without a word. A lookup join is converted the
 * same way, but is never validated with a moment.
 *
 * <p>How many tables a statement has is not known, nor that one has failed. So several moments of one table are never
 * guessed at: that is an error, which says how to write the query.
 */
final class RequestedMoments {

    private static final String CONVERTER = "org.apache.calcite.sql2rel.SqlToRelConverter";
    private static final String CONVERSION = "convertTemporalTable";

    private record Request(ObjectPath table, long moment) {}

    /** What one thread has validated, and has not converted yet. */
    private static final class Statement {
        final List<Request> validated = new ArrayList<>();
        boolean converting;
    }

    private final Map<Thread, Statement> statements = new WeakHashMap<>();

    /** A table was asked for as of a moment. */
    synchronized void asked(ObjectPath table, long moment) {
        Statement statement = statements.computeIfAbsent(Thread.currentThread(), thread -> new Statement());
        Request request = new Request(table, moment);
        if (isConverting()) {
            statement.converting = true;
            statement.validated.remove(request);
            return;
        }
        if (statement.converting) {
            statement.converting = false;
            statement.validated.clear();
        }
        statement.validated.add(request);
    }

    /**
     * The moment that was meant although a table is asked for as it is now; empty if it is meant as it is now.
     *
     * @throws CatalogException if it may be one of several
     */
    synchronized Optional<Long> lost(ObjectPath table) {
        Statement statement = statements.get(Thread.currentThread());
        if (statement == null || statement.validated.isEmpty() || !isConverting()) {
            return Optional.empty();
        }
        statement.converting = true;
        List<Request> requests = statement.validated.stream()
                .filter(request -> request.table().equals(table))
                .toList();
        if (requests.stream().distinct().count() > 1) {
            statement.validated.clear();
            throw new CatalogException("The table `" + table.getDatabaseName() + "`.`" + table.getObjectName()
                    + "` FOR SYSTEM_TIME AS OF several moments cannot have an alias: Flink does not say then which one is"
                    + " meant. Write (SELECT * FROM ... FOR SYSTEM_TIME AS OF ...) AS alias.");
        }
        if (!requests.isEmpty()) {
            statement.validated.remove(requests.get(0));
        }
        return requests.stream().findFirst().map(Request::moment);
    }

    private static boolean isConverting() {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals(CONVERSION)
                        && frame.getClassName().equals(CONVERTER)));
    }
}
