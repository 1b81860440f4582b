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
import io.zkflink.sink.batch.MissingParents;
import io.zkflink.sink.runtime.BlockingExecutor;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The markers of the writers of a job: reads them, creates those that are not there, and deletes old ones. Remembers
 * what they say, or will when all is made that is in flight, as far as this committer wrote them last; that is only a
 * guess. Waits on the thread of the committer, which owns it.
 */
final class Markers {

    private static final Logger LOG = LoggerFactory.getLogger(Markers.class);
    private static final int CLEANING_BATCH = 500;

    private final ZooKeeperClient client;
    private final Delivery.ExactlyOnce delivery;
    private final SinkSettings.Rows rows;
    private final MissingParents parents;
    private final BlockingExecutor thread;
    private final Map<String, Marker> remembered = new HashMap<>();

    Markers(
            ZooKeeperClient client,
            Delivery.ExactlyOnce delivery,
            SinkSettings.Rows rows,
            MissingParents parents,
            BlockingExecutor thread) {
        this.client = client;
        this.delivery = delivery;
        this.rows = rows;
        this.parents = parents;
        this.thread = thread;
    }

    /** What a marker says if that is remembered, else null. */
    Marker remembered(String path) {
        return remembered.get(path);
    }

    void remember(String path, Marker marker) {
        remembered.put(path, marker);
    }

    void forget(String path) {
        remembered.remove(path);
    }

    /** What the transaction's marker says, which exists or can be created. */
    Marker of(Transaction transaction) throws IOException, InterruptedException {
        Marker marker = remembered.remove(transaction.markerPath());
        if (marker == null) {
            marker = read(transaction.markerPath()).orElse(null);
        }
        if (marker == null) {
            checkOld(transaction);
            marker = create(transaction.markerPath(), Marker.before(transaction.number()))
                    .orElse(null);
        }
        if (marker == null) {
            return of(transaction);
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
    private Optional<Marker> create(String path, Marker marker) throws IOException, InterruptedException {
        ZNodeWrite create = new ZNodeWrite.Create(path, marker.data(), CreateMode.PERSISTENT, 0, rows.ownAcl());
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

    private Optional<Marker> read(String path) throws IOException, InterruptedException {
        // A server that lags behind might show an earlier number, or no marker at all.
        thread.await(client.sync());
        Optional<ZNode> found = thread.await(client.read(path));
        return found.isPresent() ? Optional.of(Marker.of(found.get())) : Optional.empty();
    }

    /** The paths of those removals which come again that were left out where they came first. */
    Set<String> leftOut(Transaction transaction) throws IOException, InterruptedException {
        Map<String, Marker> origins = new HashMap<>();
        Set<String> leftOut = new HashSet<>();
        for (Map.Entry<String, Transaction.Origin> again :
                transaction.removals().again().entrySet()) {
            String path = again.getValue().markerPath();
            if (!origins.containsKey(path)) {
                origins.put(path, read(path).orElse(Marker.before(1)));
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
    void clean(String mine) throws InterruptedException {
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
