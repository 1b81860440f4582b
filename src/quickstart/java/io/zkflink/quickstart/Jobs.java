// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.core.execution.JobClient;

/**
 * The jobs of streaming INSERTs, which run on behind the rest of the script until {@link #close}.
 *
 * <p>Belongs to one thread.
 */
final class Jobs implements AutoCloseable {

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

    private final List<Job> running = new ArrayList<>();

    private record Job(JobClient client, CompletableFuture<?> end) {}

    void add(JobClient client) {
        running.add(new Job(client, client.getJobExecutionResult()));
    }

    /** Fails if one of the jobs has failed. */
    void check() throws Exception {
        for (Job job : running) {
            if (job.end().isDone()) {
                try {
                    job.end().get();
                } catch (ExecutionException e) {
                    throw failure(e);
                }
            }
        }
    }

    /** Lets the jobs run until the progress is over or all of them have ended. */
    void await(Progress progress) throws Exception {
        for (Job job : running) {
            await(job.end(), progress);
        }
    }

    static void await(CompletableFuture<?> end, Progress progress) throws Exception {
        while (!progress.isOver()) {
            try {
                end.get(progress.timeout().toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                progress.waited();
            } catch (ExecutionException e) {
                throw failure(e);
            }
        }
    }

    /** Waits until a cancelled job is gone; that it ended by being cancelled is no failure. */
    static void awaitGone(CompletableFuture<?> end) {
        try {
            end.get(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            // Cancelled, or its failure was told when it was checked.
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "A job did not end within " + STOP_PATIENCE.toSeconds() + " s after it was cancelled.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        // The cluster of a job that has ended is gone, and cannot be asked any more.
        running.stream().filter(job -> !job.end().isDone()).forEach(job -> job.client()
                .cancel());
        for (Job job : running) {
            awaitGone(job.end());
        }
    }

    private static IllegalStateException failure(ExecutionException e) {
        return new IllegalStateException("The job of an INSERT failed.", e.getCause());
    }
}
