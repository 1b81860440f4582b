// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.row.RecordEncoder;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.data.RowData;

/**
 * Writes rows to ephemeral znodes: they are there as long as the job has them, over failures, too.
 *
 * <p>One task does it all, since there is one session; its state holds the rows, and the id and password of the session.
 */
public final class OwnedSink {

    private final ConnectionSettings connection;
    private final RecordEncoder<RowData> encoder;
    private final SinkSettings settings;
    private final SinkSettings.Sessions sessions;

    public OwnedSink(
            ConnectionSettings connection,
            RecordEncoder<RowData> encoder,
            SinkSettings settings,
            SinkSettings.Sessions sessions) {
        this.connection = connection;
        this.encoder = encoder;
        this.settings = settings;
        this.sessions = sessions;
    }

    /**
     * Writes all rows of a stream.
     *
     * @param checkpointed whether Flink takes checkpoints of the job; if so, rows appear with the first one
     * @param uids gives the operator of a name its id in savepoints
     */
    public DataStreamSink<?> write(
            DataStream<RowData> rows, boolean checkpointed, Function<String, Optional<String>> uids) {
        OwnedOperator operator = new OwnedOperator(connection, encoder, settings, sessions, checkpointed);
        SingleOutputStreamOperator<Void> writer =
                rows.transform("ZooKeeper: owned rows", Types.VOID, operator).forceNonParallel();
        uids.apply("owned-rows").ifPresent(writer::uid);
        DataStreamSink<Void> end = writer.sinkTo(new DiscardingSink<>());
        end.setParallelism(1);
        uids.apply("owned-rows-end").ifPresent(end::uid);
        return end;
    }
}
