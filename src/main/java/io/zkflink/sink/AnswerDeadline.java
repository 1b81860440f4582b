// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.sink.runtime.TaskTimer;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** Notices when a writer that waits for answers gets none at all for too long. Owned by the task thread. */
final class AnswerDeadline {

    private final TaskTimer timer;
    private final long millis;
    private final BooleanSupplier waits;
    private final LongConsumer onSilence;

    private long lastAnswer;
    private boolean watching;

    /**
     * @param millis how long an answer may take
     * @param waits whether there is an answer to wait for
     * @param onSilence gets how many milliseconds nothing has come, and is called once
     */
    AnswerDeadline(TaskTimer timer, long millis, BooleanSupplier waits, LongConsumer onSilence) {
        this.timer = timer;
        this.millis = millis;
        this.waits = waits;
        this.onSilence = onSilence;
    }

    void answered() {
        lastAnswer = timer.now();
    }

    /** A request was sent. */
    void watch() {
        if (!watching) {
            watching = true;
            lastAnswer = timer.now();
            timer.later(millis, this::check);
        }
    }

    private void check() {
        watching = false;
        if (!waits.getAsBoolean()) {
            return;
        }
        long silence = timer.now() - lastAnswer;
        if (silence >= millis) {
            onSilence.accept(silence);
        } else {
            watching = true;
            timer.later(millis - silence, this::check);
        }
    }
}
