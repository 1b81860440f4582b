// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

/**
 * The rows of a query that keeps running, as they arrive. A thread of its own collects them until the query ends or
 * this is closed, which cancels it. Thread-safe.
 */
public final class Changelog implements AutoCloseable {

    private final TableResult result;
    private final CloseableIterator<Row> iterator;
    private final List<Row> rows = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread collector;
    private volatile boolean closed;

    public Changelog(TableResult result) {
        this.result = result;
        this.iterator = result.collect();
        this.collector = new Thread(this::collect, "changelog");
        this.collector.setDaemon(true);
        this.collector.start();
    }

    private void collect() {
        try {
            while (iterator.hasNext()) {
                Row row = iterator.next();
                synchronized (rows) {
                    rows.add(row);
                }
            }
        } catch (RuntimeException e) {
            if (!closed) {
                failure.set(e);
            }
        }
    }

    /** What has arrived so far, as {@code +I[a, 1]}. */
    public List<String> rows() {
        Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError("the query failed", failed);
        }
        synchronized (rows) {
            return rows.stream().map(Row::toString).toList();
        }
    }

    /** What has arrived so far, with access to the fields. */
    public List<Row> copy() {
        synchronized (rows) {
            return List.copyOf(rows);
        }
    }

    /** The table that the rows so far amount to, by full row, sorted. */
    public List<String> table() {
        List<String> table = new ArrayList<>();
        synchronized (rows) {
            for (Row row : rows) {
                Row plain = Row.copy(row);
                plain.setKind(RowKind.INSERT);
                if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER) {
                    table.add(plain.toString().substring(2));
                } else if (!table.remove(plain.toString().substring(2))) {
                    throw new AssertionError("takes back a row that is not there: " + row + " after " + rows);
                }
            }
        }
        return table.stream().sorted().toList();
    }

    public void awaitTable(String... expected) {
        Await.untilAsserted(
                "the table is as expected", () -> assertThat(checked()).containsExactlyInAnyOrder(expected));
    }

    public void awaitRows(String... expected) {
        Await.untilAsserted(
                "the changelog is as expected", () -> assertThat(rows()).containsExactly(expected));
    }

    /** Not as an assertion error, which would mean that it may yet come right. */
    private List<String> checked() {
        Throwable failed = failure.get();
        if (failed != null) {
            throw new IllegalStateException("the query failed", failed);
        }
        return table();
    }

    /** Waits until a bounded query has ended, and gives its rows. */
    public List<String> awaitEnd() {
        Await.until("the query has ended", () -> !collector.isAlive());
        return rows();
    }

    /** Waits until the query has failed. */
    public Throwable awaitFailure() {
        Await.until("the query has failed", () -> failure.get() != null);
        return failure.get();
    }

    public JobClient job() {
        return result.getJobClient().orElseThrow();
    }

    @Override
    public void close() {
        closed = true;
        // Cancelling a job while its collecting sink is being set up kills the TaskManager, and with it other tests'
        // jobs.
        SharedMiniCluster.awaitDeployed(job().getJobID());
        try {
            iterator.close();
            collector.join(30_000);
        } catch (Exception e) {
            throw new AssertionError("the query could not be cancelled", e);
        }
    }
}
