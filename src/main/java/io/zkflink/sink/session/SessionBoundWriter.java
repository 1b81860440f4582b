// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.sink.batch.GuardedClient;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
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
 * <li>Killed after that, the next writer goes on with the session if it comes before the session expires, and finds
 * what
 *       is there. A row that the checkpoint has and the session has not is created; a znode whose row came after the
 *       checkpoint stays, for Flink replays such rows. A restored source may take part in checkpoints before it has
 * replayed anything, so that none of them says that a row will not come any more: the znode stays for as long as it
 *       would without a writer, the session timeout, and goes with the next checkpoint that completes.
 *   <li>Cut off for so long that the session expires, it has a new one, in which the rows are created again once a
 *       checkpoint has completed that knows it. What the expired session owned is deleted by the server before it lets
 *       anybody know.
 * <li>Ended by cancellation or failure, which cannot be told apart, it leaves the session as it is. Ended by the end of
 *       its input, it deletes all and then ends the session; killed between the two, it does so again.
 * <li>Cut off, or paused, while another writer takes its place: each of its requests is refused from the moment at
 * which
 *       the other one has the session. It learns that by the next one, leaves the session and fails.
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
public abstract class SessionBoundWriter implements SessionBoundRequests.Owner, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SessionBoundWriter.class);
    private final EpochFencedSession fence;
    private final RetryPolicy patience;
    private final boolean checkpointed;
    private final ProcessingTimeService time;
    private final MailboxExecutorAdapter thread;
    private final SessionBoundRequests requests;

    private final SessionBoundRows rows = new SessionBoundRows();
    /** What the session owns and no row asks for, by what a row would recognise it by: it may be replayed yet. */
    private final Map<String, String> orphans = new HashMap<>();

    /** The paths of the orphans; others than the task thread only look. */
    private final Set<String> orphanNodes = ConcurrentHashMap.newKeySet();

    private final WatchListener connection = new Connection();
    /** Tells of owned znodes that somebody else deletes. */
    private final AncestorWatch watch;

    private final CheckpointedSessions sessions;
    /** The session that it was last found out of what it owns; null before that. */
    private SessionIdentity current;
    /** The session before the current one; null if there was none. */
    private SessionIdentity predecessor;
    /** When the rows of znodes that the writer before this one left behind have had the time to be replayed. */
    private long replayedBy;

    private Phase phase = Phase.UNKNOWN;
    /** Whether the connection broke while it was being found out what is there. */
    private boolean outdated;

    /** How much is known of what the session owns. */
    private enum Phase {
        /** Not enough to write. */
        UNKNOWN,
        /** It is being found out. */
        ASKING,
        KNOWN,
        /** The input has ended, and all is deleted. */
        OVER
    }

    /**
     * What a writer has to work with.
     *
     * @param checkpointed whether Flink takes checkpoints
     */
    public record WriterContext(
            boolean checkpointed, MailboxExecutorAdapter thread, ProcessingTimeService time, SinkMetrics metrics) {}

    /**
     * How a session is owned.
     *
     * @param epochs the znode below which each session has its epoch
     * @param patience with requests that are lost
     * @param sessionTimeout that is asked for
     */
    record Owning(String epochs, RetryPolicy patience, Duration sessionTimeout) {}

    SessionBoundWriter(
            DedicatedSession session,
            SessionBoundState state,
            SinkSettings settings,
            Owning owning,
            WriterContext writerContext) {
        this.patience = owning.patience();
        this.checkpointed = writerContext.checkpointed();
        this.thread = writerContext.thread();
        this.time = writerContext.time();
        this.sessions = new CheckpointedSessions(state.session().orElse(null));
        this.fence = new EpochFencedSession(session, sessions.completed(), owning.epochs(), settings.rows(), thread);
        this.requests = new SessionBoundRequests(this, fence, rows, settings.batching(), patience, writerContext);
        this.watch = new AncestorWatch(session, new Deletions());
        state.rows().forEach(row -> {
            SessionBoundRow restored = rows.getOrAdd(row.id());
            restored.want(row.data());
            rows.review(restored);
        });
    }

    /** Begins. */
    final void open() {
        fence.session().listen(connection);
        rows.all().forEach(row -> watch.cover(home(row.id())));
    }

    // --- What is there, and how it is written, is up to the kind of rows. ---

    /** What a row recognises its znode by in this session. */
    abstract String mark(SessionBoundRow row, long session);

    /** The mark of the row that a znode of this session belongs to; empty if it is none of ours. */
    abstract Optional<String> mark(String node);

    /** What the znode of a row lies below. */
    abstract String home(SessionBoundRow.Id id);

    /** Hears that it is known again which znodes the rows have. */
    abstract void compared();

    // --- What Flink tells. ---

    /** A row is to be there, with this data. */
    final void put(SessionBoundRow.Id id, byte[] data) {
        watch.cover(home(id));
        SessionBoundRow row = rows.getOrAdd(id);
        row.want(data);
        change(row);
    }

    final void remove(SessionBoundRow.Id id) {
        SessionBoundRow row = rows.getOrAdd(id);
        row.unwant();
        change(row);
    }

    private void change(SessionBoundRow row) {
        if (!orphans.isEmpty() && row.node() == null) {
            String orphan = orphans.remove(mark(row, fence.established().id()));
            if (orphan != null) {
                orphanNodes.remove(orphan);
                requests.moved(row, () -> row.isAt(orphan, null));
            }
        }
        rows.review(row);
        requests.send();
    }

    /** What a checkpoint is to hold. */
    final SessionBoundState snapshot(long checkpoint) {
        if (phase == Phase.OVER) {
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

    final void completed(long checkpoint) {
        sessions.complete(checkpoint);
        if (phase == Phase.KNOWN && time.getCurrentProcessingTime() >= replayedBy) {
            dropStrays();
        }
        requests.send();
    }

    /** Removes all rows, and waits until that is done. */
    final void end() throws IOException, InterruptedException {
        List.copyOf(rows.all()).forEach(row -> {
            row.unwant();
            rows.review(row);
        });
        long deadline = time.getCurrentProcessingTime() + patience.total().toMillis();
        time.registerTimer(deadline, now -> {});
        while (phase != Phase.KNOWN || requests.inFlight() > 0 || requests.owned() > 0 || !orphans.isEmpty()) {
            if (phase == Phase.KNOWN) {
                dropStrays();
                requests.send();
            }
            thread.awaitAnswer();
            if (time.getCurrentProcessingTime() >= deadline) {
                throw new IOException(requests.owned() + " rows could not be removed within "
                        + patience.total().toMillis()
                        + " ms ('connection-timeout' x 'max-retry-attempts') after the end of the input, because"
                        + " ZooKeeper could not be reached. Check the ensemble, or raise 'max-retry-attempts'.");
            }
        }
        phase = Phase.OVER;
    }

    /** Leaves the session to the next writer, if there may be one that knows it. */
    @Override
    public final void close() {
        thread.close();
        SessionIdentity mine = fence.established();
        boolean isKnown = mine == null ? sessions.completed() != null : sessions.know(mine);
        if (checkpointed && isKnown && phase != Phase.OVER) {
            fence.session().detach();
        } else {
            fence.session().close();
        }
    }

    // --- Finding out what is there. ---

    private final class Connection implements WatchListener {
        @Override
        public void established() {
            thread.execute(() -> {
                outdated = true;
                if (phase == Phase.KNOWN) {
                    phase = Phase.UNKNOWN;
                }
                ask();
            });
        }

        @Override
        public void changed(String path, long zxid) {}

        @Override
        public void lost() {
            thread.execute(requests::connectionLost);
        }

        @Override
        public void failed(ZooKeeperException cause) {
            thread.execute(() -> thread.fail(cause));
        }
    }

    /** Hears of deletions; what was missed while there was no watch is found out when there is one. */
    private final class Deletions implements WatchListener {
        @Override
        public void established() {
            connection.established();
        }

        @Override
        public void deleted(String path, long zxid) {
            if (requests.rowOf(path) != null || orphanNodes.contains(path)) {
                thread.execute(() -> {
                    if (orphanNodes.remove(path)) {
                        orphans.values().remove(path);
                    }
                    requests.deleted(path);
                });
            }
        }

        @Override
        public void changed(String path, long zxid) {}

        @Override
        public void lost() {}

        @Override
        public void failed(ZooKeeperException cause) {
            // That the session has failed is heard of elsewhere; without the watch, at the next reconnect.
            LOG.debug("Deletions of owned znodes are not watched: {}", cause.getMessage());
        }
    }

    @Override
    public final void ask() {
        if (phase != Phase.UNKNOWN
                || requests.inFlight() > 0
                || !fence.session().statistics().connected()) {
            return;
        }
        phase = Phase.ASKING;
        outdated = false;
        requests.onCompletion(
                fence.establish().thenCompose(now -> fence.session().ephemerals()),
                there -> {
                    phase = Phase.UNKNOWN;
                    if (outdated) {
                        ask();
                    } else {
                        compare(there);
                    }
                },
                () -> phase = Phase.UNKNOWN);
    }

    private void compare(List<String> there) {
        SessionIdentity before = current;
        SessionIdentity now = fence.established();
        current = now;
        if (before == null) {
            replayedBy = time.getCurrentProcessingTime()
                    + fence.session().negotiatedTimeout().toMillis();
        }
        if (before == null || before.id() != now.id()) {
            SessionIdentity last = before == null ? sessions.completed() : before;
            if (last != null && last.id() != now.id()) {
                predecessor = last;
            }
            report(now);
        }
        Map<String, String> nodes = new HashMap<>();
        for (String node : there) {
            if (!fence.isEpoch(node)) {
                mark(node).ifPresent(mark -> nodes.put(mark, node));
            }
        }
        orphans.clear();
        orphanNodes.clear();
        for (SessionBoundRow row : List.copyOf(rows.all())) {
            String node = nodes.remove(mark(row, now.id()));
            if (node == null) {
                requests.moved(row, row::isNowhere);
            } else if (!node.equals(row.node())) {
                requests.moved(row, () -> row.isAt(node, null));
            }
            rows.review(row);
        }
        orphans.putAll(nodes);
        orphanNodes.addAll(nodes.values());
        phase = Phase.KNOWN;
        if (!checkpointed) {
            dropStrays();
        }
        compared();
        requests.send();
        if (requests.inFlight() == 0) {
            requests.succeeded();
        }
    }

    private void report(SessionIdentity now) {
        if (sessions.know(now)) {
            LOG.info("Going on with the ZooKeeper session {}.", now.name());
        } else if (checkpointed) {
            LOG.info(
                    "Rows are written as the ZooKeeper session {}, from the next completed checkpoint on.", now.name());
        } else {
            LOG.info("Rows are written as the ZooKeeper session {}.", now.name());
        }
    }

    /** Has what no row asks for deleted. */
    private void dropStrays() {
        orphans.forEach((mark, node) -> {
            SessionBoundRow row = rows.getOrAdd(strayId(mark, node));
            requests.moved(row, () -> row.isAt(node, null));
            rows.review(row);
        });
        orphans.clear();
        orphanNodes.clear();
    }

    /** A row that nobody has asked for, to be deleted with the znode that it has. */
    private static SessionBoundRow.Id strayId(String mark, String node) {
        return new SessionBoundRow.Id(node, mark);
    }

    @Override
    public final void lost() {
        phase = Phase.UNKNOWN;
    }

    @Override
    public final boolean mayWrite() {
        return phase == Phase.KNOWN && (!checkpointed || sessions.know(fence.established()));
    }

    // --- What the kinds of rows need, too. ---

    final DedicatedSession session() {
        return fence.session();
    }

    final SessionIdentity identity() {
        return fence.established();
    }

    /** For how long the server keeps another session without hearing of it; 0 if that is not known. */
    final CompletableFuture<Long> timeoutMillis(long other) {
        return fence.timeoutMillis(other);
    }

    /** The session that rows had their znodes in before this one; null if there was none. */
    final SessionIdentity predecessor() {
        return predecessor;
    }

    /** For writes: each is made only while the session is ours. */
    final GuardedClient client() {
        return fence.client();
    }

    final SessionBoundRequests requests() {
        return requests;
    }

    final SessionBoundRows rows() {
        return rows;
    }

    final Executor thread() {
        return thread;
    }
}
