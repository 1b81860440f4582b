// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.ZooKeeperException;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.runtime.TaskTimer;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * Brings answers of the server to the task thread, and fails the task when it gets none for as long as a request may
 * take. What is lost is not sent again: {@code onProgress} is to find out what is there, and to send what still
 * differs.
 */
final class PendingAnswers {

    private final RetryPolicy retries;
    private final MailboxExecutorAdapter thread;
    private final TaskTimer timer;
    private final SinkMetrics metrics;
    private final UnaryOperator<Throwable> meaning;
    private final Runnable onLoss;
    private final Runnable onProgress;

    private int requests;
    /** How many requests were lost in a row. */
    private int losses;

    /** When the connection was lost, or a request, since which nothing has succeeded; negative if nothing was lost. */
    private long lostSince = -1;

    /** Why requests may be lost that are not to blame on the connection; null if nothing is known. */
    private IOException likelyCause;

    private int unanswered;
    private long lastAnswer;
    /** Whether a timer will look whether answers come. */
    private boolean watching;

    /** What an answer leads to. */
    @FunctionalInterface
    interface Next<T> {
        void accept(T answer) throws IOException;
    }

    /**
     * @param meaning what to tell of a failure
     * @param onLoss hears that a request was lost, so that it is not known any more what is there
     * @param onProgress finds out what is there, unless that is known, and sends what may be sent
     */
    PendingAnswers(
            RetryPolicy retries,
            SessionBoundWriter.WriterContext context,
            UnaryOperator<Throwable> meaning,
            Runnable onLoss,
            Runnable onProgress) {
        this.retries = retries;
        this.thread = context.thread();
        this.timer = new TaskTimer(context.thread(), context.time());
        this.metrics = context.metrics();
        this.meaning = meaning;
        this.onLoss = onLoss;
        this.onProgress = onProgress;
        metrics.gauge(SinkMetric.IN_FLIGHT, () -> requests);
    }

    // ---- Requests: whatever takes several answers, one after the other.

    int requests() {
        return requests;
    }

    int losses() {
        return losses;
    }

    void beginRequest() {
        requests++;
    }

    void endRequest() {
        requests--;
        lostSince = -1;
        onProgress.run();
    }

    void loseRequest() {
        requests--;
        onLoss.run();
    }

    /**
     * A request of one answer, which is not about a row.
     *
     * @param onItsLoss what to do if it is lost
     */
    void request(CompletableFuture<?> answer, Runnable onItsLoss) {
        beginRequest();
        onAnswer(answer, done -> endRequest(), () -> {
            loseRequest();
            onItsLoss.run();
        });
    }

    /** Something was written, or there is nothing to write. */
    void succeeded() {
        likelyCause = null;
        losses = 0;
        lostSince = -1;
    }

    /** Lets others get on after something has changed that no request is about. */
    void proceed() {
        onProgress.run();
    }

    // ---- Answers.

    /** @param onItsLoss what to do if there is none because the connection broke */
    <T> void onAnswer(CompletableFuture<T> answer, Next<T> next, Runnable onItsLoss) {
        if (unanswered++ == 0) {
            lastAnswer = timer.now();
        }
        watch();
        answer.whenCompleteAsync(
                (result, error) -> {
                    unanswered--;
                    lastAnswer = timer.now();
                    try {
                        if (error != null) {
                            throw meaning.apply(ZooKeeperException.causeOf(error));
                        }
                        next.accept(result);
                    } catch (ZooKeeperException e) {
                        onFailure(e, onItsLoss);
                    } catch (Throwable e) {
                        fail(e instanceof IOException io ? io : new IOException(e.getMessage(), e));
                    }
                },
                thread);
    }

    private void onFailure(ZooKeeperException failure, Runnable onItsLoss) {
        if (!failure.failure().isTransient()) {
            fail(failure);
            return;
        }
        metrics.count(SinkMetric.RETRIES);
        losses++;
        onItsLoss.run();
        connectionLost();
        later(retries.waitMillis(losses), onProgress);
    }

    /** Says why all is lost that is sent; null if it is not known. */
    void blame(IOException cause) {
        likelyCause = cause;
    }

    void fail(IOException cause) {
        thread.fail(cause);
    }

    // ---- Time.

    /** From now on the writer has as long as a request may take to get on. */
    void connectionLost() {
        if (lostSince >= 0) {
            return;
        }
        long since = timer.now();
        lostSince = since;
        later(retries.total().toMillis(), () -> {
            if (lostSince == since) {
                giveUp("its connection was lost");
            }
        });
    }

    private void giveUp(String reason) {
        fail(
                likelyCause != null
                        ? likelyCause
                        : new IOException("The rows of this writer could not be brought to ZooKeeper within "
                                + retries.total().toMillis() + " ms ('connection-timeout' x 'max-retry-attempts'),"
                                + " because " + reason + ". Check the ensemble, or raise 'max-retry-attempts'."));
    }

    /** Fails the task when no answer has come for as long as a request may take, though no connection was lost. */
    private void watch() {
        if (!watching) {
            watching = true;
            later(retries.total().toMillis(), this::checkAnswers);
        }
    }

    private void checkAnswers() {
        watching = false;
        if (unanswered == 0) {
            return;
        }
        long left = retries.total().toMillis() - (timer.now() - lastAnswer);
        if (left <= 0) {
            giveUp("there was no answer of the server");
        } else {
            watching = true;
            later(left, this::checkAnswers);
        }
    }

    /** Does something later on the task thread, unless it has ended. */
    void later(long millis, Runnable task) {
        timer.later(millis, task);
    }
}
