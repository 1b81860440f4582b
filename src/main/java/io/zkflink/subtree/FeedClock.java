// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

/** When walks and proofs are due, and how long walks take. Touched by the polling thread only. */
final class FeedClock {

    private static final long RETRY_MILLIS = 1_000;

    private final FeedSettings settings;
    private final Deadline nextWalk = new Deadline();
    private final Deadline nextProof = new Deadline();
    private long begunNanos;
    private long begunMillis;
    private long walks;
    private long lastWalkMillis;

    FeedClock(FeedSettings settings) {
        this.settings = settings;
    }

    void walkBegun() {
        begunNanos = System.nanoTime();
        begunMillis = System.currentTimeMillis();
    }

    void walkEnded(boolean polling) {
        walks++;
        lastWalkMillis = (System.nanoTime() - begunNanos) / 1_000_000;
        if (polling) {
            nextWalk.in(settings.pollInterval().toMillis());
        } else if (!settings.proofInterval().isZero()) {
            nextProof.in(settings.proofInterval().toMillis());
        }
    }

    void walkNow() {
        nextWalk.in(0);
    }

    void retrySoon() {
        nextWalk.in(RETRY_MILLIS);
    }

    /** Nothing is due any more. */
    void stop() {
        nextWalk.never();
        nextProof.never();
    }

    /** Whether another walk is to begin; says so once. */
    boolean takeWalkDue() {
        boolean due = nextWalk.isDue();
        if (due) {
            nextWalk.never();
        }
        return due;
    }

    /** Whether it is time to prove that nothing was missed; says so once per interval. */
    boolean takeProofDue() {
        boolean due = nextProof.isDue();
        if (due) {
            nextProof.in(settings.proofInterval().toMillis());
        }
        return due;
    }

    /** Milliseconds until the next of both; at most 0 if one is due. */
    long millisLeft() {
        return Math.min(nextWalk.millis(), nextProof.millis());
    }

    /** When the last walk began, in milliseconds since the epoch. */
    long begunMillis() {
        return begunMillis;
    }

    long walks() {
        return walks;
    }

    long lastWalkMillis() {
        return lastWalkMillis;
    }

    /** A moment to come, or none. */
    static final class Deadline {

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

        /**
         * Milliseconds that are left, rounded up; at most 0 if it is due, and practically infinite if there is none.
         */
        long millis() {
            return set ? (nanos - System.nanoTime() + 999_999) / 1_000_000 : NEVER;
        }
    }
}
