// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import io.zkflink.client.session.DedicatedSessionClient;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetrics;
import java.io.IOException;
import org.apache.flink.api.common.serialization.RuntimeContextInitializationContextAdapters;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.metrics.groups.InternalSinkWriterMetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * The task of a {@link SessionBoundWriter}: gives it its rows and its state.
 *
 * <p>An operator and not a {@code Sink}, whose writer would not hear that a checkpoint has completed.
 */
final class SessionBoundOperator<T> extends AbstractStreamOperator<Void>
        implements OneInputStreamOperator<T, Void>, BoundedOneInput {

    private static final long serialVersionUID = 1L;

    private final SessionBoundSink<T> sink;
    private final boolean checkpointed;

    private transient ListState<byte[]> state;
    private transient SessionBoundWriter writer;

    /**
     * @param checkpointed whether Flink takes checkpoints
     */
    SessionBoundOperator(SessionBoundSink<T> sink, boolean checkpointed) {
        this.sink = sink;
        this.checkpointed = checkpointed;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        state = context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>("owned", BytePrimitiveArraySerializer.INSTANCE));
    }

    @Override
    public void open() throws Exception {
        super.open();
        sink.changes.open(RuntimeContextInitializationContextAdapters.serializationAdapter(getRuntimeContext()));
        SessionBoundState restored = SessionBoundState.of(state.get());
        DedicatedSession session = DedicatedSessionClient.open(sink.connection, restored.session());
        writer = new SessionBoundWriter(
                session,
                restored,
                sink.strategies,
                sink.writerSettings(),
                new SessionBoundWriter.WriterContext(
                        checkpointed,
                        new MailboxExecutorAdapter(getContainingTask()
                                .getMailboxExecutorFactory()
                                .createExecutor(getOperatorConfig().getChainIndex())),
                        getProcessingTimeService(),
                        new SinkMetrics(InternalSinkWriterMetricGroup.wrap(getMetricGroup()))));
        writer.open();
    }

    @Override
    public void processElement(StreamRecord<T> element) throws IOException {
        sink.changes.apply(element.getValue(), writer);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        state.update(writer.snapshot(context.getCheckpointId()).entries());
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        writer.completed(checkpointId);
    }

    @Override
    public void endInput() throws Exception {
        writer.end();
    }

    @Override
    public void close() throws Exception {
        if (writer != null) {
            writer.close();
        }
        super.close();
    }
}
