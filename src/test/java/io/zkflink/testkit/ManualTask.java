// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * A task's mailbox and clock, both of which go on when a test says so. Whoever waits for a mail that is not there gets
 * what {@code idle} leads to, and then the next timer.
 */
public final class ManualTask implements MailboxExecutor, ProcessingTimeService {

    private final ArrayDeque<ThrowingRunnable<? extends Exception>> mails = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final BooleanSupplier idle;
    private long now = 1_000_000;
    private long registered;

    private record Timer(long at, long number, ProcessingTimeCallback callback) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
        }
    }

    /** One to whom nothing comes by itself. */
    public ManualTask() {
        this(() -> false);
    }

    /** @param idle does what may have more mails come; false if there is nothing to do */
    public ManualTask(BooleanSupplier idle) {
        this.idle = idle;
    }

    @Override
    public void execute(
            MailOptions options, ThrowingRunnable<? extends Exception> command, String description, Object... args) {
        mails.add(command);
    }

    @Override
    public void yield() {
        for (int rounds = 0; !tryYield(); rounds++) {
            if (!idle.getAsBoolean()) {
                run(this::fireNextOrFail);
            }
            if (rounds > 10_000) {
                throw new AssertionError("The task waits for ever.");
            }
        }
    }

    private void fireNextOrFail() throws Exception {
        if (!fireNext()) {
            throw new AssertionError("The task waits for something that never comes.");
        }
    }

    @Override
    public boolean tryYield() {
        ThrowingRunnable<? extends Exception> mail = mails.poll();
        if (mail == null) {
            return false;
        }
        run(mail);
        return true;
    }

    @Override
    public boolean shouldInterrupt() {
        return false;
    }

    /** Handles all mails, and those that they lead to. */
    public void drain() throws Exception {
        for (ThrowingRunnable<? extends Exception> mail = mails.poll(); mail != null; mail = mails.poll()) {
            mail.run();
        }
    }

    /** Sets the clock to the next timer and fires it; false if there is none. */
    public boolean fireNext() throws Exception {
        Timer next = timers.poll();
        if (next == null) {
            return false;
        }
        now = Math.max(now, next.at);
        next.callback.onProcessingTime(now);
        return true;
    }

    /** Fires all timers up to this time from now. */
    public void advance(long millis) throws Exception {
        long end = now + millis;
        while (!timers.isEmpty() && timers.peek().at <= end) {
            fireNext();
        }
        now = end;
    }

    /** Lets time pass, timer by timer, and handles all mails that come meanwhile. */
    public void pass(long millis) throws Exception {
        long end = now + millis;
        drain();
        while (!timers.isEmpty() && timers.peek().at <= end) {
            fireNext();
            drain();
        }
        now = end;
    }

    @Override
    public long getCurrentProcessingTime() {
        return now;
    }

    @Override
    public ScheduledFuture<?> registerTimer(long timestamp, ProcessingTimeCallback target) {
        timers.add(new Timer(timestamp, registered++, target));
        return null;
    }

    private static void run(ThrowingRunnable<? extends Exception> what) {
        try {
            what.run();
        } catch (Exception e) {
            throw new TaskFailure(e);
        }
    }

    /** What a mail or timer threw while the task waited. */
    public static final class TaskFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TaskFailure(Exception cause) {
            super(cause.getMessage(), cause);
        }
    }
}
