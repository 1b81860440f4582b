// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.path.ZNodePath;
import io.zkflink.sink.batch.RefusedRow;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.session.ZNodeStrategy.Effect;
import io.zkflink.sink.session.ZNodeStrategy.Step;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the rows of a {@link SessionBoundWriter} need, many at a time, each request beginning with what its
 * session is guarded by. What is refused because of one row is repaired and sent again. What is lost is not: the writer
 * finds out what is there, and the rows that still differ are sent.
 *
 * <p>Everything happens on the task thread.
 */
final class SessionBoundRequests {

    private static final Logger LOG = LoggerFactory.getLogger(SessionBoundRequests.class);
    private static final int LOSSES_TO_BLAME_A_ROW = 3;

    private final ZNodeStrategy strategy;
    private final SessionBoundRows rows;
    private final PendingAnswers answers;
    private final EpochFencedSession fence;
    private final SinkSettings.Batching batching;
    private final SinkMetrics metrics;

    SessionBoundRequests(
            ZNodeStrategy strategy,
            SessionBoundRows rows,
            PendingAnswers answers,
            EpochFencedSession fence,
            SinkSettings.Batching batching,
            SinkMetrics metrics) {
        this.strategy = strategy;
        this.rows = rows;
        this.answers = answers;
        this.fence = fence;
        this.batching = batching;
        this.metrics = metrics;
        metrics.gauge(SinkMetric.BUFFERED, rows::waiting);
        metrics.gauge(SinkMetric.OWNED, rows::owned);
    }

    /** Sends what may be sent. */
    void send() {
        while (rows.hasReady() && answers.requests() < batching.maxInFlight()) {
            // A request that is too large breaks the connection again and again; a smaller one may not.
            int maxRows = Math.max(1, batching.maxSize() >> Math.min(answers.losses(), 30));
            List<SessionBoundRow> batch = rows.take(maxRows, batching.maxBytes());
            if (batch.isEmpty()) {
                return;
            }
            answers.beginRequest();
            prepare(batch);
        }
    }

    private void prepare(List<SessionBoundRow> batch) {
        onAnswer(strategy.prepare(batch), batch, none -> write(batch));
    }

    private void write(List<SessionBoundRow> batch) {
        List<Step> steps = strategy.steps(batch);
        if (steps.isEmpty()) {
            end(batch);
            return;
        }
        metrics.count(SinkMetric.REQUESTS);
        List<ZNodeWrite> writes = steps.stream().map(Step::write).toList();
        onAnswer(fence.client().writeAndTell(writes), batch, result -> {
            answers.succeeded();
            if (result.refusal().isEmpty()) {
                onCompleted(steps, result);
                end(batch);
            } else {
                onRefused(steps, result.refusal().get(), batch);
            }
        });
    }

    private void onRefused(List<Step> steps, WriteRefusal refusal, List<SessionBoundRow> batch) {
        metrics.count(SinkMetric.REFUSED);
        if (steps.get(refusal.index()).row().countsTooManySurprises()) {
            answers.fail(new IOException(
                    refusal.cause().getMessage() + " Others create and delete this znode all the time."));
            return;
        }
        onAnswer(strategy.repair(steps, refusal.index(), refusal.cause()), batch, none -> prepare(batch));
    }

    private void onCompleted(List<Step> steps, WriteResult result) {
        int created = 0;
        for (Step step : steps) {
            SessionBoundRow row = step.row();
            if (step.write() instanceof ZNodeWrite.Create create) {
                String node = ZNodePath.parentPrefix(create.path()) + "/"
                        + result.created().get(created++);
                if (step.effect() == Effect.MAKES) {
                    rows.move(row, () -> row.foundAt(node, create.data()));
                }
            } else if (step.effect() == Effect.SETS) {
                row.foundAt(row.node(), ((ZNodeWrite.SetData) step.write()).data());
            } else if (step.effect() == Effect.DELETES) {
                rows.move(row, row::notFound);
            }
            row.succeeded();
        }
        metrics.written(steps.size());
        strategy.onCompleted(steps);
    }

    private void end(List<SessionBoundRow> batch) {
        release(batch);
        answers.endRequest();
    }

    private void release(List<SessionBoundRow> batch) {
        for (SessionBoundRow row : batch) {
            if (row.takeDeletedMeanwhile() && row.node() != null) {
                rows.move(row, row::notFound);
                strategy.onDeleted(row);
            }
        }
        rows.release(batch);
    }

    /** Somebody has deleted the znode of a row, perhaps we. */
    void deleted(String node) {
        SessionBoundRow row = rows.rowOf(node);
        if (row == null) {
            return;
        }
        if (row.isUnderWay()) {
            // Its request may be the one that has deleted it; if not, it goes again.
            row.deletedMeanwhile();
            return;
        }
        LOG.info("The znode '{}' of a row was deleted by somebody else.", node);
        rows.move(row, row::notFound);
        strategy.onDeleted(row);
        rows.review(row);
        send();
    }

    /** What follows an answer about a batch; when the connection breaks, all has to be asked again. */
    private <T> void onAnswer(CompletableFuture<T> answer, List<SessionBoundRow> batch, PendingAnswers.Next<T> next) {
        boolean connected = fence.session().statistics().connected();
        answers.onAnswer(answer, next, () -> {
            answers.loseRequest();
            release(batch);
            blame(connected && batch.size() == 1 ? batch.get(0) : null);
        });
    }

    /** A row that breaks one connection after the other may be too large for the servers. */
    private void blame(SessionBoundRow single) {
        boolean isSuspicious = single != null
                && answers.losses() >= LOSSES_TO_BLAME_A_ROW
                && single.bytes() > RefusedRow.UNSUSPICIOUS_BYTES;
        IOException cause = isSuspicious ? new IOException(RefusedRow.tooLarge(single.path(), single.bytes())) : null;
        answers.blame(cause);
        if (isSuspicious && single.bytes() > RefusedRow.SURELY_TOO_LARGE) {
            answers.fail(cause);
        }
    }
}
