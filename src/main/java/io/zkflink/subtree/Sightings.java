// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link SubtreeFeed} has seen and not yet handed over, oldest first, with the marks that say how complete it is.
 * Touched by the polling thread only.
 */
final class Sightings {

    private List<Sighting> seen = new ArrayList<>();
    private boolean newsSinceUpToDate;
    private long provenMillis;

    void add(Sighting sighting) {
        seen.add(sighting);
        newsSinceUpToDate = true;
    }

    /**
     * It is proven that nothing that was changed until then went unreported.
     *
     * @param millis since the epoch, by this machine's clock
     */
    void proven(long millis) {
        provenMillis = millis;
        newsSinceUpToDate = true;
    }

    /** Whether something was learnt since it was last said that all that was reported has been read. */
    boolean haveNews() {
        return newsSinceUpToDate;
    }

    /** All that was reported has been read. */
    void upToDate(int walk, boolean watched) {
        seen.add(new Sighting.UpToDate(walk, watched, provenMillis));
        newsSinceUpToDate = false;
    }

    boolean isEmpty() {
        return seen.isEmpty();
    }

    List<Sighting> take() {
        List<Sighting> taken = seen;
        seen = new ArrayList<>();
        return taken;
    }
}
