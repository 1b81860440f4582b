// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.session.DedicatedSessionClient;
import io.zkflink.client.session.SessionPool;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.ZNodeLineage;
import io.zkflink.sink.batch.Guard;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.guard.GuardLock;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.sink.transaction.TransactionalSink;
import io.zkflink.sink.transaction.WaitingRemovals;
import io.zkflink.sink.transaction.WaitingRemovalsSerializer;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;

/**
 * Writes the elements of a stream to znodes: {@linkplain #builder at least once or exactly once}, behind a {@linkplain
 * ZooKeeperSinkBuilder#setGuardLock lock}, or as {@linkplain ZooKeeperSinkBuilder#writeEphemeral ephemeral} ones.
 *
 * <pre>{@code
 * Sink<Long> sink = ZooKeeperSink.builder(
 *                 (Long id) -> ZNodeUpdate.put("/handover/" + id, id.toString().getBytes(UTF_8)))
 *         .setConnectString(connectString)
 *         .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
 *         .setTransactionalIdPrefix("handover")
 *         .build();
 * }</pre>
 *
 * <p>Updates of one znode must come to one writer, if their order matters: key the stream by path. Where removals of
 * znodes that have children go with removals of those, one writer must have both.
 *
 * <p>Nothing is written before the job runs. Updates of one znode that wait are collapsed to the last one, unless each
 * of them counts (an expected version, a sequential znode); none overtakes another one of its znode. Each checkpoint
 * waits until all before it is written; with {@code EXACTLY_ONCE} all before it becomes visible when it has completed.
 *
 * @param <T> the type of the elements
 */
@PublicEvolving
public final class ZooKeeperSink<T> implements Sink<T>, SupportsWriterState<T, WaitingRemovals>, LineageVertexProvider {

    private static final long serialVersionUID = 1L;

    private final ConnectionSettings connection;
    private final RecordEncoder<T> encoder;
    /** The path of a lock that the writer has to hold; null for none. */
    private final String guardLock;

    private final SinkSettings settings;

    private ZooKeeperSink(
            ConnectionSettings connection, RecordEncoder<T> encoder, String guardLock, SinkSettings settings) {
        this.connection = connection;
        this.encoder = encoder;
        this.guardLock = guardLock;
        this.settings = settings;
    }

    /** For tables; others call {@link #builder}. Rows that are bound to a session are written by no sink. */
    @Internal
    public static <T> Sink<T> of(
            ConnectionSettings connection, RecordEncoder<T> encoder, Delivery delivery, SinkSettings settings) {
        if (delivery instanceof Delivery.ExactlyOnce exactlyOnce) {
            return new TransactionalSink<>(connection, encoder, exactlyOnce, settings);
        }
        if (delivery instanceof Delivery.Guarded guarded) {
            return new ZooKeeperSink<>(connection, encoder, guarded.lock(), settings);
        }
        if (delivery instanceof Delivery.AtLeastOnce) {
            return new ZooKeeperSink<>(connection, encoder, null, settings);
        }
        throw new IllegalArgumentException("No sink writes " + delivery + ".");
    }

    /** A sink of what a serialization schema makes of the elements of a stream. */
    public static <T> ZooKeeperSinkBuilder<T> builder(ZNodeSerializationSchema<T> serializer) {
        return new ZooKeeperSinkBuilder<>(serializer);
    }

    @Override
    public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
        return createUpsertWriter(context);
    }

    @Override
    public StatefulSinkWriter<T, WaitingRemovals> restoreWriter(
            WriterInitContext context, Collection<WaitingRemovals> state) throws IOException {
        UpsertWriter<T> writer = createUpsertWriter(context);
        writer.restore(state);
        return writer;
    }

    @Override
    public SimpleVersionedSerializer<WaitingRemovals> getWriterStateSerializer() {
        return WaitingRemovalsSerializer.INSTANCE;
    }

    private UpsertWriter<T> createUpsertWriter(WriterInitContext context) throws IOException {
        encoder.openForWriter(context.asSerializationSchemaInitializationContext());
        if (guardLock == null) {
            return writer(SessionPool.open(connection), Guard.NONE, context);
        }
        int writers = context.getTaskInfo().getNumberOfParallelSubtasks();
        if (writers > 1) {
            throw new IOException("Only one writer can hold the lock '" + guardLock
                    + "' ('sink.guard.lock'), and Flink has started " + writers + ". Call"
                    + " 'sinkTo(sink).setParallelism(1).setMaxParallelism(1).disableChaining()'.");
        }
        DedicatedSession session = DedicatedSessionClient.open(connection, Optional.empty());
        try {
            GuardLock lock = GuardLock.acquire(
                    session,
                    guardLock,
                    context.getJobInfo().getJobName(),
                    settings.rows().acl(),
                    RetryPolicy.of(connection));
            encoder.granted(lock.fencingToken());
            UpsertWriter<T> writer = writer(session, lock, context);
            lock.onLoss(writer::fail);
            return writer;
        } catch (IOException | RuntimeException e) {
            session.close();
            throw e;
        } catch (InterruptedException e) {
            session.close();
            Thread.currentThread().interrupt();
            throw new IOException("Cancelled while waiting for the lock '" + guardLock + "'.", e);
        }
    }

    private UpsertWriter<T> writer(ZooKeeperClient client, Guard guard, WriterInitContext context) {
        return new UpsertWriter<>(
                client,
                encoder,
                settings,
                RetryPolicy.of(connection),
                guard,
                new UpsertWriter.WriterContext(
                        context.getMailboxExecutor(),
                        context.getProcessingTimeService(),
                        new SinkMetrics(context.metricGroup())));
    }

    @Override
    public LineageVertex getLineageVertex() {
        return ZNodeLineage.written(connection, encoder.paths(), Map.of("sink.delivery-guarantee", "at-least-once"));
    }
}
