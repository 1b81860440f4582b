// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

/** A running mean of reply sizes; assumes the worst of what it has not seen. */
final class ReplySize {
    private static final int UNKNOWN = 128 * 1024;
    private volatile int mean;

    ReplySize() {
        this(UNKNOWN);
    }

    /** @param unknown what is expected of the first ones */
    ReplySize(int unknown) {
        mean = unknown;
    }

    int expected() {
        return mean;
    }

    /** Rises at once and falls slowly, since only an underestimate hurts. */
    void measured(int bytes) {
        int old = mean;
        mean = bytes >= old ? bytes : old - Math.max(1, (old - bytes) / 8);
    }
}
