// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.sink.batch.GuardException;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a znode in its session for each of its rows, for as long as the row is there.
 *
 * <p>Life cycle: the rows, and the session of the writer before it, come from Flink's state. Whenever there is a
 * connection that is not known yet (the first, another after a loss, another session after an expiry) the writer makes
 * sure that the session is its own ({@link EpochFencedSession}), asks the server which znodes the session owns, and
 * then creates, sets and deletes what differs from the rows. So it need not know what became of a request whose answer
 * it has not heard, whether its own or that of the writer before it.
 *
 * <p>With checkpoints, nothing is created in a session before a checkpoint has completed that says which session it is:
 *
 * <ul>
 *   <li>Killed before that, it leaves a session that owns nothing.
 *   <li>Killed after that, the next writer goes on with the session if it comes before the session expires, and finds
 *       what is there. A row that the checkpoint has and the session has not is created; a znode whose row came after
 *       the checkpoint stays, for Flink replays such rows. A restored source may take part in checkpoints before it has
 *       replayed anything, so that none of them says that a row will not come any more: the znode stays for as long as
 *       it would without a writer, the session timeout, and goes with the next checkpoint that completes.
 *   <li>Cut off for so long that the session expires, it has a new one, in which the rows are created again once a
 *       checkpoint has completed that knows it. What the expired session owned is deleted by the server before it lets
 *       anybody know.
 *   <li>Ended by cancellation or failure, which cannot be told apart, it leaves the session as it is. Ended by the end
 *       of its input, it deletes all and then ends the session; killed between the two, it does so again.
 *   <li>Cut off, or paused, while another writer takes its place: each of its requests is refused from the moment at
 *       which the other one has the session. It learns that by the next one, leaves the session and fails.
 * </ul>
 *
 * Without checkpoints it creates rows at once, and ends the session when it ends.
 *
 * <p>A znode that somebody else deletes is noticed by a watch and created again, as long as its row is there.
 *
 * <p>The rows are its state, so it makes nobody wait: not the query, for of each row only the last change counts, and
 * no checkpoint. All happens on the task thread: answers come to it through its mailbox.
 */
@Internal
public final class SessionBoundWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SessionBoundWriter.class);

    private final RetryPolicy retries;
    private final WriterContext context;
    private final EpochFencedSession fence;
    private final CheckpointedSessions sessions;
    private final SessionBoundRows rows = new SessionBoundRows();
    private final PendingAnswers answers;
    private final ZNodeStrategy strategy;
    private final SessionBoundRequests requests;
    private final SessionInventory inventory;
    /** Tells of owned znodes that somebody else deletes. */
    private final AncestorWatch watch;
    /** Whether the input has ended, and all is deleted. */
    private boolean over;

    /**
     * What a writer has to work with.
     *
     * @param checkpointed whether Flink takes checkpoints
     */
    public record WriterContext(
            boolean checkpointed, MailboxExecutorAdapter thread, ProcessingTimeService time, SinkMetrics metrics) {}

    /**
     * How to write.
     *
     * @param epochs the znode below which each session has its epoch
     */
    record Settings(String epochs, SinkSettings.Rows rows, SinkSettings.Batching batching, RetryPolicy retries) {}

    SessionBoundWriter(
            DedicatedSession session,
            SessionBoundState state,
            ZNodeStrategy.Factory strategies,
            Settings settings,
            WriterContext context) {
        this.retries = settings.retries();
        this.context = context;
        this.sessions = new CheckpointedSessions(state.session().orElse(null));
        this.fence = new EpochFencedSession(
                session, sessions.completed(), settings.epochs(), settings.rows(), context.thread());
        this.answers = new PendingAnswers(retries, context, this::meaning, this::onLoss, this::proceed);
        ZNodeStrategy.Context parts = new ZNodeStrategy.Context(
                fence, rows, answers, settings.rows(), !state.rows().isEmpty(), context.thread());
        this.strategy = strategies.of(parts);
        this.requests =
                new SessionBoundRequests(strategy, rows, answers, fence, settings.batching(), context.metrics());
        this.inventory = new SessionInventory(strategy, parts, context, sessions, this::onKnown);
        this.watch = new AncestorWatch(session, new Events(true));
        state.rows().forEach(row -> rows.getOrAdd(row.id()).want(row.data()));
    }

    /** Begins. */
    void open() {
        fence.session().listen(new Events(false));
        rows.all().forEach(row -> watch.cover(strategy.top(row.id())));
    }

    // ---- What Flink tells.

    /** A row is to be there, with this data. */
    void put(SessionBoundRow.Id id, byte[] data) {
        watch.cover(strategy.top(id));
        SessionBoundRow row = rows.getOrAdd(id);
        row.want(data);
        change(row);
    }

    void remove(SessionBoundRow.Id id) {
        SessionBoundRow row = rows.getOrAdd(id);
        row.unwant();
        change(row);
    }

    private void change(SessionBoundRow row) {
        inventory.adopt(row);
        rows.review(row);
        requests.send();
    }

    /** What a checkpoint is to hold. */
    SessionBoundState snapshot(long checkpoint) {
        if (over) {
            return SessionBoundState.NONE;
        }
        SessionIdentity session = fence.established() == null ? sessions.completed() : fence.established();
        sessions.snapshot(checkpoint, session);
        List<SessionBoundState.Row> wanted = rows.all().stream()
                .filter(SessionBoundRow::isWanted)
                .map(row -> new SessionBoundState.Row(row.id(), row.data()))
                .toList();
        return new SessionBoundState(Optional.ofNullable(session), wanted);
    }

    void completed(long checkpoint) {
        sessions.complete(checkpoint);
        inventory.removeOldOrphans();
        send();
    }

    /** Removes all rows, and waits until that is done. */
    void end() throws IOException, InterruptedException {
        rows.all().forEach(row -> {
            row.unwant();
            rows.review(row);
        });
        ProcessingTimeService time = context.time();
        long deadline = time.getCurrentProcessingTime() + retries.total().toMillis();
        time.registerTimer(deadline, now -> {});
        while (!inventory.isKnown() || answers.requests() > 0 || rows.owned() > 0 || inventory.hasOrphans()) {
            if (inventory.isKnown()) {
                inventory.removeOrphans();
                requests.send();
            }
            context.thread().awaitAnswer();
            if (time.getCurrentProcessingTime() >= deadline) {
                throw new IOException(rows.owned() + " rows could not be removed within "
                        + retries.total().toMillis()
                        + " ms ('connection-timeout' x 'max-retry-attempts') after the end of the input, because"
                        + " ZooKeeper could not be reached. Check the ensemble, or raise 'max-retry-attempts'.");
            }
        }
        over = true;
    }

    /** Leaves the session to the next writer, if there may be one that knows it. */
    @Override
    public void close() {
        context.thread().close();
        SessionIdentity mine = fence.established();
        boolean isKnown = mine == null ? sessions.completed() != null : sessions.know(mine);
        if (context.checkpointed() && isKnown && !over) {
            fence.session().detach();
        } else {
            fence.session().close();
        }
    }

    // ---- What the server tells.

    /** Of the connection, or of the watch: what was missed while there was none is found out when there is one. */
    private final class Events implements WatchListener {
        private final boolean ofWatch;

        Events(boolean ofWatch) {
            this.ofWatch = ofWatch;
        }

        @Override
        public void established() {
            context.thread().execute(inventory::invalidate);
        }

        @Override
        public void deleted(String path, long zxid) {
            if (rows.rowOf(path) != null || inventory.isOrphan(path)) {
                context.thread().execute(() -> {
                    inventory.deleted(path);
                    requests.deleted(path);
                });
            }
        }

        @Override
        public void changed(String path, long zxid) {}

        @Override
        public void lost() {
            context.thread().execute(answers::connectionLost);
        }

        @Override
        public void failed(ZooKeeperException cause) {
            if (ofWatch) {
                // That the session has failed is heard of elsewhere; without the watch, at the next reconnect.
                LOG.debug("Deletions of owned znodes are not watched: {}", cause.getMessage());
            } else {
                context.thread().execute(() -> context.thread().fail(cause));
            }
        }
    }

    private void onKnown() {
        send();
        if (answers.requests() == 0) {
            answers.succeeded();
        }
    }

    private void onLoss() {
        inventory.forget();
    }

    private void proceed() {
        inventory.ask();
        send();
    }

    private Throwable meaning(Throwable failure) {
        return failure instanceof GuardException refusal ? fence.violation(refusal) : failure;
    }

    /** Sends what may be sent; with checkpoints, only in a session that a completed one knows. */
    private void send() {
        rows.writable(inventory.isKnown() && (!context.checkpointed() || sessions.know(fence.established())));
        requests.send();
    }
}
