// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.row.RowLocations;
import io.zkflink.sink.runtime.SingleWriter;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.data.RowData;

/**
 * Adds to a batch job what removes the znodes of rows by every name that libraries may have given them: what was read
 * is known by its key only.
 *
 * @param sink takes their paths
 * @param summary names it
 * @param parallelism empty where Flink decides
 * @param isSingle whether there can be one writer only
 */
record RemovalSinkProvider(
        RowLocations locations, Sink<String> sink, String summary, Optional<Integer> parallelism, boolean isSingle)
        implements DataStreamSinkProvider {

    @Override
    public DataStreamSink<?> consumeDataStream(ProviderContext context, DataStream<RowData> rows) {
        DataStreamSink<String> end = rows.flatMap(locations)
                .returns(Types.STRING)
                .name("names of znodes")
                .setParallelism(rows.getParallelism())
                .sinkTo(sink)
                .name(summary);
        if (isSingle) {
            return SingleWriter.of(end);
        }
        return end.setParallelism(parallelism.orElse(rows.getParallelism()));
    }

    @Override
    public Optional<Integer> getParallelism() {
        return isSingle ? Optional.of(1) : parallelism;
    }
}
