// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.state.FeedEvent;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.apache.flink.annotation.Internal;

/**
 * Watches a subtree and reports what reads of it find: the one mechanism that start, restore, reconnect, expiry and
 * polling all share.
 *
 * <p>Whenever the watch has been established, {@code sync} is called, the subtree is walked, and the end of the walk is
 * reported; events only ask for one more read of their path. A walk that loses its connection is abandoned, because
 * whatever it had read may have changed unreported since, and the next one starts from the root. Where the server has
 * no recursive watches, the same walk is repeated at intervals.
 *
 * <p>One thread polls and by that does all the work; the session's event thread only notes what arrived. Nothing is
 * read unless somebody polls, and no more than a bounded number of reads is under way, so a slow consumer holds back
 * the reads; the changes that it is late for are conflated by path.
 */
@Internal
public final class SubtreeFeed implements AutoCloseable {

    private final FeedSettings settings;
    private final FeedState state;
    private final WatchHandler watch;
    private final WalkRunner runner;

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
        this(client, template, wanted, newestZxid, settings, new Object());
    }

    /**
     * @param sharingKey equal for the feeds of one process that want different rows of the same template over one
     *     session;
     *     they list children only once
     */
    public SubtreeFeed(
            ZooKeeperClient client,
            PathTemplate template,
            Predicate<String> wanted,
            long newestZxid,
            FeedSettings settings,
            Object sharingKey) {
        this.settings = settings;
        this.state = new FeedState(template, settings, newestZxid, client::newestZxid);
        SharedLists.Member lists = SharedLists.join(sharingKey, client);
        this.watch = new WatchHandler(client, template, wanted, settings, state, lists);
        this.runner = new WalkRunner(client, template, wanted, settings, state, lists);
    }

    /** Starts watching; does not wait for a connection. */
    public void open() {
        watch.follow(!settings.mayWatch());
    }

    /** Starts another walk, for a reader whose wishes have grown and who has seen more. */
    public void walkAgain(long seenZxid) {
        state.includes(seenZxid);
        if (state.isConnected()) {
            watch.walk();
        }
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
            if (state.takeWalkDue()) {
                watch.walk();
            }
            if (state.takeProofDue()) {
                runner.prove();
            }
            List<Runnable> arrived = state.await(end, runner.capacity());
            boolean woken = state.takeWakeUp();
            arrived.forEach(Runnable::run);
            runner.advance();
            if (!runner.seen().isEmpty() || woken || end.isDue()) {
                return runner.seen().take();
            }
        }
    }

    /**
     * Since when changes may have gone unseen because the connection is, or was, lost; empty once a walk after it has
     * ended. Asked by the polling thread, it covers all that was polled.
     *
     * @return a time of {@link System#nanoTime}
     */
    public OptionalLong lostSince() {
        return state.lostSince();
    }

    /** What was done so far; a snapshot. */
    public FeedStatistics statistics() {
        return state.statistics();
    }

    /** Makes a poll that waits, or the next one, return early. */
    public void wakeUp() {
        state.wakeUp();
    }

    /** Ends the watch; the client stays open. */
    @Override
    public void close() {
        watch.close();
    }
}
