// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.metrics.SinkMetric;
import io.zkflink.metrics.SinkMetrics;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;

/**
 * Gathers the rows between two checkpoints, the last of each znode, into transactions that a {@link
 * TransactionCommitter} makes visible when the checkpoint has completed: one while they fit into a request of the
 * server, else several in their order. Never connects. Rows are in memory until the checkpoint, and in it until they
 * are committed.
 */
final class TransactionalWriter<T> implements CommittingSinkWriter<T, Transaction> {

    private final RecordEncoder<T> encoder;
    private final long maxBytes;
    private final String markerPath;
    private final PendingRows pending;
    private long transactions;

    TransactionalWriter(RecordEncoder<T> encoder, SinkSettings settings, SinkMetrics metrics) {
        this.encoder = encoder;
        this.pending = new PendingRows(settings.rows().acl());
        this.maxBytes = settings.batching().maxBytes();
        this.markerPath = settings.transactions().markers() + "/" + UUID.randomUUID();
        metrics.gauge(SinkMetric.BUFFERED, pending::size);
    }

    @Override
    public void write(T record, Context context) throws IOException {
        RowWrite write = encoder.write(record);
        if (write != null) {
            pending.add(write);
        }
    }

    @Override
    public void flush(boolean endOfInput) {
        // There is nobody to flush to before the checkpoint has completed.
    }

    @Override
    public Collection<Transaction> prepareCommit() {
        List<Transaction> prepared = new ArrayList<>();
        while (!pending.isEmpty()) {
            // One of each znode, unless they append; all together in their order, since each piece must be possible.
            List<RowWrite> rows = pending.take(Integer.MAX_VALUE, Long.MAX_VALUE);
            pending.release(rows);
            divide(Attempt.inOrder(rows), prepared);
        }
        return prepared;
    }

    private void divide(List<RowWrite> rows, List<Transaction> prepared) {
        List<RowWrite> piece = new ArrayList<>();
        long bytes = 0;
        for (RowWrite row : rows) {
            long size = pending.bytes(row);
            if (!piece.isEmpty() && bytes + size > maxBytes) {
                prepared.add(new Transaction(markerPath, ++transactions, piece));
                piece = new ArrayList<>();
                bytes = 0;
            }
            piece.add(row);
            bytes += size;
        }
        if (!piece.isEmpty()) {
            prepared.add(new Transaction(markerPath, ++transactions, piece));
        }
    }

    @Override
    public void close() {}
}
