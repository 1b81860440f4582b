// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.FeedMessage.Changed;
import io.zkflink.subtree.FeedMessage.Connected;
import io.zkflink.subtree.FeedMessage.Lost;
import io.zkflink.subtree.FeedMessage.Refused;
import io.zkflink.subtree.FeedMessage.TooManyChanged;
import io.zkflink.subtree.FeedState.Phase;
import io.zkflink.subtree.state.FeedEvent;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.apache.flink.annotation.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches a subtree and reports what reads of it find: the one mechanism that start, restore, reconnect, expiry and
 * polling all share.
 *
 * <p>Whenever the watch has been established, {@code sync} is called, the subtree is walked, and the end of the walk is
 * reported; events only ask for one more read of their path. A walk that loses its connection is abandoned, because
 * whatever it had read may have changed unreported since, and the next one starts from the root. Where the server has
 * no recursive watches, the same walk is repeated at intervals.
 *
 * <p>One thread opens, polls and closes, and by that does all the work: what it touches nobody else does. The session's
 * event thread only puts messages into the {@link FeedInbox}. Nothing is read unless somebody polls, and no more than a
 * bounded number of reads is under way, so a slow consumer holds back the reads; the changes that it is late for are
 * conflated by path. Any thread may call {@link #wakeUp} and {@link #statistics}.
 */
@Internal
public final class SubtreeFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SubtreeFeed.class);

    private final ZooKeeperClient client;
    private final PathTemplate template;
    private final FeedSettings settings;
    private final FeedInbox inbox = new FeedInbox();
    private final WatchHandler handler;
    private final FeedState state;
    private final OutstandingReads outstanding;
    private final ZNodeReads reads;
    private final WalkRunner walk;
    private final EventReads events;

    /** Null before the begin. */
    private ZooKeeperClient.Watch watch;

    private boolean closed;
    /** Why this cannot go on, or null. */
    private ZooKeeperException failure;

    /** What the polling thread has done, without what is in the inbox. */
    private volatile FeedStatistics statistics = FeedStatistics.NOTHING;

    /**
     * @param wanted which of the template's rows to read
     * @param newestZxid the highest zxid that the reader has ever seen; an ensemble that is behind it is refused
     */
    public SubtreeFeed(
            ZooKeeperClient client,
            PathTemplate template,
            Predicate<String> wanted,
            long newestZxid,
            FeedSettings settings) {
        this.client = client;
        this.template = template;
        this.settings = settings;
        this.handler = new WatchHandler(template, wanted, inbox);
        this.state = new FeedState(settings, newestZxid);
        this.outstanding = new OutstandingReads(inbox, this::fail);
        this.reads = new ZNodeReads(client, template, settings, state, outstanding);
        this.walk = new WalkRunner(template, wanted, settings, state, reads);
        this.events = new EventReads(state, outstanding, reads);
    }

    /** Starts watching; does not wait for a connection. */
    public void open() {
        follow(!settings.mayWatch());
    }

    /** Asks to be told of the connection, and of changes too unless they are polled for. */
    private void follow(boolean byPolling) {
        ZooKeeperClient.Watch last = watch;
        state.poll(byPolling);
        watch = byPolling ? client.listen(handler) : client.watch(template.root(), handler);
        if (last != null) {
            last.close();
        }
    }

    /** Starts another walk, for a reader whose wishes have grown and who has seen more. */
    public void walkAgain(long seenZxid) {
        state.includes(seenZxid);
        if (state.phase() != Phase.DISCONNECTED) {
            begin();
        }
        statistics = ownStatistics();
    }

    /**
     * Waits until something was seen, for {@code timeoutMillis} at most, or until woken up.
     *
     * @return what was seen, oldest first; may be empty
     * @throws ZooKeeperException if the feed cannot go on
     */
    public List<FeedEvent> poll(long timeoutMillis) throws ZooKeeperException, InterruptedException {
        Deadline end = new Deadline();
        end.in(timeoutMillis);
        while (true) {
            if (state.clock().takeWalkDue()) {
                begin();
            }
            if (state.clock().takeProofDue()) {
                prove();
            }
            List<FeedMessage> messages = inbox.take(canAdvance() ? 0 : Math.min(end.millis(), state.clock().millisLeft()));
            boolean woken = inbox.takeWakeUp();
            handle(messages);
            if (failure != null) {
                throw failure;
            }
            advance();
            statistics = ownStatistics();
            if (!state.seen().isEmpty() || woken || end.isDue()) {
                return state.seen().take();
            }
        }
    }

    // ---- Messages.

    private void handle(List<FeedMessage> messages) {
        if (closed || messages.isEmpty()) {
            return;
        }
        state.includes(inbox.counts().newestZxid());
        // Of a znode that is gone only the answer's own zxid says how new that is, if events do not.
        state.includes(client.newestZxid());
        messages.forEach(this::handle);
    }

    private void handle(FeedMessage message) {
        if (message instanceof OutstandingReads.Answered<?> answered) {
            answered.conclude();
        } else if (message instanceof Changed changed) {
            if (state.changed(changed.paths())) {
                begin();
            }
        } else if (message instanceof TooManyChanged) {
            if (state.tooManyChanged()) {
                begin();
            }
        } else if (message instanceof Lost lost) {
            outstanding.abandon();
            state.lost(lost.nanos());
        } else if (message instanceof Connected) {
            begin();
        } else if (message instanceof Refused refused) {
            refused(refused.cause());
        }
    }

    private void refused(ZooKeeperException cause) {
        if (cause.failure() == Failure.UNSUPPORTED && settings.mayPoll() && !state.isPolling()) {
            LOG.debug(
                    "The server has no recursive watches; '{}' is polled every {} ms.",
                    template,
                    settings.pollInterval().toMillis());
            follow(true);
        } else {
            fail(cause);
        }
    }

    /** The first cause is told. */
    private void fail(ZooKeeperException cause) {
        failure = failure == null ? cause : failure;
    }

    // ---- Walks.

    /** Begins a walk, with a sync. */
    private void begin() {
        if (closed) {
            return;
        }
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
    private boolean canAdvance() {
        return switch (state.phase()) {
            case WALKING -> reads.free() > 0 && (walk.isIdle() || events.canAdvance());
            case FOLLOWING -> events.canAdvance();
            case DISCONNECTED, SYNCING -> false;
        };
    }

    /** Sends as many reads as may be under way, those of events first, and notices the end of the walk. */
    private void advance() {
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

    // ---- What there is to know.

    /**
     * Since when changes may have gone unseen because the connection is, or was, lost; empty once a walk after it has
     * ended. Asked by the polling thread, it covers all that was polled.
     *
     * @return a time of {@link System#nanoTime}
     */
    public OptionalLong lostSince() {
        return state.lostSince();
    }

    private FeedStatistics ownStatistics() {
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

    /** What was done so far; a snapshot. */
    public FeedStatistics statistics() {
        return statistics.plus(inbox.counts());
    }

    /** Makes a poll that waits, or the next one, return early. */
    public void wakeUp() {
        inbox.wakeUp();
    }

    /** Ends the watch; the client stays open. */
    @Override
    public void close() {
        closed = true;
        if (watch != null) {
            watch.close();
        }
        outstanding.abandon();
        state.stop();
        statistics = ownStatistics();
    }
}
