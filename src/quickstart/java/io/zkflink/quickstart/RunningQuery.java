// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.api.internal.TableResultInternal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.IOUtils;

/**
 * The rows of a SELECT that runs. Flink's iterator blocks until there is a row; this one can be asked with a time
 * limit.
 *
 * <p>A thread of its own, from construction to the end of the result or {@link #close}, moves rows into a short queue;
 * all methods belong to the thread that made it. Closing cancels the job and waits until it is gone.
 */
final class RunningQuery implements AutoCloseable {

    private static final int ROWS_AHEAD = 1_000;

    private final CompletableFuture<?> end;
    private final CloseableIterator<RowData> rows;
    private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(ROWS_AHEAD);
    private final Thread reader = new Thread(this::read, "quickstart-result");

    sealed interface Event {}

    record RowArrived(RowData row) implements Event {}

    record Ended() implements Event {}

    record Failed(RuntimeException cause) implements Event {}

    RunningQuery(TableResultInternal result) {
        this.end = result.getJobClient().orElseThrow().getJobExecutionResult();
        this.rows = result.collectInternal();
        reader.setDaemon(true);
        reader.start();
    }

    /** The next event, or nothing if none comes in time. */
    Optional<Event> next(Duration timeout) throws InterruptedException {
        return Optional.ofNullable(events.poll(timeout.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() {
        IOUtils.closeQuietly(rows);
        reader.interrupt();
        Jobs.awaitGone(end);
    }

    private void read() {
        try {
            try {
                while (rows.hasNext()) {
                    events.put(new RowArrived(rows.next()));
                }
                events.put(new Ended());
            } catch (RuntimeException e) {
                events.put(new Failed(e));
            }
        } catch (InterruptedException e) {
            // Closed: nobody asks any more.
            Thread.currentThread().interrupt();
        }
    }
}
