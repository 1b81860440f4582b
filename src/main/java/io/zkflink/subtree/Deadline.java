// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

/** A moment to come, or none. */
final class Deadline {

    private static final long NEVER = Long.MAX_VALUE;

    private boolean set;
    private long nanos;

    void in(long millis) {
        set = true;
        nanos = System.nanoTime() + millis * 1_000_000;
    }

    void never() {
        set = false;
    }

    boolean isDue() {
        return set && nanos - System.nanoTime() <= 0;
    }

    /** Milliseconds that are left, rounded up; at most 0 if it is due, and practically infinite if there is none. */
    long millis() {
        return set ? (nanos - System.nanoTime() + 999_999) / 1_000_000 : NEVER;
    }
}
