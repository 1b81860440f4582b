// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * What the session's event thread and the polling thread of a {@link SubtreeFeed} tell each other: the phase of the
 * walk, the paths that events named, the answers that arrived. Sends nothing itself. Thread-safe; whatever both threads
 * touch is here.
 */
final class FeedState {

    private enum Phase {
        /** No connection, or none yet on which the watch is in place. */
        DISCONNECTED,
        SYNCING,
        WALKING,
        FOLLOWING
    }

    private final PathTemplate template;
    private final FeedSettings settings;
    private final FeedClock clock;

    private Phase phase = Phase.DISCONNECTED;
    private int walk;
    private long walkZxid;
    private boolean walkAnnounced;
    /** Whether reports were dropped that only another walk makes good. */
    private boolean missed;

    private long newestZxid;
    /** Since when the connection has been lost without a complete walk after it. */
    private OptionalLong lostSince = OptionalLong.empty();

    private final ReportedPaths reported = new ReportedPaths();
    private final OutstandingReads requests;
    private boolean polling;
    private boolean awake;

    private long skipped;
    private long unreadable;

    /**
     * @param newestZxid of a transaction that the ensemble must not be behind
     * @param newestAnswered gives the newest transaction that answers tell of, on the thread that delivers them
     */
    FeedState(PathTemplate template, FeedSettings settings, long newestZxid, LongSupplier newestAnswered) {
        this.template = template;
        this.settings = settings;
        this.clock = new FeedClock(settings);
        this.newestZxid = newestZxid;
        // Of a znode that is gone only the answer's own zxid says how new that is, if events do not.
        this.requests = new OutstandingReads(this, () -> includes(newestAnswered.getAsLong()));
    }

    /**
     * What the polling thread may do now.
     *
     * @param walk the number of the walk that is under way, or the last one
     * @param begins whether it has just begun
     * @param zxid what it includes
     * @param events paths that events named
     * @param budget how many reads may be sent beyond those
     */
    record Turn(int walk, boolean begins, long zxid, List<String> events, int budget) {}

    /**
     * How many reads the polling thread can take.
     *
     * @param max how many may be under way
     * @param events how many of them may be new ones of paths that events named, while a walk is under way
     * @param isIdle whether none of the walk's reads are under way
     */
    record Capacity(int max, int events, boolean isIdle) {}

    /**
     * A walk that is complete.
     *
     * @param zxid what it includes
     * @param begunMillis when it began, in milliseconds since the epoch
     */
    record Ended(long zxid, long begunMillis) {}

    // ---- The connection and the walk.

    /** Begins another walk, which waits for its sync; returns its number. */
    int begin() {
        List<CompletableFuture<?>> orphans;
        int begun;
        synchronized (this) {
            orphans = forgetWalk();
            phase = Phase.SYNCING;
            clock.walkBegun();
            begun = walk;
        }
        cancel(orphans);
        return begun;
    }

    /** The sync of a walk was answered. */
    synchronized void synced(int begun, Long zxid, ZooKeeperException error) {
        if (walk != begun) {
            return;
        }
        if (error != null) {
            if (error.failure().isTransient()) {
                // Usually the connection is lost and comes back; if not, nobody else would begin again.
                clock.retrySoon();
            } else {
                requests.fail(error);
            }
        } else if (zxid < newestZxid) {
            requests.fail(behind(zxid));
        } else {
            newestZxid = zxid;
            walkZxid = zxid;
            walkAnnounced = false;
            phase = Phase.WALKING;
        }
        notifyAll();
    }

    /** Forgets the walk under way and its reads; those not yet sent never will be. */
    void abandon() {
        List<CompletableFuture<?>> orphans;
        synchronized (this) {
            orphans = forgetWalk();
        }
        cancel(orphans);
    }

    /** As {@link #abandon}, because the connection is lost. */
    void lost() {
        List<CompletableFuture<?>> orphans;
        synchronized (this) {
            orphans = forgetWalk();
            if (lostSince.isEmpty()) {
                lostSince = OptionalLong.of(System.nanoTime());
            }
        }
        cancel(orphans);
    }

    synchronized OptionalLong lostSince() {
        return lostSince;
    }

    private List<CompletableFuture<?>> forgetWalk() {
        walk++;
        phase = Phase.DISCONNECTED;
        missed = false;
        reported.clear();
        clock.stop();
        return requests.clear(walk);
    }

    private static void cancel(List<CompletableFuture<?>> orphans) {
        orphans.forEach(orphan -> orphan.cancel(false));
    }

    /** Ends a walk that has read all there was; null if it was abandoned meanwhile. */
    synchronized Ended endWalk(int ended, int namesSkipped) {
        if (walk != ended || phase != Phase.WALKING) {
            return null;
        }
        phase = Phase.FOLLOWING;
        lostSince = OptionalLong.empty();
        skipped += namesSkipped;
        reported.walkEnded();
        clock.walkEnded(polling);
        if (missed) {
            clock.walkNow();
        }
        return new Ended(walkZxid, clock.begunMillis());
    }

    /** Has another walk begin in a moment. */
    synchronized void walkSoon() {
        clock.retrySoon();
    }

    /** Whether another walk is to begin by the clock; says so once. */
    synchronized boolean takeWalkDue() {
        return clock.takeWalkDue();
    }

    /** Whether it is time to prove that nothing was missed; says so once per interval. */
    synchronized boolean takeProofDue() {
        return clock.takeProofDue();
    }

    /** Changes are polled for from now on, or no more. */
    synchronized void poll(boolean byPolling) {
        polling = byPolling;
    }

    synchronized boolean isPolling() {
        return polling;
    }

    synchronized boolean isConnected() {
        return phase != Phase.DISCONNECTED;
    }

    /** The number of the walk that is under way, or the last one. */
    synchronized int walk() {
        return walk;
    }

    /** Whether that walk has read all there was. */
    synchronized boolean isFollowing() {
        return phase == Phase.FOLLOWING;
    }

    // ---- Events.

    /**
     * An event named a path.
     *
     * @param isRow whether it is one of the template's
     * @param isMine whether it is wanted, too
     * @return whether to begin a walk, because too many are remembered: nobody keeps up, and a walk covers them all
     */
    synchronized boolean changed(String path, long zxid, boolean isRow, boolean isMine) {
        newestZxid = Math.max(newestZxid, zxid);
        skipped += isRow || !template.isUnconvertible(path) ? 0 : 1;
        if (isMine && phase != Phase.DISCONNECTED) {
            reported.add(path, settings.keysOnly() && phase != Phase.FOLLOWING);
            notifyAll();
        }
        if (!reported.areTooMany() || phase == Phase.FOLLOWING) {
            return reported.areTooMany();
        }
        // A walk that began anew each time that nobody keeps up would never end. This one ends, and another one
        // follows.
        reported.drop();
        missed = phase == Phase.WALKING;
        return false;
    }

    /** How many reported paths are still to be read. */
    synchronized int waiting() {
        return reported.size();
    }

    /** Has a path that was reported read once more. */
    synchronized void readAgain(String path) {
        reported.again(path);
    }

    /** Whether an event named a path since the walk began, so that a list may be wrong about it. */
    synchronized boolean isTouched(String path) {
        return reported.isTouched(path);
    }

    /** The ACL of a znode denied a read. */
    synchronized void denied() {
        unreadable++;
    }

    synchronized void includes(long zxid) {
        newestZxid = Math.max(newestZxid, zxid);
    }

    /** The newest transaction that any event, read or sync has told of. */
    synchronized long newestZxid() {
        return newestZxid;
    }

    /** Where to send what a walk asks for. */
    OutstandingReads requests() {
        return requests;
    }

    // ---- The polling thread.

    /**
     * Waits for something to do.
     *
     * @return what to do with answers that arrived
     */
    synchronized List<Runnable> await(Deadline end, Capacity capacity) throws ZooKeeperException, InterruptedException {
        while (!requests.haveArrived() && !awake && !canRead(capacity)) {
            long left = Math.min(end.millis(), clock.millisLeft());
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        return requests.takeArrived();
    }

    private boolean canRead(Capacity capacity) {
        if (phase != Phase.WALKING && phase != Phase.FOLLOWING) {
            return false;
        }
        if (phase == Phase.WALKING && !walkAnnounced) {
            return true;
        }
        return requests.underWay() < capacity.max()
                && ((!reported.isEmpty() && events(capacity) > 0) || (phase == Phase.WALKING && capacity.isIdle()));
    }

    /** How many reported paths may be read now. A walk keeps its share, or it would not end while changes outrun it. */
    private int events(Capacity capacity) {
        int free = capacity.max() - requests.underWay();
        return phase == Phase.WALKING ? Math.min(free, capacity.events()) : free;
    }

    /** What may be done now, or null while nothing can be read. */
    synchronized Turn turn(Capacity capacity, ReadBudget bytes) {
        if (phase != Phase.WALKING && phase != Phase.FOLLOWING) {
            return null;
        }
        boolean begins = !walkAnnounced;
        walkAnnounced = true;
        int reads = capacity.max() - requests.underWay();
        List<String> paths = reported.take(events(capacity), bytes.left(), bytes::largeBytes);
        return new Turn(walk, begins, walkZxid, paths, reads - paths.size());
    }

    /** Whether this walk is complete, so that all changes since its begin have been read or are to be. */
    synchronized boolean isFollowing(int number) {
        return walk == number && phase == Phase.FOLLOWING && !missed;
    }

    /** Whether this walk is complete and all that was reported since has been read. */
    synchronized boolean isUpToDate(int number) {
        return isFollowing(number) && requests.underWay() == 0 && !requests.haveArrived() && reported.isEmpty();
    }

    synchronized void wakeUp() {
        awake = true;
        notifyAll();
    }

    /** Whether somebody wanted the polling thread back since the last call. */
    synchronized boolean takeWakeUp() {
        boolean woken = awake;
        awake = false;
        return woken;
    }

    synchronized FeedStatistics statistics() {
        return new FeedStatistics(
                reported.events(),
                reported.conflated(),
                clock.walks(),
                clock.lastWalkMillis(),
                skipped,
                unreadable,
                reported.size() + requests.underWay(),
                newestZxid);
    }

    private ZooKeeperException behind(long zxid) {
        return new ZooKeeperException(
                Failure.ENSEMBLE_BEHIND,
                String.format(
                        "The ZooKeeper ensemble is behind this reader of '%s': its newest zxid after a sync is 0x%x,"
                                + " but the reader has already seen 0x%x. The ensemble was rebuilt or restored from an"
                                + " older backup, or 'connect-string' names another one. Start the job without its"
                                + " state to read the tree anew.",
                        template, zxid, newestZxid));
    }
}
