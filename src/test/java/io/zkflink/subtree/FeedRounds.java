// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

/** The rounds of a feed, for tests of those who are told of their ends. */
public final class FeedRounds {

    private final Rounds rounds = new Rounds();

    /** As {@link Rounds#send}. */
    public long send() {
        return rounds.send();
    }

    /** As {@link Rounds#answered}. */
    public void answered(long read) {
        rounds.answered(read);
    }

    /** As {@link Rounds#areOver}. */
    public boolean areOver() {
        return rounds.areOver();
    }

    /** As {@link Rounds#begin}. */
    public void begin(int waiting) {
        rounds.begin(waiting);
    }
}
