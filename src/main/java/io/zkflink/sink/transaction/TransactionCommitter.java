// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.sink.batch.BatchContext;
import io.zkflink.sink.batch.BatchResult;
import io.zkflink.sink.batch.GuardException;
import io.zkflink.sink.batch.GuardedClient;
import io.zkflink.sink.batch.KnownZNodes;
import io.zkflink.sink.batch.MissingParents;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.BlockingExecutor;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.Committer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes transactions visible, each once.
 *
 * <p>A transaction is one {@code multi}: its writer's marker goes from the number before to its own, on condition that
 * nobody changed it since it was read, and the rows are written. Whoever commits it again, after whatever failure,
 * finds its number in the marker. A {@code multi} whose answer is lost is no exception: the marker is read again and
 * tells.
 *
 * <p>A few are under way at a time: each builds on the marker that the one before it leaves behind, so the server
 * refuses it if that one was not made. It is then committed in its turn, by what the marker says.
 *
 * <p>Flink calls it on the task thread, when a checkpoint has completed and when one was restored; all that follows
 * from answers happens there, too. It waits for the server as long as a single request may take, then fails the job,
 * which commits again when it is restored.
 */
final class TransactionCommitter implements Committer<Transaction> {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionCommitter.class);
    private static final int MAX_CONFLICTS = 1_000;
    /** Enough for the server to have the next one at hand whenever it has made one. */
    private static final int MOST_IN_FLIGHT = 4;

    private final ZooKeeperClient client;
    private final SinkSettings settings;
    private final RetryPolicy retries;
    private final SinkMetrics metrics;
    private final BatchContext batches;
    private final Markers markers;
    private final BlockingExecutor thread;

    /** How many transactions may be in flight: one after a refusal, since that fails those behind it. */
    private int mostInFlight = 1;

    private volatile long lastCommitMillis;
    private boolean cleaned;

    /** A transaction that was sent before its turn. */
    private record Early(Commit commit, Marker after, CompletableFuture<BatchResult> answer) {}

    TransactionCommitter(
            ZooKeeperClient client,
            Delivery.ExactlyOnce delivery,
            SinkSettings settings,
            RetryPolicy retries,
            SinkMetrics metrics) {
        this.client = client;
        this.settings = settings;
        this.retries = retries;
        this.thread = new BlockingExecutor(retries.total());
        this.metrics = metrics;
        KnownZNodes known = new KnownZNodes();
        GuardedClient unguarded = new GuardedClient(client, List::of);
        this.batches = new BatchContext(unguarded, settings.rows().rules(), retries, known, metrics, thread);
        MissingParents parents = new MissingParents(client, settings.rows().parentAcl(), known, thread);
        this.markers = new Markers(client, delivery, settings.rows(), parents, thread);
        metrics.gauge(SinkMetric.COMMIT_MILLIS, () -> lastCommitMillis);
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public void commit(Collection<CommitRequest<Transaction>> requests) throws IOException, InterruptedException {
        long start = System.nanoTime();
        List<Transaction> inOrder = new ArrayList<>();
        requests.forEach(request -> inOrder.add(request.getCommittable()));
        inOrder.sort(Comparator.comparing(Transaction::markerPath).thenComparing(Transaction::number));
        Queue<Early> inFlight = new ArrayDeque<>();
        for (Transaction transaction : inOrder) {
            while (inFlight.size() >= mostInFlight) {
                finish(inFlight.remove());
            }
            inFlight.add(begin(transaction));
        }
        while (!inFlight.isEmpty()) {
            finish(inFlight.remove());
        }
        lastCommitMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        if (!cleaned && !inOrder.isEmpty()) {
            cleaned = true;
            markers.clean(inOrder.get(inOrder.size() - 1).markerPath());
        }
    }

    /** Sends a transaction before its turn if the one before it was made or is in flight. */
    private Early begin(Transaction transaction) {
        Commit commit =
                new Commit(transaction, client, batches, settings.batching().maxBytes());
        Marker marker = markers.remembered(transaction.markerPath());
        // What is left out because the znode has it already, or because it was made before, must not be judged while
        // others write.
        if (marker != null
                && marker.number() == transaction.number() - 1
                && marker.rows() == 0
                && transaction.removals().again().isEmpty()
                && !settings.rows().skipUnchanged()) {
            CompletableFuture<BatchResult> answer = commit.send(marker, Set.of());
            // Those behind it take for granted that nothing is left out of it; if that is wrong, they are refused.
            markers.remember(transaction.markerPath(), commit.after());
            return new Early(commit, commit.after(), answer);
        }
        return new Early(commit, null, null);
    }

    /** Has a transaction made whose turn it is, all before it being made. */
    private void finish(Early early) throws IOException, InterruptedException {
        Commit commit = early.commit;
        if (early.answer != null) {
            BatchResult result = awaitResult(early.answer);
            if (result instanceof BatchResult.Written
                    && commit.isLast()
                    && commit.after().equals(early.after)) {
                mostInFlight = Math.min(mostInFlight + 1, MOST_IN_FLIGHT);
                return;
            }
            LOG.debug("Transaction {} goes again: {}", commit.transaction().number(), result);
            mostInFlight = 1;
            markers.forget(commit.transaction().markerPath());
            checkFailure(result);
        }
        commit(commit);
    }

    private void commit(Commit commit) throws IOException, InterruptedException {
        Transaction transaction = commit.transaction();
        long since = System.nanoTime();
        int conflicts = 0;
        int failures = 0;
        while (true) {
            try {
                Marker marker = markers.of(transaction);
                if (marker.number() >= transaction.number()) {
                    LOG.debug("Transaction {} of {} is committed.", transaction.number(), transaction.markerPath());
                    return;
                }
                BatchResult result = awaitResult(commit.send(marker, markers.leftOut(transaction)));
                if (result instanceof BatchResult.Written) {
                    markers.remember(transaction.markerPath(), commit.after());
                    since = System.nanoTime();
                    if (commit.isLast()) {
                        return;
                    }
                } else if (result instanceof BatchResult.Retry retry) {
                    metrics.count(SinkMetric.RETRIES);
                    divideIfSuspicious(commit);
                    Thread.sleep(retry.afterMillis());
                } else {
                    checkFailure(result);
                    if (++conflicts > MAX_CONFLICTS) {
                        throw new IOException(
                                "The marker '" + transaction.markerPath() + "' is changed by others all the time.");
                    }
                    LOG.debug("The marker {} is not as it was read; reading it again.", transaction.markerPath());
                }
            } catch (ZooKeeperException e) {
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
                if (!e.failure().isTransient()) {
                    throw e;
                }
                if (millis >= retries.total().toMillis()) {
                    throw commit.gaveUp(millis, e);
                }
                metrics.count(SinkMetric.RETRIES);
                Thread.sleep(retries.waitMillis(++failures));
            }
        }
    }

    private BatchResult awaitResult(CompletableFuture<BatchResult> answer) throws IOException, InterruptedException {
        return thread.await(answer);
    }

    /** A marker that is not as it was read is no failure. */
    private static void checkFailure(BatchResult result) throws IOException {
        if (result instanceof BatchResult.Failed failed) {
            if (!(failed.cause() instanceof GuardException guard)) {
                throw failed.cause();
            }
            if (guard.failure() == Failure.NO_PERMISSION) {
                throw guard;
            }
        }
    }

    private void divideIfSuspicious(Commit commit) {
        if (commit.batch().isSuspicious()) {
            long bytes = commit.divide();
            LOG.warn(
                    "The connection breaks at each attempt to commit a transaction by a request of about {} bytes. It goes"
                            + " in smaller ones, and becomes visible in parts. 'sink.flush-buffer.size' ({} bytes) must"
                            + " stay below 'jute.maxbuffer' of the servers (1 MB by default).",
                    bytes,
                    settings.batching().maxBytes());
        }
    }
}
