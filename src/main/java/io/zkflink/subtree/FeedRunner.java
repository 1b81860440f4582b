// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.FeedState.Phase;
import java.util.function.Predicate;

/**
 * Takes a {@link SubtreeFeed} from phase to phase: begins walks, has their reads and those of events sent, notices when
 * a walk has ended. Touched by the polling thread only.
 */
final class FeedRunner {

    private final ZooKeeperClient client;
    private final PathTemplate template;
    private final FeedState state;
    private final OutstandingReads outstanding;
    private final ZNodeReads reads;
    private final WalkRunner walk;
    private final EventReads events;

    /** Why this cannot go on, or null. */
    private ZooKeeperException failure;

    FeedRunner(
            ZooKeeperClient client,
            PathTemplate template,
            Predicate<String> wanted,
            FeedSettings settings,
            FeedState state,
            FeedInbox inbox) {
        this.client = client;
        this.template = template;
        this.state = state;
        this.outstanding = new OutstandingReads(inbox, this::fail);
        this.reads = new ZNodeReads(client, template, settings, state, outstanding);
        this.walk = new WalkRunner(template, wanted, settings, state, reads);
        this.events = new EventReads(state, outstanding, reads);
    }

    /** The first cause is told. */
    void fail(ZooKeeperException cause) {
        failure = failure == null ? cause : failure;
    }

    void check() throws ZooKeeperException {
        if (failure != null) {
            throw failure;
        }
    }

    /** Begins what is due by the clock. */
    void beginWhatIsDue() {
        if (state.clock().takeWalkDue()) {
            begin();
        }
        if (state.clock().takeProofDue()) {
            prove();
        }
    }

    /** Begins a walk, with a sync; whatever was under way is abandoned. */
    void begin() {
        long seen = state.newestZxid();
        outstanding.abandon();
        state.begin();
        // If it fails, usually the connection is lost and comes back; if not, nobody else would begin again.
        outstanding.send(client.sync(), zxid -> synced(seen, zxid), state.clock()::retrySoon);
    }

    /**
     * The sync of a walk was answered.
     *
     * @param seen the newest transaction that had been seen when it was sent
     */
    private void synced(long seen, long zxid) {
        if (zxid < seen) {
            fail(behind(seen, zxid));
            return;
        }
        state.synced(zxid);
        walk.begin();
        reads.walkBegun();
        events.walkBegun();
    }

    /** Proves that nothing was missed until now. */
    private void prove() {
        if (state.phase() == Phase.FOLLOWING) {
            long now = System.currentTimeMillis();
            outstanding.send(client.sync(), zxid -> state.proven(zxid, now), () -> {});
        }
    }

    /** Whether there is something to do before anything is answered. */
    boolean canAdvance() {
        return switch (state.phase()) {
            case WALKING -> reads.free() > 0 && (walk.isIdle() || events.canAdvance());
            case FOLLOWING -> events.canAdvance();
            case DISCONNECTED, SYNCING -> false;
        };
    }

    /** Sends as many reads as may be under way, those of events first, and notices the end of the walk. */
    void advance() {
        if (state.phase() == Phase.WALKING) {
            events.advance();
            walk.advance(reads.free());
            if (walk.isComplete()) {
                state.walkEnded(walk.skipped());
                reads.walkEnded();
                events.walkEnded();
            }
        } else if (state.phase() == Phase.FOLLOWING) {
            events.advance();
        }
        if (state.phase() == Phase.FOLLOWING) {
            if (reads.takePermissionsChanged()) {
                state.clock().retrySoon();
            }
            events.mark();
        }
    }

    private ZooKeeperException behind(long seen, long zxid) {
        return new ZooKeeperException(
                Failure.ENSEMBLE_BEHIND,
                String.format(
                        "The ZooKeeper ensemble is behind this reader of '%s': its newest zxid after a sync is 0x%x,"
                                + " but the reader has already seen 0x%x. The ensemble was rebuilt or restored from an"
                                + " older backup, or 'connect-string' names another one. Start the job without its"
                                + " state to read the tree anew.",
                        template, zxid, seen));
    }

    /** Forgets what is under way; what has not left yet never will. */
    void abandon() {
        outstanding.abandon();
    }

    FeedStatistics statistics() {
        int underWay = state.phase() == Phase.SYNCING ? 0 : outstanding.underWay();
        return new FeedStatistics(
                0,
                state.reported().conflated(),
                state.clock().walks(),
                state.clock().lastWalkMillis(),
                state.skipped(),
                reads.unreadable(),
                state.reported().size() + underWay,
                state.newestZxid());
    }
}
