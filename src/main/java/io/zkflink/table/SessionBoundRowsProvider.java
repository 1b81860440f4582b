// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.sink.session.SessionBoundSink;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.data.RowData;

/**
 * Rows that are their writer's state, and so not written by a {@code Sink}.
 *
 * @param checkpointed whether the session of the planner asks for checkpoints; so may the environment
 * @param batch whether there are none whoever asks
 */
record SessionBoundRowsProvider(SessionBoundSink<RowData> sink, boolean checkpointed, boolean batch)
        implements DataStreamSinkProvider {

    @Override
    public DataStreamSink<?> consumeDataStream(ProviderContext context, DataStream<RowData> rows) {
        boolean asked = checkpointed
                || rows.getExecutionEnvironment().getCheckpointConfig().isCheckpointingEnabled();
        SingleOutputStreamOperator<Void> writer = sink.write(rows, asked && !batch);
        context.generateUid("owned-rows").ifPresent(writer::uid);
        DataStreamSink<Void> end = writer.sinkTo(new DiscardingSink<>());
        end.setParallelism(1).setMaxParallelism(1);
        context.generateUid("owned-rows-end").ifPresent(end::uid);
        return end;
    }

    /** One session, one writer. */
    @Override
    public Optional<Integer> getParallelism() {
        return Optional.of(1);
    }
}
