// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkBegun;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * In which phase a {@link SubtreeFeed} is, what it has learnt and what it has to tell. Sends nothing itself. Touched by
 * the polling thread only.
 */
final class FeedState {

    /** What a feed is at. */
    enum Phase {
        /** No connection, or none yet on which the watch is in place. */
        DISCONNECTED,
        /** A walk waits for its sync. */
        SYNCING,
        /** A walk reads. */
        WALKING,
        /** The walk has read all there was; what events name is read. */
        FOLLOWING
    }

    private final FeedSettings settings;
    private final FeedClock clock;
    private final ReportedPaths reported = new ReportedPaths();
    private final FeedBuffer seen = new FeedBuffer();

    private Phase phase = Phase.DISCONNECTED;
    private boolean polling;
    private int walk;
    private long walkZxid;
    /** Whether reports were dropped that only another walk makes good. */
    private boolean missed;
    /** Since when the connection has been lost without a complete walk after it. */
    private OptionalLong lostSince = OptionalLong.empty();

    private long newestZxid;
    private long skipped;

    /** @param newestZxid of a transaction that the ensemble must not be behind */
    FeedState(FeedSettings settings, long newestZxid) {
        this.settings = settings;
        this.clock = new FeedClock(settings);
        this.newestZxid = newestZxid;
    }

    Phase phase() {
        return phase;
    }

    /** The number of the walk that is under way, or the last one. */
    int walk() {
        return walk;
    }

    FeedClock clock() {
        return clock;
    }

    ReportedPaths reported() {
        return reported;
    }

    /** What was seen and not yet handed over. */
    FeedBuffer seen() {
        return seen;
    }

    OptionalLong lostSince() {
        return lostSince;
    }

    /** Changes are polled for from now on, or no more. */
    void poll(boolean byPolling) {
        polling = byPolling;
    }

    boolean isPolling() {
        return polling;
    }

    // ---- Changes of the phase.

    /** The connection is lost. */
    void lost(long nanos) {
        stop();
        if (lostSince.isEmpty()) {
            lostSince = OptionalLong.of(nanos);
        }
    }

    /** Whatever was going on is over. */
    void stop() {
        phase = Phase.DISCONNECTED;
        missed = false;
        reported.clear();
        clock.stop();
    }

    /** A walk begins, and waits for its sync. */
    void begin() {
        stop();
        phase = Phase.SYNCING;
        walk++;
        clock.walkBegun();
    }

    /** The server includes all that this transaction does, and the walk reads from now on. */
    void synced(long zxid) {
        includes(zxid);
        walkZxid = zxid;
        phase = Phase.WALKING;
        seen.add(new WalkBegun(walk, zxid));
    }

    /** The walk has read all there was. */
    void walkEnded(int namesSkipped) {
        phase = Phase.FOLLOWING;
        lostSince = OptionalLong.empty();
        skipped += namesSkipped;
        reported.walkEnded();
        clock.walkEnded(polling);
        if (missed) {
            clock.walkNow();
        }
        if (!settings.proofInterval().isZero()) {
            // The sync at the begin of the walk was a proof, and between two polls there is none.
            seen.proven(clock.begunMillis());
        }
        seen.add(new WalkEnded(walk, walkZxid, clock.begunMillis()));
        seen.roundBegun();
    }

    /** A sync that was sent at some time, in milliseconds since the epoch, was answered. */
    void proven(long zxid, long millis) {
        includes(zxid);
        seen.proven(millis);
    }

    // ---- Events and observations.

    /**
     * Events named paths.
     *
     * @return whether to begin a walk, because too many are remembered
     */
    boolean changed(Set<String> paths) {
        if (phase != Phase.DISCONNECTED) {
            reported.add(paths, settings.keysOnly() && phase != Phase.FOLLOWING);
        }
        return reported.areTooMany() && tooManyChanged();
    }

    /**
     * Nobody keeps up with the events; a walk covers them all and remembers none.
     *
     * @return whether to begin it now: one that began anew each time would never end, so the one that is under way
     *     ends, and another one follows
     */
    boolean tooManyChanged() {
        if (phase == Phase.WALKING) {
            reported.drop();
            missed = true;
        } else {
            reported.clear();
        }
        return phase == Phase.FOLLOWING;
    }

    /** Whether paths were dropped that only another walk makes good. */
    boolean hasMissed() {
        return missed;
    }

    void includes(long zxid) {
        newestZxid = Math.max(newestZxid, zxid);
    }

    /** The newest transaction that any event, read or sync has told of. */
    long newestZxid() {
        return newestZxid;
    }

    void observed(String path, Optional<ZNode> znode, long sentMillis) {
        znode.ifPresent(found -> includes(found.stat().mzxid()));
        seen.add(new Observation(path, znode, walk, sentMillis, newestZxid));
    }

    /** How many names walks have found that were no canonical text of a value of their column's type. */
    long skipped() {
        return skipped;
    }
}
