// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import io.zkflink.sink.batch.GuardException;
import io.zkflink.sink.batch.RefusedRow;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the rows of an {@link SessionBoundWriter} need, many at a time, each request beginning with what its
 * session is guarded by. What is refused because of one row is mended and sent again. What is lost is not: the writer
 * finds out what is there, and the rows that still differ are sent.
 *
 * <p>Everything happens on the task thread.
 */
final class SessionBoundRequests {

    private static final Logger LOG = LoggerFactory.getLogger(SessionBoundRequests.class);
    private static final int LOSSES_TO_CONVICT = 3;
    private static final int SURELY_TOO_LARGE = 1_100_000;
    private static final int UNSUSPICIOUS_BYTES = 64 * 1024;

    private final Owner owner;
    private final EpochFencedSession fence;
    private final SessionBoundRows rows;
    private final SinkSettings.Batching batching;
    private final RetryPolicy patience;
    private final MailboxExecutorAdapter thread;
    private final ProcessingTimeService time;
    private final SinkMetrics metrics;

    private int inFlight;
    /** How many requests, or attempts to find out what is there, were lost in a row. */
    private int losses;

    /** When the connection was lost, or a request, since which nothing has succeeded; negative if nothing was lost. */
    private long lostSince = -1;

    /** The only row of the last request that was lost, if it may be too large for the servers; null if it is not. */
    private SessionBoundRow oversized;

    private int unanswered;
    private long lastAnswer;
    /** Whether a timer will look whether answers come. */
    private boolean watching;

    /** The rows by the paths of the znodes that the session has for them; others than the task thread only look. */
    private final Map<String, SessionBoundRow> nodes = new ConcurrentHashMap<>();

    /** Who knows what rows need, and when it may be sent. */
    interface Owner {

        /** An operation of a request, and the row it is for. */
        record Step(SessionBoundRow row, ZNodeWrite write, Effect effect) {}

        /** What a step is to the znode of its row. */
        enum Effect {
            MAKES,
            SETS,
            DELETES,
            /** It is about another znode. */
            NONE
        }

        boolean mayWrite();

        /** Finds out what has to be known before these rows can be written; they stay under way meanwhile. */
        CompletableFuture<Void> prepare(List<SessionBoundRow> batch);

        /** What makes these rows what they should be. */
        List<Step> steps(List<SessionBoundRow> batch);

        /**
         * Does what it takes for steps to be possible of which one was refused; their rows are then looked at again.
         */
        CompletableFuture<Void> repairAndRetry(List<Step> steps, int refused, ZooKeeperException cause);

        /** Does what is to follow these steps, which are made. */
        void onCompleted(List<Step> steps);

        /** The znode of a row was deleted by somebody else. */
        void vanished(SessionBoundRow row);

        /** A request was lost, so that it is not known any more what is there. */
        void lost();

        /** Finds out what is there, unless that is known. */
        void ask();
    }

    SessionBoundRequests(
            Owner owner,
            EpochFencedSession fence,
            SessionBoundRows rows,
            SinkSettings.Batching batching,
            RetryPolicy patience,
            SessionBoundWriter.WriterContext writerContext) {
        this.owner = owner;
        this.fence = fence;
        this.rows = rows;
        this.batching = batching;
        this.patience = patience;
        this.thread = writerContext.thread();
        this.time = writerContext.time();
        this.metrics = writerContext.metrics();
        metrics.gauge(SinkMetric.IN_FLIGHT, () -> inFlight);
        metrics.gauge(SinkMetric.BUFFERED, rows::waiting);
        metrics.gauge(SinkMetric.OWNED, nodes::size);
    }

    int inFlight() {
        return inFlight;
    }

    /** How many znodes the session has for rows. */
    int owned() {
        return nodes.size();
    }

    /** The row that has a znode; null if none has. By any thread. */
    SessionBoundRow rowOf(String node) {
        return nodes.get(node);
    }

    void send() {
        while (owner.mayWrite() && rows.hasReady() && inFlight < batching.maxInFlight()) {
            // A request that is too large breaks the connection again and again; a smaller one may not.
            int maxRows = Math.max(1, batching.maxSize() >> Math.min(losses, 30));
            List<SessionBoundRow> batch = rows.take(maxRows, batching.maxBytes());
            inFlight++;
            onAnswer(owner.prepare(batch), batch, none -> write(batch));
        }
    }

    private void write(List<SessionBoundRow> batch) {
        List<Owner.Step> steps = owner.steps(batch);
        if (steps.isEmpty()) {
            done(batch);
            return;
        }
        List<ZNodeWrite> writes = steps.stream().map(Owner.Step::write).toList();
        metrics.count(SinkMetric.REQUESTS);
        onAnswer(fence.client().writeAndTell(writes), batch, result -> {
            succeeded();
            if (result.refusal().isEmpty()) {
                onCompleted(steps, result);
                done(batch);
            } else {
                metrics.count(SinkMetric.REFUSED);
                int refused = result.refusal().get().index();
                if (steps.get(refused).row().isErratic()) {
                    fail(new IOException(result.refusal().get().cause().getMessage()
                            + " Others create and delete this znode all the time."));
                } else {
                    onAnswer(
                            owner.repairAndRetry(
                                    steps, refused, result.refusal().get().cause()),
                            batch,
                            none -> done(batch));
                }
            }
        });
    }

    private void onCompleted(List<Owner.Step> steps, WriteResult result) {
        int created = 0;
        for (Owner.Step step : steps) {
            SessionBoundRow row = step.row();
            if (step.write() instanceof ZNodeWrite.Create create) {
                String node = ZNodePath.parent(create.path());
                node = (node.equals("/") ? "" : node) + "/" + result.created().get(created++);
                if (step.effect() == Owner.Effect.MAKES) {
                    String made = node;
                    moved(row, () -> row.isAt(made, data(create.data())));
                }
            } else if (step.effect() == Owner.Effect.SETS) {
                row.isAt(row.node(), data(((ZNodeWrite.SetData) step.write()).data()));
            } else if (step.effect() == Owner.Effect.DELETES) {
                moved(row, row::isNowhere);
            }
            row.succeeded();
        }
        metrics.written(steps.size());
        owner.onCompleted(steps);
    }

    private static byte[] data(byte[] data) {
        return data == null ? new byte[0] : data;
    }

    private void done(List<SessionBoundRow> batch) {
        inFlight--;
        lostSince = -1;
        release(batch);
        owner.ask();
        send();
    }

    private void release(List<SessionBoundRow> batch) {
        for (SessionBoundRow row : batch) {
            if (row.takeVanished() && row.node() != null) {
                moved(row, row::isNowhere);
                owner.vanished(row);
            }
        }
        rows.release(batch);
    }

    /** Somebody has deleted the znode of a row, perhaps we. */
    void deleted(String node) {
        SessionBoundRow row = nodes.get(node);
        if (row == null) {
            return;
        }
        if (row.isUnderWay()) {
            // Its request may be the one that has deleted it; if not, it goes again.
            row.vanished();
            return;
        }
        LOG.info("The znode '{}' of a row was deleted by somebody else.", node);
        moved(row, row::isNowhere);
        owner.vanished(row);
        rows.review(row);
        send();
    }

    /** Changes where a row's znode is. */
    void moved(SessionBoundRow row, Runnable change) {
        if (row.node() != null) {
            nodes.remove(row.node(), row);
        }
        change.run();
        if (row.node() != null) {
            nodes.put(row.node(), row);
        }
    }

    /** What follows a step of a batch; when the connection breaks, all has to be asked again. */
    private <T> void onAnswer(CompletableFuture<T> answer, List<SessionBoundRow> batch, Next<T> next) {
        boolean connected = fence.session().statistics().connected();
        onCompletion(answer, next, () -> {
            owner.lost();
            inFlight--;
            release(batch);
            boolean mayBeTooLarge = connected && batch.size() == 1 && losses >= LOSSES_TO_CONVICT;
            oversized = mayBeTooLarge && batch.get(0).bytes() > UNSUSPICIOUS_BYTES ? batch.get(0) : null;
            if (oversized != null && oversized.bytes() > SURELY_TOO_LARGE) {
                fail(new IOException(RefusedRow.tooLarge(oversized.path(), oversized.bytes())));
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
    <T> void onCompletion(CompletableFuture<T> answer, Next<T> next, Runnable onLoss) {
        if (unanswered++ == 0) {
            lastAnswer = time.getCurrentProcessingTime();
        }
        watch();
        answer.whenCompleteAsync(
                (result, error) -> {
                    unanswered--;
                    lastAnswer = time.getCurrentProcessingTime();
                    try {
                        if (error != null) {
                            throw meaning(ZooKeeperException.causeOf(error));
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
                        connectionLost();
                        later(patience.waitMillis(losses), owner::ask);
                    } catch (Throwable e) {
                        fail(e instanceof IOException io ? io : new IOException(e.getMessage(), e));
                    }
                },
                thread);
    }

    private Throwable meaning(Throwable error) {
        return error instanceof GuardException refusal ? fence.violation(refusal) : error;
    }

    /** From now on the writer has as long as a request may take to get on. */
    void connectionLost() {
        if (lostSince >= 0) {
            return;
        }
        long since = time.getCurrentProcessingTime();
        lostSince = since;
        later(patience.total().toMillis(), () -> {
            if (lostSince == since) {
                giveUp("its connection was lost");
            }
        });
    }

    private void giveUp(String reason) {
        if (oversized != null) {
            fail(new IOException(RefusedRow.tooLarge(oversized.path(), oversized.bytes())));
            return;
        }
        fail(new IOException("The rows of this writer could not be brought to ZooKeeper within "
                + patience.total().toMillis() + " ms ('connection-timeout' x 'max-retry-attempts'), because "
                + reason + ". Check the ensemble, or raise 'max-retry-attempts'."));
    }

    /** Fails the task when no answer has come for as long as a request may take, though no connection was lost. */
    private void watch() {
        if (!watching) {
            watching = true;
            later(patience.total().toMillis(), this::checkAnswers);
        }
    }

    private void checkAnswers() {
        watching = false;
        if (unanswered == 0) {
            return;
        }
        long left = patience.total().toMillis() - (time.getCurrentProcessingTime() - lastAnswer);
        if (left <= 0) {
            giveUp("there was no answer of the server");
        } else {
            watching = true;
            later(left, this::checkAnswers);
        }
    }

    /** Something was written, or there is nothing to write. */
    void succeeded() {
        oversized = null;
        losses = 0;
        lostSince = -1;
    }

    void fail(IOException cause) {
        thread.fail(cause);
    }

    /**
     * Waits for a request that is not about a row; when the connection breaks, all is asked again.
     *
     * @param onLoss what to do before
     */
    void request(CompletableFuture<?> answer, Runnable onLoss) {
        inFlight++;
        onCompletion(
                answer,
                done -> {
                    inFlight--;
                    lostSince = -1;
                    owner.ask();
                    send();
                },
                () -> {
                    owner.lost();
                    inFlight--;
                    onLoss.run();
                });
    }

    /** Does something later on the task thread, unless it has ended. */
    void later(long millis, Runnable task) {
        time.registerTimer(time.getCurrentProcessingTime() + millis, now -> thread.run(task));
    }
}
