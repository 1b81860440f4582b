// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.flink.annotation.Internal;

/**
 * How long to wait before something is tried again: exponentially longer, with jitter, so that not all come at once.
 */
@Internal
public final class Backoff {

    private static final long FIRST_WAIT_MILLIS = 50;
    private static final int MAX_DOUBLINGS = 16;

    private Backoff() {}

    /**
     * In milliseconds, at least 0.
     *
     * @param failures how many attempts have failed so far
     * @param longest which no wait exceeds
     */
    public static long waitMillis(int failures, Duration longest) {
        long wait = Math.min(longest.toMillis(), FIRST_WAIT_MILLIS << Math.min(failures, MAX_DOUBLINGS));
        return ThreadLocalRandom.current().nextLong(wait / 2, wait + 1);
    }
}
