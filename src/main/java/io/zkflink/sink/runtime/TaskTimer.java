// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.operators.ProcessingTimeService;

/** The clock of a task, and what its thread is to do later. Owned by that thread. */
@Internal
public final class TaskTimer {

    private final MailboxExecutorAdapter thread;
    private final ProcessingTimeService time;

    public TaskTimer(MailboxExecutorAdapter thread, ProcessingTimeService time) {
        this.thread = thread;
        this.time = time;
    }

    /** In milliseconds since the epoch. */
    public long now() {
        return time.getCurrentProcessingTime();
    }

    public void later(long millis, Runnable task) {
        time.registerTimer(now() + millis, at -> thread.run(task));
    }
}
