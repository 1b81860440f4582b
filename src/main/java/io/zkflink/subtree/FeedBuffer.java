// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.subtree.state.FeedEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link SubtreeFeed} has seen and not yet handed over, oldest first, with the marks that say how complete it
 * is. Touched by the polling thread only.
 */
final class FeedBuffer {

    private List<FeedEvent> seen = new ArrayList<>();
    private boolean newsSinceUpToDate;
    private boolean newsInRound;
    private long provenMillis;
    private long provenBeforeRound;

    void add(FeedEvent event) {
        seen.add(event);
        newsSinceUpToDate = true;
        newsInRound = true;
    }

    /**
     * It is proven that nothing that was changed until then went unreported.
     *
     * @param millis since the epoch, by this machine's clock
     */
    void proven(long millis) {
        provenMillis = millis;
        newsSinceUpToDate = true;
        newsInRound = true;
    }

    /** Whether something was learnt since it was last said that all that was reported has been read. */
    boolean haveNews() {
        return newsSinceUpToDate;
    }

    /** Whether something was learnt since the round began. */
    boolean haveNewsInRound() {
        return newsInRound;
    }

    /** All that was reported has been read, and a round begins. */
    void upToDate(int walk, boolean watched) {
        seen.add(new FeedEvent.UpToDate(walk, watched, provenMillis));
        newsSinceUpToDate = false;
        roundBegun();
    }

    /** All that had been reported when the round began has been read, and the next one begins. */
    void roundEnded(int walk) {
        seen.add(new FeedEvent.RoundEnded(walk, provenBeforeRound));
        newsSinceUpToDate = true;
        roundBegun();
    }

    void roundBegun() {
        provenBeforeRound = provenMillis;
        newsInRound = false;
    }

    boolean isEmpty() {
        return seen.isEmpty();
    }

    List<FeedEvent> take() {
        List<FeedEvent> taken = seen;
        seen = new ArrayList<>();
        return taken;
    }
}
