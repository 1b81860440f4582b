// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The program that the quickstart watches: a fleet of services and somebody who edits flags, in turns, round and round,
 * so that whenever a statement starts there is something to see soon.
 *
 * <p>Works on one thread of its own from {@link #start}, which returns when the first data is there, to {@link #close},
 * which takes away what it wrote.
 */
final class LiveData implements AutoCloseable {

    private static final int STOP_SECONDS = 20;

    private final ServiceFleet fleet;
    private final FlagEditor flags;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(work -> new Thread(work, "quickstart-program"));

    private int steps;
    private volatile Exception failure;

    private LiveData(ServiceFleet fleet, FlagEditor flags) {
        this.fleet = fleet;
        this.flags = flags;
    }

    /**
     * @param pace the time from one step to the next
     */
    static LiveData start(String server, Duration pace) throws Exception {
        ServiceFleet fleet = ServiceFleet.start(server);
        LiveData program = new LiveData(fleet, FlagEditor.start(server));
        program.thread.scheduleWithFixedDelay(program::step, pace.toMillis(), pace.toMillis(), TimeUnit.MILLISECONDS);
        return program;
    }

    /** Nobody would notice a program that stopped writing: the tables would just be still. */
    void requireAlive() throws Exception {
        if (failure != null) {
            throw new IllegalStateException("The program that writes to ZooKeeper failed.", failure);
        }
    }

    @Override
    public void close() {
        try (fleet;
                flags) {
            thread.shutdown();
            if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("The program that writes to ZooKeeper does not stop.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void step() {
        if (failure != null) {
            return;
        }
        try {
            if (steps % 2 == 0) {
                fleet.step(steps / 2);
            } else {
                flags.step(steps / 2);
            }
            steps++;
        } catch (Exception e) {
            failure = e;
        }
    }
}
