// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A session's own thread, for what is done later: the JVM-wide one of {@link java.util.concurrent.CompletableFuture}
 * would keep this class loader alive for ever. Without work it ends after a second, to be started again. Thread-safe.
 */
final class SessionTimer implements WatchRegistry.Timer {

    private static final Duration LONGEST_END = Duration.ofSeconds(10);

    private final ScheduledThreadPoolExecutor executor;
    /** The last one. */
    private volatile Thread thread;

    SessionTimer() {
        executor = new ScheduledThreadPoolExecutor(1, this::newThread, new ThreadPoolExecutor.DiscardPolicy());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setKeepAliveTime(1, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
    }

    private Thread newThread(Runnable work) {
        Thread made = ConnectorThread.of(work, "zookeeper-session");
        thread = made;
        return made;
    }

    /** After the end a task is dropped. */
    @Override
    public void later(long millis, Runnable task) {
        executor.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    /** Drops what is still to be done; does not wait. */
    void end() {
        executor.shutdown();
    }

    /** Waits for what is being done after {@link #end}, except on its own thread. */
    void awaitEnd() {
        Thread last = thread;
        if (last != null && last != Thread.currentThread()) {
            SessionShutdown.awaitEnd(last, LONGEST_END);
        }
    }
}
