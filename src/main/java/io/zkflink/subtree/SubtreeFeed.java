// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.FeedInbox.Message.Changed;
import io.zkflink.subtree.FeedInbox.Message.Connected;
import io.zkflink.subtree.FeedInbox.Message.Lost;
import io.zkflink.subtree.FeedInbox.Message.Refused;
import io.zkflink.subtree.FeedInbox.Message.TooManyChanged;
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
    private final FeedInbox inbox;
    private final FeedState state;
    private final FeedRunner runner;

    /** Null before the begin. */
    private ZooKeeperClient.Watch watch;

    private boolean closed;

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
        this.inbox = new FeedInbox(template, wanted);
        this.state = new FeedState(settings, newestZxid);
        this.runner = new FeedRunner(client, template, wanted, settings, state, inbox);
    }

    /** Starts watching; does not wait for a connection. */
    public void open() {
        follow(!settings.mayWatch());
    }

    /** Asks to be told of the connection, and of changes too unless they are polled for. */
    private void follow(boolean byPolling) {
        ZooKeeperClient.Watch last = watch;
        state.poll(byPolling);
        watch = byPolling ? client.listen(inbox) : client.watch(template.root(), inbox);
        if (last != null) {
            last.close();
        }
    }

    /** Starts another walk, for a reader whose wishes have grown and who has seen more. */
    public void walkAgain(long seenZxid) {
        state.includes(seenZxid);
        if (state.phase() != Phase.DISCONNECTED) {
            runner.begin();
        }
        statistics = runner.statistics();
    }

    /**
     * Waits until something was seen, for {@code timeoutMillis} at most, or until woken up.
     *
     * @return what was seen, oldest first; may be empty
     * @throws ZooKeeperException if the feed cannot go on
     */
    public List<FeedEvent> poll(long timeoutMillis) throws ZooKeeperException, InterruptedException {
        FeedClock.Deadline end = new FeedClock.Deadline();
        end.in(timeoutMillis);
        while (true) {
            runner.beginWhatIsDue();
            long wait = runner.canAdvance()
                    ? 0
                    : Math.min(end.millis(), state.clock().millisLeft());
            List<FeedInbox.Message> messages = inbox.take(wait);
            boolean woken = inbox.takeWakeUp();
            handle(messages);
            runner.check();
            runner.advance();
            statistics = runner.statistics();
            if (!state.seen().isEmpty() || woken || end.isDue()) {
                return state.seen().take();
            }
        }
    }

    // ---- Messages.

    private void handle(List<FeedInbox.Message> messages) {
        if (closed || messages.isEmpty()) {
            return;
        }
        state.includes(inbox.counts().newestZxid());
        // Of a znode that is gone only the answer's own zxid says how new that is, if events do not.
        state.includes(client.newestZxid());
        messages.forEach(this::handle);
    }

    private void handle(FeedInbox.Message message) {
        if (message instanceof OutstandingReads.Answered<?> answered) {
            answered.conclude();
        } else if (message instanceof Changed changed) {
            if (state.changed(changed.paths())) {
                runner.begin();
            }
        } else if (message instanceof TooManyChanged) {
            if (state.tooManyChanged()) {
                runner.begin();
            }
        } else if (message instanceof Lost lost) {
            runner.abandon();
            state.lost(lost.nanos());
        } else if (message instanceof Connected) {
            runner.begin();
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
            runner.fail(cause);
        }
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
        runner.abandon();
        state.stop();
        statistics = runner.statistics();
    }
}
