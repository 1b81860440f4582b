// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final int CLEANING_BATCH = 500;
    /** Enough for the server to have the next one at hand whenever it has made one. */
    private static final int MOST_IN_FLIGHT = 4;

    private final ZooKeeperClient client;
    private final Delivery.ExactlyOnce delivery;
    private final SinkSettings settings;
    private final RetryPolicy retries;
    private final SinkMetrics metrics;
    private final BatchContext batches;
    private final MissingParents parents;
    private final BlockingExecutor thread;

    /**
     * What the markers say by now, or will when all is made that is in flight, of which this committer knows because it
     * wrote them last; only a guess.
     */
    private final Map<String, Marker> markers = new HashMap<>();

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
        this.delivery = delivery;
        this.settings = settings;
        this.retries = retries;
        this.thread = new BlockingExecutor(retries.total());
        this.metrics = metrics;
        KnownZNodes known = new KnownZNodes();
        GuardedClient unguarded = new GuardedClient(client, List::of);
        this.batches = new BatchContext(unguarded, settings.rows().rules(), retries, known, metrics, thread);
        this.parents = new MissingParents(client, settings.rows().parentAcl(), known, thread);
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
            clean(inOrder.get(inOrder.size() - 1).markerPath());
        }
    }

    /** Sends a transaction before its turn if the one before it was made or is in flight. */
    private Early begin(Transaction transaction) {
        Commit commit =
                new Commit(transaction, client, batches, settings.batching().maxBytes());
        Marker marker = markers.get(transaction.markerPath());
        // What is left out because the znode has it already, or because it was made before, must not be judged while
        // others write.
        if (marker != null
                && marker.number() == transaction.number() - 1
                && marker.rows() == 0
                && transaction.removals().again().isEmpty()
                && !settings.rows().skipUnchanged()) {
            CompletableFuture<BatchResult> answer = commit.send(marker, Set.of());
            // Those behind it take for granted that nothing is left out of it; if that is wrong, they are refused.
            markers.put(transaction.markerPath(), commit.after());
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
            markers.remove(commit.transaction().markerPath());
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
                Marker marker = marker(transaction);
                if (marker.number() >= transaction.number()) {
                    LOG.debug("Transaction {} of {} is committed.", transaction.number(), transaction.markerPath());
                    return;
                }
                BatchResult result = awaitResult(commit.send(marker, leftOut(transaction)));
                if (result instanceof BatchResult.Written) {
                    markers.put(transaction.markerPath(), commit.after());
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

    /** What the transaction's marker says, which exists or can be created. */
    private Marker marker(Transaction transaction) throws IOException, InterruptedException {
        Marker marker = markers.remove(transaction.markerPath());
        if (marker == null) {
            marker = readMarker(transaction.markerPath()).orElse(null);
        }
        if (marker == null) {
            checkOld(transaction);
            marker = createMarker(transaction.markerPath(), Marker.before(transaction.number()))
                    .orElse(null);
        }
        if (marker == null) {
            return marker(transaction);
        }
        if (marker.number() < transaction.number() - 1) {
            throw new IOException("Transaction " + transaction.number() + " cannot be committed: the marker '"
                    + transaction.markerPath() + "' says that the last one was " + marker.number()
                    + ", so those between are lost. The ensemble has forgotten commits, or somebody has changed the"
                    + " marker. Restore the ensemble, or restart the job without its state.");
        }
        return marker;
    }

    /**
     * A marker that is not there was deleted because it was old. It changed last when the transaction before was
     * committed, which was not before that one was prepared.
     */
    private void checkOld(Transaction transaction) throws IOException {
        long age = System.currentTimeMillis() - transaction.predecessor();
        Duration retention = delivery.retention();
        if (transaction.predecessor() != Transaction.UNKNOWN && age < retention.toMillis()) {
            throw new IOException("Transaction " + transaction.number() + " cannot be committed: the marker '"
                    + transaction.markerPath() + "' is missing, though the transaction before it was prepared at "
                    + Instant.ofEpochMilli(transaction.predecessor()) + " and 'sink.commit-retention' (" + retention
                    + ") keeps markers for longer. The ensemble has forgotten commits, or somebody has deleted the"
                    + " marker. Restore the ensemble, or restart the job without its state.");
        }
    }

    /**
     * Creates the marker of a writer before its first transaction: what that needs besides its rows (parents, deletions
     * below a row) is written on condition of the marker, and so only by the committer whose turn it is.
     *
     * @return empty if somebody else was faster
     */
    private Optional<Marker> createMarker(String path, Marker marker) throws IOException, InterruptedException {
        ZNodeWrite create = new ZNodeWrite.Create(
                path, marker.data(), CreateMode.PERSISTENT, 0, settings.rows().ownAcl());
        Failure failure = failure(thread.await(client.write(List.of(create))));
        if (failure == Failure.NO_NODE) {
            thread.await(parents.create(List.of(path), path));
            failure = failure(thread.await(client.write(List.of(create))));
        }
        return failure == null ? Optional.of(marker) : Optional.empty();
    }

    /** Why a marker was not created for now; null if it was. */
    private static Failure failure(Optional<WriteRefusal> refusal) throws ZooKeeperException {
        Failure failure = refusal.map(WriteRefusal::failure).orElse(null);
        if (failure != null && failure != Failure.NO_NODE && failure != Failure.NODE_EXISTS) {
            throw refusal.get().cause();
        }
        return failure;
    }

    private Optional<Marker> readMarker(String path) throws IOException, InterruptedException {
        // A server that lags behind might show an earlier number, or no marker at all.
        thread.await(client.sync());
        Optional<ZNode> found = thread.await(client.read(path));
        return found.isPresent() ? Optional.of(Marker.of(found.get())) : Optional.empty();
    }

    /** The paths of those removals which come again that were left out where they came first. */
    private Set<String> leftOut(Transaction transaction) throws IOException, InterruptedException {
        Map<String, Marker> origins = new HashMap<>();
        Set<String> leftOut = new HashSet<>();
        for (Map.Entry<String, Transaction.Origin> again :
                transaction.removals().again().entrySet()) {
            String path = again.getValue().markerPath();
            if (!origins.containsKey(path)) {
                origins.put(path, readMarker(path).orElse(Marker.before(1)));
            }
            Long number = origins.get(path).leftOut().get(again.getKey());
            if (number != null && number == again.getValue().number()) {
                leftOut.add(again.getKey());
            }
        }
        return leftOut;
    }

    /**
     * Deletes markers of writers that have not committed for longer than anybody may restore a checkpoint of theirs. By
     * the server's clock: this commit's marker says what time it is.
     */
    private void clean(String mine) throws InterruptedException {
        try {
            Optional<ZNode> now = thread.await(client.read(mine));
            String markers = ZNodePath.parent(mine);
            List<String> names = thread.await(client.children(markers)).orElse(List.of());
            if (now.isEmpty()) {
                return;
            }
            long oldest = now.get().stat().mtime() - delivery.retention().toMillis();
            List<CompletableFuture<Optional<ZNode>>> answers = names.stream()
                    .map(name -> client.read(markers + "/" + name))
                    .toList();
            List<ZNodeWrite> stale = new ArrayList<>();
            for (CompletableFuture<Optional<ZNode>> answer : answers) {
                thread.await(answer)
                        .filter(marker -> marker.stat().mtime() < oldest)
                        .map(marker -> new ZNodeWrite.Delete(
                                marker.path(), marker.stat().version()))
                        .ifPresent(stale::add);
            }
            for (int i = 0; i < stale.size(); i += CLEANING_BATCH) {
                delete(new ArrayList<>(stale.subList(i, Math.min(stale.size(), i + CLEANING_BATCH))));
            }
            if (!stale.isEmpty()) {
                LOG.info("{} commit markers below {} were older than 'sink.commit-retention'.", stale.size(), markers);
            }
        } catch (IOException e) {
            // Markers that stay harm nobody, and the next start tries again.
            LOG.info("Old commit markers could not be deleted: {}", e.getMessage());
        }
    }

    /** Leaves those alone that somebody else deletes, or uses, at the same time. */
    private void delete(List<ZNodeWrite> markers) throws IOException, InterruptedException {
        while (!markers.isEmpty()) {
            Optional<WriteRefusal> refusal = thread.await(client.write(markers));
            if (refusal.isEmpty()) {
                return;
            }
            markers.remove(refusal.get().index());
        }
    }
}
