// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.session.SessionPool;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.ZNodeLineage;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;

/** Writes rows to znodes exactly once; for tables, others call {@link ZooKeeperSink#builder}. */
@Internal
public final class TransactionalSink<T>
        implements Sink<T>,
                SupportsCommitter<Transaction>,
                SupportsWriterState<T, WaitingRemovals>,
                LineageVertexProvider {

    private static final long serialVersionUID = 1L;

    private final ConnectionSettings connection;
    private final RecordEncoder<T> encoder;
    private final Delivery.ExactlyOnce delivery;
    private final SinkSettings settings;

    public TransactionalSink(
            ConnectionSettings connection,
            RecordEncoder<T> encoder,
            Delivery.ExactlyOnce delivery,
            SinkSettings settings) {
        this.connection = connection;
        this.encoder = encoder;
        this.delivery = delivery;
        this.settings = settings;
    }

    @Override
    public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
        return restoreWriter(context, List.of());
    }

    @Override
    public StatefulSinkWriter<T, WaitingRemovals> restoreWriter(
            WriterInitContext context, Collection<WaitingRemovals> state) throws IOException {
        encoder.openForWriter(context.asSerializationSchemaInitializationContext());
        TransactionalWriter<T> writer =
                new TransactionalWriter<>(encoder, delivery, settings, new SinkMetrics(context.metricGroup()));
        writer.restore(state);
        return writer;
    }

    @Override
    public SimpleVersionedSerializer<WaitingRemovals> getWriterStateSerializer() {
        return WaitingRemovalsSerializer.INSTANCE;
    }

    @Override
    public Committer<Transaction> createCommitter(CommitterInitContext context) {
        return new TransactionCommitter(
                SessionPool.open(connection),
                delivery,
                settings,
                RetryPolicy.of(connection),
                new SinkMetrics(context.metricGroup()));
    }

    @Override
    public SimpleVersionedSerializer<Transaction> getCommittableSerializer() {
        return TransactionSerializer.INSTANCE;
    }

    @Override
    public LineageVertex getLineageVertex() {
        return ZNodeLineage.written(connection, encoder.paths(), Map.of("sink.delivery-guarantee", "exactly-once"));
    }
}
