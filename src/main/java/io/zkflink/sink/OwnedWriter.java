// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.OwnedSession;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.metrics.SinkMetric;
import io.zkflink.metrics.SinkMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a znode in its session for each of its rows, for as long as the row is there.
 *
 * <p>Life cycle: the rows, and the session of the writer before it, come from Flink's state. Whenever there is a
 * connection that is not known yet (the first, another after a loss, another session after an expiry) the writer makes
 * sure that the session is its own ({@link FencedSession}), asks the server which znodes the session owns, and then
 * creates, sets and deletes what differs from the rows. So it need not know what became of a request whose answer it has
 * not heard, whether its own or that of the writer before it.
 *
 * <p>With checkpoints, nothing is created in a session before a checkpoint has completed that says which session it is:
 *
 * <ul>
 *   <li>Killed before that, it leaves a session that owns nothing.
 *   <li>Killed after that, the next writer goes on with the session if it comes before the session expires, and finds what
 *       is there. A row that the checkpoint has and the session has not is created; a znode whose row came after the
 *       checkpoint stays until the next checkpoint has completed, for Flink replays such rows, and goes then if it did not.
 *   <li>Cut off for so long that the session expires, it has a new one, in which the rows are created again once a
 *       checkpoint has completed that knows it. What the expired session owned is deleted by the server before it lets
 *       anybody know.
 *   <li>Ended by cancellation or failure, which cannot be told apart, it leaves the session as it is. Ended by the end of
 *       its input, it deletes all and then ends the session; killed between the two, it does so again.
 *   <li>Cut off, or paused, while another writer takes its place: each of its requests is refused from the moment at which
 *       the other one has the session. It learns that by the next one, leaves the session and fails.
 * </ul>
 *
 * Without checkpoints it creates rows at once, and ends the session when it ends.
 *
 * <p>The rows are its state, so it makes nobody wait: not the query, for of each row only the last change counts, and no
 * checkpoint. All happens on the task thread: answers come to it through its mailbox.
 */
abstract class OwnedWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OwnedWriter.class);
    static final byte[] NO_DATA = new byte[0];

    private static final int LOSSES_TO_CONVICT = 3;
    private static final int REQUEST_LIMIT = 1_000_000;

    private final FencedSession fence;
    private final SinkSettings settings;
    private final Patience patience;
    private final boolean checkpointed;
    private final ProcessingTimeService time;
    private final SinkMetrics metrics;
    private final TaskThread thread;

    private final OwnedRows rows = new OwnedRows();
    /** What the session owns and no row asks for, by what a row would recognise it by: it may be replayed yet. */
    private final Map<String, String> strays = new HashMap<>();

    private final CheckpointedSessions sessions;
    /** The session before the current one; null if there was none. */
    private SessionIdentity predecessor;

    private Phase phase = Phase.UNKNOWN;
    /** Whether the connection broke while it was being found out what is there. */
    private boolean outdated;

    private int inFlight;
    /** How many requests, or attempts to find out what is there, were lost in a row. */
    private int losses;

    private int owned;

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
    record Surroundings(
            boolean checkpointed, MailboxExecutor mailbox, ProcessingTimeService time, SinkMetrics metrics) {}

    /**
     * How a session is owned.
     *
     * @param epochs the znode below which each session has its epoch
     * @param patience with requests that are lost
     * @param sessionTimeout that is asked for
     */
    record Owning(String epochs, Patience patience, Duration sessionTimeout) {}

    /** An operation of a request, and the row it is for. */
    record Step(OwnedRow row, ZNodeWrite write, Effect effect) {}

    /** What a step is to the znode of its row. */
    enum Effect {
        MAKES,
        SETS,
        DELETES,
        /** It is about another znode. */
        NONE
    }

    OwnedWriter(
            OwnedSession session, OwnedState state, SinkSettings settings, Owning owning, Surroundings surroundings) {
        this.settings = settings;
        this.patience = owning.patience();
        this.checkpointed = surroundings.checkpointed();
        this.thread = new TaskThread(surroundings.mailbox());
        this.time = surroundings.time();
        this.metrics = surroundings.metrics();
        this.sessions = new CheckpointedSessions(state.session().orElse(null));
        this.fence = new FencedSession(session, sessions.completed(), owning.epochs(), thread);
        metrics.gauge(SinkMetric.IN_FLIGHT, () -> inFlight);
        metrics.gauge(SinkMetric.BUFFERED, rows::waiting);
        metrics.gauge(SinkMetric.OWNED, () -> owned);
        state.rows().forEach(row -> {
            OwnedRow restored = rows.getOrAdd(row.id());
            restored.want(row.data());
            rows.review(restored);
        });
    }

    /** Begins. */
    final void open() {
        fence.session().listen(new Connection());
    }

    // --- What is there, and how it is written, is up to the kind of rows. ---

    /** What a row recognises its znode by in this session. */
    abstract String mark(OwnedRow row, long session);

    /** The mark of the row that a znode of this session belongs to; empty if it is none of ours. */
    abstract Optional<String> mark(String node);

    /** Finds out what has to be known before these rows can be written; they stay under way meanwhile. */
    abstract CompletableFuture<Void> prepare(List<OwnedRow> batch);

    /** What makes these rows what they should be. */
    abstract List<Step> steps(List<OwnedRow> batch);

    /** Does what it takes for steps to be possible of which one was refused; their rows are then looked at again. */
    abstract CompletableFuture<Void> mend(List<Step> steps, int refused, ZooKeeperException cause);

    /** Does what is to follow these steps, which are made. */
    abstract void made(List<Step> steps);

    /** Hears that it is known again which znodes the rows have. */
    abstract void compared();

    // --- What Flink tells. ---

    /** A row is to be there, with this data. */
    final void put(OwnedRow.Id id, byte[] data) {
        OwnedRow row = rows.getOrAdd(id);
        row.want(data);
        change(row);
    }

    final void remove(OwnedRow.Id id) {
        OwnedRow row = rows.getOrAdd(id);
        row.unwant();
        change(row);
    }

    private void change(OwnedRow row) {
        if (!strays.isEmpty() && row.node() == null) {
            String stray = strays.remove(mark(row, fence.established().id()));
            if (stray != null) {
                moved(row, () -> row.isAt(stray, null));
            }
        }
        rows.review(row);
        send();
    }

    /** What a checkpoint is to hold. */
    final OwnedState snapshot(long checkpoint) {
        if (phase == Phase.OVER) {
            return OwnedState.NONE;
        }
        SessionIdentity session = fence.established() == null ? sessions.completed() : fence.established();
        sessions.snapshot(checkpoint, session);
        List<OwnedState.Row> wanted = rows.all().stream()
                .filter(OwnedRow::isWanted)
                .map(row -> new OwnedState.Row(row.id(), row.data()))
                .toList();
        return new OwnedState(Optional.ofNullable(session), wanted);
    }

    final void completed(long checkpoint) {
        sessions.complete(checkpoint);
        if (phase == Phase.KNOWN) {
            dropStrays();
        }
        send();
    }

    /** Removes all rows, and waits until that is done. */
    final void end() throws IOException, InterruptedException {
        List.copyOf(rows.all()).forEach(row -> {
            row.unwant();
            rows.review(row);
        });
        long deadline = time.getCurrentProcessingTime() + patience.total().toMillis();
        time.registerTimer(deadline, now -> {});
        while (phase != Phase.KNOWN || inFlight > 0 || owned > 0 || !strays.isEmpty()) {
            if (phase == Phase.KNOWN) {
                dropStrays();
                send();
            }
            thread.awaitAnswer();
            if (time.getCurrentProcessingTime() >= deadline) {
                throw new IOException(owned + " rows could not be removed within "
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
        public void lost() {}

        @Override
        public void failed(ZooKeeperException cause) {
            thread.execute(() -> fail(cause));
        }
    }

    private void ask() {
        if (phase != Phase.UNKNOWN
                || inFlight > 0
                || !fence.session().statistics().connected()) {
            return;
        }
        phase = Phase.ASKING;
        outdated = false;
        SessionIdentity before = fence.established();
        then(
                fence.establish().thenCompose(now -> fence.session().ephemerals()),
                there -> {
                    phase = Phase.UNKNOWN;
                    if (outdated) {
                        ask();
                    } else {
                        compare(before, there);
                    }
                },
                () -> phase = Phase.UNKNOWN);
    }

    private void compare(SessionIdentity before, List<String> there) {
        SessionIdentity now = fence.established();
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
        strays.clear();
        for (OwnedRow row : List.copyOf(rows.all())) {
            String node = nodes.remove(mark(row, now.id()));
            if (node == null) {
                moved(row, row::isNowhere);
            } else if (!node.equals(row.node())) {
                moved(row, () -> row.isAt(node, null));
            }
            rows.review(row);
        }
        strays.putAll(nodes);
        phase = Phase.KNOWN;
        if (!checkpointed) {
            dropStrays();
        }
        compared();
        send();
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
        strays.forEach((mark, node) -> {
            OwnedRow row = rows.getOrAdd(strayId(mark, node));
            moved(row, () -> row.isAt(node, null));
            rows.review(row);
        });
        strays.clear();
    }

    /** A row that nobody has asked for, to be deleted with the znode that it has. */
    private static OwnedRow.Id strayId(String mark, String node) {
        return new OwnedRow.Id(node, mark);
    }

    // --- Writing. ---

    private boolean mayWrite() {
        return phase == Phase.KNOWN && (!checkpointed || sessions.know(fence.established()));
    }

    final void send() {
        while (mayWrite() && rows.hasReady() && inFlight < settings.batching().maxInFlight()) {
            // A request that is too large breaks the connection again and again; a smaller one may not.
            int maxRows = Math.max(1, settings.batching().maxSize() >> Math.min(losses, 30));
            List<OwnedRow> batch = rows.take(maxRows, settings.batching().maxBytes());
            inFlight++;
            step(prepare(batch), batch, none -> write(batch));
        }
    }

    private void write(List<OwnedRow> batch) {
        List<Step> steps = steps(batch);
        if (steps.isEmpty()) {
            done(batch);
            return;
        }
        List<ZNodeWrite> writes = new ArrayList<>(fence.guard());
        int guards = writes.size();
        steps.forEach(step -> writes.add(step.write()));
        metrics.request(steps.size());
        step(fence.session().writeAndTell(writes), batch, result -> {
            losses = 0;
            if (result.refusal().isEmpty()) {
                made(steps, result);
                done(batch);
            } else if (result.refusal().get().index() < guards) {
                throw lost(fence.violation(result.refusal().get()));
            } else {
                metrics.count(SinkMetric.REFUSED);
                int refused = result.refusal().get().index() - guards;
                if (steps.get(refused).row().isErratic()) {
                    fail(new IOException(result.refusal().get().cause().getMessage()
                            + " Others create and delete this znode all the time."));
                } else {
                    step(mend(steps, refused, result.refusal().get().cause()), batch, none -> done(batch));
                }
            }
        });
    }

    private void made(List<Step> steps, WriteResult result) {
        int created = 0;
        for (Step step : steps) {
            OwnedRow row = step.row();
            if (step.write() instanceof ZNodeWrite.Create create) {
                String node = MissingParents.parent(create.path());
                node = (node.equals("/") ? "" : node) + "/" + result.created().get(created++);
                if (step.effect() == Effect.MAKES) {
                    String made = node;
                    moved(row, () -> row.isAt(made, data(create.data())));
                }
            } else if (step.effect() == Effect.SETS) {
                row.isAt(row.node(), data(((ZNodeWrite.SetData) step.write()).data()));
            } else if (step.effect() == Effect.DELETES) {
                moved(row, row::isNowhere);
            }
            row.succeeded();
        }
        made(steps);
    }

    private static byte[] data(byte[] data) {
        return data == null ? NO_DATA : data;
    }

    private void done(List<OwnedRow> batch) {
        inFlight--;
        rows.release(batch);
        ask();
        send();
    }

    /** Changes where a row's znode is. */
    final void moved(OwnedRow row, Runnable change) {
        int before = row.node() == null ? 0 : 1;
        change.run();
        owned += (row.node() == null ? 0 : 1) - before;
    }

    /** What follows a step of a batch; when the connection breaks, all has to be asked again. */
    private <T> void step(CompletableFuture<T> answer, List<OwnedRow> batch, Next<T> next) {
        boolean connected = fence.session().statistics().connected();
        then(answer, next, () -> {
            phase = Phase.UNKNOWN;
            inFlight--;
            rows.release(batch);
            if (connected
                    && batch.size() == 1
                    && losses >= LOSSES_TO_CONVICT
                    && batch.get(0).bytes() > REQUEST_LIMIT) {
                fail(new IOException(
                        RefusedRow.tooLarge(batch.get(0).path(), batch.get(0).bytes())));
            }
        });
    }

    /** What an answer leads to. */
    @FunctionalInterface
    interface Next<T> {
        void accept(T answer) throws IOException;
    }

    /**
     * @param onLoss what to do when the connection breaks; then all is asked again
     */
    private <T> void then(CompletableFuture<T> answer, Next<T> next, Runnable onLoss) {
        answer.whenCompleteAsync(
                (result, error) -> {
                    try {
                        if (error != null) {
                            throw ZooKeeperException.causeOf(error);
                        }
                        next.accept(result);
                    } catch (ZooKeeperException e) {
                        if (!e.failure().isTransient()) {
                            fail(e);
                            return;
                        }
                        metrics.count(SinkMetric.RETRIES);
                        losses++;
                        onLoss.run();
                        later(patience.waitMillis(losses), this::ask);
                    } catch (Throwable e) {
                        fail(e instanceof IOException io ? io : new IOException(e.getMessage(), e));
                    }
                },
                thread);
    }

    private static ZooKeeperException lost(IOException violation) throws IOException {
        if (violation instanceof ZooKeeperException e) {
            return e;
        }
        throw violation;
    }

    final void fail(IOException cause) {
        thread.fail(cause);
    }

    // --- What the kinds of rows need, too. ---

    final OwnedSession session() {
        return fence.session();
    }

    final SessionIdentity identity() {
        return fence.established();
    }

    /** The session that rows had their znodes in before this one; null if there was none. */
    final SessionIdentity predecessor() {
        return predecessor;
    }

    /** What every request has to begin with. */
    final List<ZNodeWrite> guard() {
        return fence.guard();
    }

    /**
     * Waits for a request that is not about a row; when the connection breaks, all is asked again.
     *
     * @param onLoss what to do before
     */
    final void request(CompletableFuture<?> answer, Runnable onLoss) {
        inFlight++;
        then(
                answer,
                done -> {
                    inFlight--;
                    ask();
                    send();
                },
                () -> {
                    phase = Phase.UNKNOWN;
                    inFlight--;
                    onLoss.run();
                });
    }

    final OwnedRows rows() {
        return rows;
    }

    final Executor thread() {
        return thread;
    }

    /** Does something later on the task thread, unless it has ended. */
    final void later(long millis, Runnable task) {
        time.registerTimer(time.getCurrentProcessingTime() + millis, now -> thread.run(task));
    }
}
