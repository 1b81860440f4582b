// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lookup function's thread beside the task's: what the session's event thread must not do is handed over to it. It is
 * woken once for all that arrives together.
 *
 * <p>Life cycle: from construction to {@link #close}, which drops what is still to be done. Thread-safe.
 */
final class LookupWorker implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LookupWorker.class);
    private static final long CLOSE_SECONDS = 10;

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final ScheduledThreadPoolExecutor thread;

    LookupWorker(String name) {
        this.thread = new ScheduledThreadPoolExecutor(
                1,
                work -> {
                    Thread worker = new Thread(work, name);
                    worker.setDaemon(true);
                    return worker;
                },
                new ThreadPoolExecutor.DiscardPolicy());
    }

    /** Does something soon, in the order of calls. */
    void execute(Runnable task) {
        tasks.add(task);
        if (!awake.get() && awake.compareAndSet(false, true)) {
            thread.execute(this::drain);
        }
    }

    void later(Duration wait, Runnable task) {
        thread.schedule(() -> run(task), wait.toMillis(), TimeUnit.MILLISECONDS);
    }

    void repeatedly(Duration interval, Runnable task) {
        thread.scheduleWithFixedDelay(() -> run(task), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whatever a task throws, those that come after it are done. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("A step of a lookup has failed.", e);
        }
    }

    private void drain() {
        do {
            Runnable task;
            while ((task = tasks.poll()) != null) {
                run(task);
            }
            awake.set(false);
        } while (!tasks.isEmpty() && awake.compareAndSet(false, true));
    }

    @Override
    public void close() throws InterruptedException {
        thread.shutdownNow();
        thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
