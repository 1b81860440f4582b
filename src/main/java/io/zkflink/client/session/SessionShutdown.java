// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.flink.annotation.Internal;
import org.apache.zookeeper.server.ZooKeeperThread;

/**
 * The end of one of ZooKeeper's own clients, on a thread of its own, since the server may be slow to answer or not
 * there.
 *
 * <p>Whoever ends a job should wait for it. Flink closes the job's class loader once its tasks have ended, and a thread
 * that then needs a class for the first time, as closing a connection does, dies of that halfway: Netty's would live
 * on, and keep all classes of the job. Thread-safe.
 */
@Internal
public final class SessionShutdown {

    private static final Duration ANSWER = Duration.ofSeconds(3);
    private static final Duration THREADS = Duration.ofSeconds(3);

    private final RawZooKeeper zooKeeper;
    private final Thread thread;

    private SessionShutdown(RawZooKeeper zooKeeper, Step step) {
        this.zooKeeper = zooKeeper;
        this.thread = ConnectorThread.of(() -> run(step), "zookeeper-session-close");
        thread.start();
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    /** Ends the session, once the server hears of it. */
    static SessionShutdown closing(RawZooKeeper zooKeeper) {
        return new SessionShutdown(zooKeeper, zooKeeper::close);
    }

    /** Leaves the session alive. */
    static SessionShutdown detaching(RawZooKeeper zooKeeper) {
        return new SessionShutdown(zooKeeper, zooKeeper::detach);
    }

    private void run(Step step) {
        try {
            step.run();
            zooKeeper.awaitEnd(THREADS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits until the client's threads have ended. A server that does not answer within a few seconds is not told: it
     * ends the session after its timeout. Does nothing on the client's own threads, which would wait for themselves.
     */
    void await() {
        if (!(Thread.currentThread() instanceof ZooKeeperThread) && !awaitEnd(thread, ANSWER)) {
            awaitEnd(detaching(zooKeeper).thread, THREADS);
            awaitEnd(thread, THREADS);
        }
    }

    /**
     * Waits for the end of a thread, even if interrupted, as cancelled tasks are; the caller stays interrupted.
     *
     * @return whether it has ended
     */
    public static boolean awaitEnd(Thread thread, Duration longest) {
        boolean interrupted = false;
        long end = System.nanoTime() + longest.toNanos();
        try {
            while (thread.isAlive()) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    TimeUnit.NANOSECONDS.timedJoin(thread, left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
