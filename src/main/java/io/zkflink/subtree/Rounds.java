// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.util.TreeSet;

/**
 * Tells when all that was reported until some moment has been read, although more is reported all the time.
 *
 * <p>Reported paths are read in the order of their reports, and each read is numbered. A round lasts until those have
 * been answered that were under way when it began, and those that waited then. Touched by the polling thread only.
 */
final class Rounds {

    private final TreeSet<Long> underWay = new TreeSet<>();
    private long sent;
    private long last;

    /** A read is sent; returns its number. */
    long send() {
        underWay.add(++sent);
        return sent;
    }

    void answered(long read) {
        underWay.remove(read);
    }

    /** Forgets what is under way. */
    void clear() {
        underWay.clear();
        last = sent;
    }

    /** How many reads are under way. */
    int underWay() {
        return underWay.size();
    }

    /** Whether the current round is over. */
    boolean areOver() {
        return last <= sent && (underWay.isEmpty() || underWay.first() > last);
    }

    /**
     * Begins another round.
     *
     * @param waiting how many reported paths have not been sent yet
     */
    void begin(int waiting) {
        last = sent + waiting;
    }
}
