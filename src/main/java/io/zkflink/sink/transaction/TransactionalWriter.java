// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.batch.BatchedRow;
import io.zkflink.sink.batch.PathQueue;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;

/**
 * Gathers the rows between two checkpoints, the last of each znode, into transactions that a
 * {@link TransactionCommitter} makes visible when the checkpoint has completed: one while they fit into a request of
 * the server and none undoes what another one has below or above it, else several in their order. Never connects. Rows
 * are in memory until the checkpoint, and in it until they are committed.
 *
 * <p>The children of a znode that is removed may be removed behind the checkpoint's barrier. So a removal comes again
 * in the next checkpoint, together with where it was first, and is made then if it was not possible there. Until then
 * it is in the writer's state. Where no row's path lies below another one's this is not so: a removal is made or fails.
 */
final class TransactionalWriter<T>
        implements CommittingSinkWriter<T, Transaction>, StatefulSinkWriter<T, WaitingRemovals> {

    private final RecordEncoder<T> encoder;
    private final SinkSettings settings;
    private final String markerPath;
    private final PathQueue<BatchedRow> queue;
    private final boolean removalsMayWait;
    /** Removals that come again. */
    private final Map<BatchedRow, Transaction.Origin> again = new LinkedHashMap<>();

    private long transactions;
    /** When the last one was prepared. */
    private long lastPrepared = Transaction.UNKNOWN;
    /** The number before the first transaction of the last checkpoint. */
    private long numberBeforeCheckpoint;

    private boolean ended;

    TransactionalWriter(
            RecordEncoder<T> encoder, Delivery.ExactlyOnce delivery, SinkSettings settings, SinkMetrics metrics) {
        this.encoder = encoder;
        this.settings = settings;
        this.queue = new PathQueue<>(settings.rows().deleteChildren());
        this.removalsMayWait = !settings.rows().deleteChildren() && !encoder.makesUnrelatedPaths();
        this.markerPath = delivery.markers() + "/" + UUID.randomUUID();
        metrics.gauge(SinkMetric.BUFFERED, queue::size);
    }

    /** Goes on with the removals that came before the checkpoint that is restored. */
    void restore(Collection<WaitingRemovals> states) {
        for (WaitingRemovals state : states) {
            for (String path : state.paths()) {
                addAgain(path, state.origin());
            }
        }
    }

    private void addAgain(String path, Transaction.Origin origin) {
        again.put(add(new RowWrite.Remove(path)), origin);
    }

    private BatchedRow add(RowWrite row) {
        BatchedRow batched = new BatchedRow(row, settings.rows().acl());
        queue.add(batched);
        return batched;
    }

    @Override
    public void write(T record, Context context) throws IOException {
        RowWrite write = encoder.write(record);
        if (write != null) {
            add(write);
        }
    }

    @Override
    public void flush(boolean endOfInput) {
        // Nothing is written before the checkpoint has completed.
        ended = endOfInput;
    }

    @Override
    public Collection<Transaction> prepareCommit() {
        List<Transaction> prepared = new ArrayList<>();
        long begin = transactions;
        Map<String, Transaction.Origin> waiting = new LinkedHashMap<>();
        List<List<BatchedRow>> parts = new ArrayList<>();
        while (!queue.isEmpty()) {
            List<BatchedRow> rows = queue.take(Integer.MAX_VALUE, Long.MAX_VALUE);
            queue.release(rows, List.of());
            parts.add(rows);
        }
        Set<BatchedRow> parents = parents(parts);
        for (List<BatchedRow> rows : parts) {
            divide(rows, parents, prepared);
        }
        if (removalsMayWait && !ended) {
            for (Transaction transaction : prepared) {
                for (RowWrite row : transaction.rows()) {
                    boolean isAgain = transaction.removals().again().containsKey(row.path());
                    if (row instanceof RowWrite.Remove && !isAgain) {
                        waiting.put(row.path(), new Transaction.Origin(markerPath, transaction.number()));
                    } else {
                        waiting.remove(row.path());
                    }
                }
            }
        }
        again.clear();
        numberBeforeCheckpoint = begin;
        waiting.forEach(this::addAgain);
        return prepared;
    }

    @Override
    public List<WaitingRemovals> snapshotState(long checkpointId) {
        Map<Transaction.Origin, List<String>> paths = new LinkedHashMap<>();
        again.forEach((row, origin) ->
                paths.computeIfAbsent(origin, none -> new ArrayList<>()).add(row.path()));
        return paths.entrySet().stream()
                .map(each -> new WaitingRemovals(each.getKey(), each.getValue()))
                .toList();
    }

    /** The removals whose znode is there again when all parts are made, with what later parts put there or below. */
    private static Set<BatchedRow> parents(List<List<BatchedRow>> parts) {
        Set<String> above = new HashSet<>();
        Set<BatchedRow> parents = new HashSet<>();
        for (int i = parts.size() - 1; i >= 0; i--) {
            for (BatchedRow row : parts.get(i)) {
                if (row.removes() && above.contains(row.path())) {
                    parents.add(row);
                }
            }
            if (i > 0) {
                parts.get(i).forEach(row -> addAbove(row, above));
            }
        }
        return parents;
    }

    private static void addAbove(BatchedRow row, Set<String> above) {
        String path = row.path();
        for (int end = path.length(); !row.removes() && end > 0; end = path.lastIndexOf('/', end - 1)) {
            above.add(path.substring(0, end));
        }
    }

    /** Makes transactions of rows whose order is right, as few as requests of the server allow. */
    private void divide(List<BatchedRow> rows, Set<BatchedRow> parents, List<Transaction> prepared) {
        int begin = 0;
        long bytes = 0;
        for (int i = 0; i < rows.size(); i++) {
            long size = rows.get(i).bytes();
            if (i > begin && bytes + size > settings.batching().maxBytes()) {
                prepared.add(transaction(rows.subList(begin, i), parents));
                begin = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (begin < rows.size()) {
            prepared.add(transaction(rows.subList(begin, rows.size()), parents));
        }
    }

    private Transaction transaction(List<BatchedRow> rows, Set<BatchedRow> parents) {
        List<RowWrite> writes = new ArrayList<>(rows.size());
        Map<String, Transaction.Origin> theirs = new HashMap<>();
        Set<String> stay = new HashSet<>();
        for (BatchedRow row : rows) {
            writes.add(row.row());
            if (row.removes()) {
                Transaction.Origin origin = again.get(row);
                if (parents.contains(row)) {
                    stay.add(row.path());
                }
                if (origin != null) {
                    theirs.put(row.path(), origin);
                }
            }
        }
        long predecessor = lastPrepared;
        lastPrepared = System.currentTimeMillis();
        return new Transaction(
                markerPath,
                ++transactions,
                predecessor,
                writes,
                new Transaction.Removals(removalsMayWait && !ended, numberBeforeCheckpoint + 1, stay, theirs));
    }

    @Override
    public void close() {}
}
