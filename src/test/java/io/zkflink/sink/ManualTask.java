// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.session.SessionBoundWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.function.ThrowingRunnable;

/** A task without threads: what its mailbox and its timers are given happens when a test says so. */
public final class ManualTask {

    private final ArrayDeque<ThrowingRunnable<? extends Exception>> mails = new ArrayDeque<>();
    private final List<Timer> timers = new ArrayList<>();
    private final MailboxExecutorAdapter thread = new MailboxExecutorAdapter(new Mailbox());
    private long now = 1_000_000;

    private record Timer(long timestamp, ProcessingTimeService.ProcessingTimeCallback callback) {}

    public SessionBoundWriter.WriterContext writerContext(boolean checkpointed) {
        return new SessionBoundWriter.WriterContext(
                checkpointed, thread, new Time(), new SinkMetrics(new UnregisteredMetricsGroup()));
    }

    /** Does what the mailbox holds, and what that leads to. */
    public void drain() throws Exception {
        for (ThrowingRunnable<? extends Exception> mail = mails.poll(); mail != null; mail = mails.poll()) {
            mail.run();
        }
    }

    /** Lets time pass, timer by timer, and does all that is to be done meanwhile. */
    public void pass(long millis) throws Exception {
        long end = now + millis;
        drain();
        while (true) {
            Timer next = timers.stream()
                    .min(Comparator.comparingLong(Timer::timestamp))
                    .filter(timer -> timer.timestamp <= end)
                    .orElse(null);
            if (next == null) {
                break;
            }
            timers.remove(next);
            now = Math.max(now, next.timestamp);
            next.callback.onProcessingTime(now);
            drain();
        }
        now = end;
    }

    private final class Mailbox implements MailboxExecutor {
        @Override
        public void execute(
                MailOptions options,
                ThrowingRunnable<? extends Exception> command,
                String description,
                Object... arguments) {
            mails.add(command);
        }

        @Override
        public void yield() {
            if (!tryYield()) {
                throw new AssertionError("There is nothing to wait for");
            }
        }

        @Override
        public boolean tryYield() {
            ThrowingRunnable<? extends Exception> mail = mails.poll();
            if (mail == null) {
                return false;
            }
            try {
                mail.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return true;
        }

        @Override
        public boolean shouldInterrupt() {
            return false;
        }
    }

    private final class Time implements ProcessingTimeService {
        @Override
        public long getCurrentProcessingTime() {
            return now;
        }

        @Override
        public ScheduledFuture<?> registerTimer(long timestamp, ProcessingTimeCallback target) {
            timers.add(new Timer(timestamp, target));
            return null;
        }
    }
}
