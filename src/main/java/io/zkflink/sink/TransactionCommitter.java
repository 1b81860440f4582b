// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.metrics.SinkMetric;
import io.zkflink.metrics.SinkMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.Committer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes transactions visible, each once.
 *
 * <p>A transaction is one {@code multi}: its writer's marker goes from the number before to its own, on condition that
 * nobody changed it since it was read, and the rows are written. Whoever commits it again, after whatever failure, finds
 * its number in the marker. A {@code multi} whose answer is lost is no exception: the marker is read again and tells.
 *
 * <p>A few are under way at a time: each builds on the marker that the one before it leaves behind, so the server refuses
 * it if that one was not made. It is then committed in its turn, by what the marker says.
 *
 * <p>Flink calls it on the task thread, when a checkpoint has completed and when one was restored; all that follows from
 * answers happens there, too. It waits for the server as long as a single request may take, then fails the job, which
 * commits again when it is restored.
 */
final class TransactionCommitter implements Committer<Transaction> {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionCommitter.class);
    private static final int MAX_ROUNDS = 1_000;
    private static final int NO_MARKER = -1;

    private static final int CLEANING_BATCH = 500;
    /** Enough for the server to have the next one at hand whenever it has made one. */
    private static final int MOST_UNDER_WAY = 4;

    private final ZooKeeperClient client;
    private final SinkSettings settings;
    private final Patience patience;
    private final SinkMetrics metrics;
    private final KnownZNodes known = new KnownZNodes();
    private final MissingParents parents;
    private final WaitingThread thread;

    /**
     * What the markers say by now, or will when all is made that is under way, of which this committer knows because it
     * wrote them last; only a guess.
     */
    private final Map<String, Marker> markers = new HashMap<>();

    /** How many transactions may be under way: one after a refusal, since that fails those behind it. */
    private int mostUnderWay = 1;

    private volatile long lastCommitMillis;
    private boolean cleaned;

    /**
     * What a marker says.
     *
     * @param version of its znode; {@link #NO_MARKER} if there is none, as before the first commit
     */
    private record Marker(long number, int version) {}

    /** A transaction while it is committed. */
    private final class Commit {
        final Transaction transaction;
        final BatchWrite batch;
        /** What its request says of the marker. */
        List<ZNodeWrite> guard = List.of();
        /** The answer to it if it was sent before its turn, or null. */
        CompletableFuture<Void> answer;

        Commit(Transaction transaction) {
            this.transaction = transaction;
            this.batch = new BatchWrite(
                    new GuardedClient(client, () -> guard),
                    settings.rows(),
                    known,
                    metrics,
                    false,
                    thread,
                    transaction.rows());
        }
    }

    TransactionCommitter(ZooKeeperClient client, SinkSettings settings, Patience patience, SinkMetrics metrics) {
        this.client = client;
        this.settings = settings;
        this.patience = patience;
        this.thread = new WaitingThread(patience.total());
        this.metrics = metrics;
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
        List<CommitRequest<Transaction>> inOrder = new ArrayList<>(requests);
        inOrder.sort(Comparator.comparing((CommitRequest<Transaction> request) ->
                        request.getCommittable().markerPath())
                .thenComparing(request -> request.getCommittable().number()));
        Queue<Commit> underWay = new ArrayDeque<>();
        for (CommitRequest<Transaction> request : inOrder) {
            while (underWay.size() >= mostUnderWay) {
                finish(underWay.remove());
            }
            underWay.add(begin(request.getCommittable()));
        }
        while (!underWay.isEmpty()) {
            finish(underWay.remove());
        }
        lastCommitMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        if (!cleaned && !inOrder.isEmpty()) {
            cleaned = true;
            clean(inOrder.get(inOrder.size() - 1).getCommittable().markerPath());
        }
    }

    /** Sends a transaction before its turn if the one before it was made or is under way. */
    private Commit begin(Transaction transaction) {
        Commit commit = new Commit(transaction);
        Marker marker = markers.get(transaction.markerPath());
        // What is left out because the znode has it already must not be judged while others write.
        if (marker != null
                && marker.number == transaction.number() - 1
                && !settings.rows().skipUnchanged()) {
            markers.put(transaction.markerPath(), new Marker(transaction.number(), marker.version + 1));
            commit.guard = List.of(advance(transaction, marker));
            commit.answer = commit.batch.write();
        }
        return commit;
    }

    /** Has a transaction made whose turn it is, all before it being made. */
    private void finish(Commit commit) throws IOException, InterruptedException {
        if (commit.answer != null) {
            try {
                thread.await(commit.answer);
                mostUnderWay = Math.min(mostUnderWay + 1, MOST_UNDER_WAY);
                return;
            } catch (ZooKeeperException e) {
                LOG.debug("Transaction {} goes again: {}", commit.transaction.number(), e.getMessage());
                mostUnderWay = 1;
                markers.remove(commit.transaction.markerPath());
            }
        }
        commit(commit);
    }

    private void commit(Commit commit) throws IOException, InterruptedException {
        long start = System.nanoTime();
        BatchWrite batch = commit.batch;
        for (int rounds = 0; rounds < MAX_ROUNDS; rounds++) {
            try {
                if (attempt(commit)) {
                    return;
                }
            } catch (ZooKeeperException e) {
                long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                Optional<IOException> end = patience.end(batch, commit.transaction.rows(), e, took);
                if (end.isPresent()) {
                    throw end.get();
                }
                metrics.count(SinkMetric.RETRIES);
                Thread.sleep(patience.waitMillis(batch.failures()));
            }
        }
        throw new IOException(
                "The marker '" + commit.transaction.markerPath() + "' is changed by others all the time.");
    }

    /** True if the transaction is committed now; false if the marker has to be looked at again. */
    private boolean attempt(Commit commit) throws IOException, InterruptedException {
        Transaction transaction = commit.transaction;
        Marker marker = markers.remove(transaction.markerPath());
        if (marker == null) {
            marker = readMarker(transaction);
        }
        long last = marker.number;
        if (last >= transaction.number()) {
            LOG.debug("Transaction {} of {} is committed.", transaction.number(), transaction.markerPath());
            return true;
        }
        if (last != transaction.number() - 1) {
            throw new IOException("Transaction " + transaction.number() + " cannot be committed: the marker '"
                    + transaction.markerPath() + "' says that the last one was " + last
                    + ", so those between are lost. The ensemble has forgotten commits, or somebody has changed the"
                    + " marker. Restore the ensemble, or restart the job without its state.");
        }
        if (marker.version == NO_MARKER) {
            createMarker(transaction.markerPath(), last);
            return false;
        }
        commit.guard = List.of(advance(transaction, marker));
        try {
            thread.await(commit.batch.write());
            markers.put(transaction.markerPath(), new Marker(transaction.number(), marker.version + 1));
            return true;
        } catch (GuardException e) {
            if (e.failure() == Failure.NO_PERMISSION) {
                throw e;
            }
            LOG.debug("The marker {} is not as it was read; reading it again.", transaction.markerPath());
            return false;
        }
    }

    private Marker readMarker(Transaction transaction) throws IOException, InterruptedException {
        Optional<ZNode> found = thread.await(client.read(transaction.markerPath()));
        return found.isPresent()
                ? new Marker(number(found.get()), found.get().stat().version())
                : new Marker(transaction.number() - 1, NO_MARKER);
    }

    /**
     * Creates the marker of a writer before its first transaction: what that needs besides its rows (parents, deletions
     * below a row) is written on condition of the marker, and so only by the committer whose turn it is.
     */
    private void createMarker(String path, long number) throws IOException, InterruptedException {
        ZNodeWrite create = new ZNodeWrite.Create(
                path, data(number), CreateMode.PERSISTENT, 0, settings.rows().ownAcl());
        Failure failure = failure(thread.await(client.write(List.of(create))));
        if (failure == Failure.NO_NODE) {
            thread.await(parents.create(List.of(path), path));
            failure = failure(thread.await(client.write(List.of(create))));
        }
        if (failure == null) {
            markers.put(path, new Marker(number, 0));
        }
    }

    /** Why a marker was not created for now; null if it was. */
    private static Failure failure(Optional<WriteRefusal> refusal) throws ZooKeeperException {
        Failure failure = refusal.map(WriteRefusal::failure).orElse(null);
        if (failure != null && failure != Failure.NO_NODE && failure != Failure.NODE_EXISTS) {
            throw refusal.get().cause();
        }
        return failure;
    }

    private static ZNodeWrite advance(Transaction transaction, Marker marker) {
        return new ZNodeWrite.SetData(transaction.markerPath(), data(transaction.number()), marker.version);
    }

    private static byte[] data(long number) {
        return String.valueOf(number).getBytes(StandardCharsets.UTF_8);
    }

    private static long number(ZNode marker) throws IOException {
        String text = new String(marker.data(), StandardCharsets.UTF_8);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException(
                    "The marker '" + marker.path() + "' holds '" + text
                            + "' instead of a number: 'sink.commit-path' must"
                            + " name a znode that nobody else writes below.",
                    e);
        }
    }

    /**
     * Deletes markers of writers that have not committed for longer than anybody may restore a checkpoint of theirs. By
     * the server's clock: this commit's marker says what time it is.
     */
    private void clean(String mine) throws InterruptedException {
        try {
            Optional<ZNode> now = thread.await(client.read(mine));
            String markers = MissingParents.parent(mine);
            List<String> names = thread.await(client.children(markers)).orElse(List.of());
            if (now.isEmpty()) {
                return;
            }
            long oldest = now.get().stat().mtime()
                    - settings.transactions().retention().toMillis();
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
