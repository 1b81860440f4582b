// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.batch.BatchContext;
import io.zkflink.sink.batch.BatchResult;
import io.zkflink.sink.batch.BatchWrite;
import io.zkflink.sink.batch.BatchedRow;
import io.zkflink.sink.batch.GuardedClient;
import io.zkflink.sink.batch.RefusedRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A transaction while it is committed: by one request, or, if it is larger than a request may be, by several of which
 * each notes in the marker how far it goes.
 */
final class Commit {

    private final Transaction transaction;
    private final BatchContext batches;
    private final List<BatchedRow> rows;
    private long maxBytes;

    private Marker before;
    private int end;
    private BatchWrite batch;

    /**
     * @param maxBytes of one request
     */
    Commit(Transaction transaction, ZooKeeperClient client, BatchContext batches, long maxBytes) {
        this.transaction = transaction;
        this.batches = batches.with(new GuardedClient(client, this::guard));
        this.maxBytes = maxBytes;
        this.rows = new ArrayList<>(transaction.rows().size());
        for (RowWrite row : transaction.rows()) {
            BatchedRow batched = new BatchedRow(row, batches.rules().acl());
            if (!transaction.removals().mayWait()
                    || transaction.removals().again().containsKey(row.path())) {
                batched.mayNotWait();
            }
            if (transaction.removals().parents().contains(row.path())) {
                batched.notePutBelow();
            }
            rows.add(batched);
        }
    }

    Transaction transaction() {
        return transaction;
    }

    private String firstPath() {
        return transaction.rows().isEmpty()
                ? transaction.markerPath()
                : transaction.rows().get(0).path();
    }

    /** What to tell a user when it could not be made for too long. */
    IOException gaveUp(long millis, ZooKeeperException last) {
        return batch == null
                ? RefusedRow.failure(RefusedRow.gaveUp(rows.size(), firstPath(), millis, last), last)
                : batch.gaveUp(millis, last);
    }

    BatchWrite batch() {
        return batch;
    }

    /** Whether the rest of it fits into one request. */
    boolean isLast() {
        return end == rows.size();
    }

    /**
     * Sends the next request, or the same one again if nothing has changed.
     *
     * @param marker as the request is to find it
     * @param leftOut the paths of those removals that come again and were left out where they came first
     */
    CompletableFuture<BatchResult> send(Marker marker, Set<String> leftOut) {
        if (batch == null || before.rows() != marker.rows()) {
            end = end(marker.rows());
            List<BatchedRow> now = new ArrayList<>();
            for (BatchedRow row : rows.subList(marker.rows(), end)) {
                boolean isMade = row.removes()
                        && transaction.removals().again().containsKey(row.path())
                        && !leftOut.contains(row.path());
                if (!isMade) {
                    now.add(row);
                }
            }
            batch = new BatchWrite(batches, false, now);
        }
        before = marker;
        return batch.write();
    }

    private int end(int begin) {
        int end = begin;
        long bytes = 0;
        while (end < rows.size() && (end == begin || bytes + rows.get(end).bytes() <= maxBytes)) {
            bytes += rows.get(end++).bytes();
        }
        return end;
    }

    /** Has the next request be half as large. */
    long divide() {
        long bytes = 0;
        for (BatchedRow row : rows.subList(before.rows(), end)) {
            bytes += row.bytes();
        }
        maxBytes = bytes / 2;
        batch = null;
        return bytes;
    }

    /** What the marker says when the request is made, as far as is known by now. */
    Marker after() {
        Map<String, Long> leftOut = new HashMap<>();
        before.leftOut().forEach((path, number) -> {
            if (number >= transaction.removals().keptFrom()) {
                leftOut.put(path, number);
            }
        });
        for (BatchedRow removal : batch.notEmpty()) {
            leftOut.put(removal.path(), transaction.number());
        }
        return new Marker(
                isLast() ? transaction.number() : before.number(), isLast() ? 0 : end, before.version() + 1, leftOut);
    }

    /** On condition that the marker is as it was read. */
    private List<ZNodeWrite> guard() {
        return List.of(new ZNodeWrite.SetData(transaction.markerPath(), after().data(), before.version()));
    }
}
