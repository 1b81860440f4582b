// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.sink.runtime.SingleWriter;
import java.util.Optional;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.data.RowData;

/**
 * Adds the sink of a table of znodes to a job. The planner takes it as the first of the two kinds that it is, but asks
 * only the second one for lineage.
 *
 * @param feedback looks at what the query reads
 * @param summary names it
 * @param parallelism empty where Flink decides
 * @param isSingle whether there can be one writer only
 */
record NodeSinkProvider(
        Sink<RowData> sink, Feedback feedback, String summary, Optional<Integer> parallelism, boolean isSingle)
        implements DataStreamSinkProvider, SinkV2Provider {

    /** What the planner itself calls a sink of this kind in the uids of compiled plans. */
    private static final String UID = "sink";

    @Override
    public DataStreamSink<?> consumeDataStream(ProviderContext context, DataStream<RowData> rows) {
        feedback.check(rows);
        DataStreamSink<RowData> end = rows.sinkTo(sink).name(summary);
        context.generateUid(UID).ifPresent(end::uid);
        if (isSingle) {
            return SingleWriter.of(end);
        }
        Transformation<RowData> input = rows.getTransformation();
        end.getTransformation()
                .setParallelism(
                        parallelism.orElse(input.getParallelism()),
                        parallelism.isPresent() || input.isParallelismConfigured());
        return end;
    }

    @Override
    public Sink<RowData> createSink() {
        return sink;
    }

    @Override
    public Optional<Integer> getParallelism() {
        return isSingle ? Optional.of(1) : parallelism;
    }
}
