// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.subtree.FeedState.Phase;

/**
 * Reads what events named, and says how complete that is. Touched by the polling thread only.
 */
final class EventReads {

    private final FeedState state;
    private final OutstandingReads outstanding;
    private final ZNodeReads reads;
    private final Rounds rounds = new Rounds();

    EventReads(FeedState state, OutstandingReads outstanding, ZNodeReads reads) {
        this.state = state;
        this.outstanding = outstanding;
        this.reads = reads;
    }

    void walkBegun() {
        rounds.clear();
    }

    void walkEnded() {
        rounds.begin(state.reported().size());
    }

    /** Whether any could be sent now. */
    boolean canAdvance() {
        return !state.reported().isEmpty() && max() > 0;
    }

    /** How many may be sent now. A walk keeps its share, or it would not end while changes outrun it. */
    private int max() {
        int free = reads.free();
        return state.phase() == Phase.WALKING ? Math.min(free, reads.max() / 2 - rounds.underWay()) : free;
    }

    /** Sends as many as may be under way. */
    void advance() {
        reads.takeReported(max()).forEach(this::read);
    }

    private void read(String path) {
        long number = rounds.send();
        String unreadable = reads.deniedAbove(path);
        if (unreadable == null) {
            reads.readReported(path, () -> rounds.answered(number));
        } else {
            // Nobody tells of ACLs that change; if this one has, a walk finds all there is.
            rounds.answered(number);
            reads.retryDenied(unreadable, () -> state.reported().again(path));
        }
    }

    /** While events are followed, says what has been read of all that they named. */
    void mark() {
        FeedBuffer seen = state.seen();
        int waiting = state.reported().size();
        if (state.hasMissed()) {
            return;
        }
        if (seen.haveNews() && waiting == 0 && outstanding.underWay() == 0) {
            seen.upToDate(state.walk(), !state.isPolling());
            rounds.begin(0);
        } else if (seen.haveNewsInRound() && rounds.areOver()) {
            seen.roundEnded(state.walk());
            rounds.begin(waiting);
        }
    }
}
