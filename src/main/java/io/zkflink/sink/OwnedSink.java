// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ClaimEncoder;
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
 * Writes rows that are there as long as the job has them, over failures, too: ephemeral znodes, and the nodes of locks,
 * elections and barriers.
 *
 * <p>One task does it all, since there is one session; its state holds the rows, and the id and password of the session.
 */
public final class OwnedSink {

    private final ConnectionSettings connection;
    private final OwnedKind kind;
    private final SinkSettings.Sessions sessions;

    private OwnedSink(ConnectionSettings connection, OwnedKind kind, SinkSettings.Sessions sessions) {
        this.connection = connection;
        this.kind = kind;
        this.sessions = sessions;
    }

    /** Rows that are ephemeral znodes. */
    public static OwnedSink ofZNodes(
            ConnectionSettings connection,
            RecordEncoder<RowData> encoder,
            SinkSettings settings,
            SinkSettings.Sessions sessions) {
        return new OwnedSink(connection, new ZNodeKind(encoder, settings), sessions);
    }

    /** Rows that queue for locks, run for offices, or enter barriers. */
    public static OwnedSink ofClaims(
            ConnectionSettings connection,
            ClaimEncoder encoder,
            RecipeSettings recipe,
            SinkSettings settings,
            SinkSettings.Sessions sessions) {
        return new OwnedSink(connection, new ClaimKind(encoder, recipe, settings), sessions);
    }

    /**
     * Writes all rows of a stream.
     *
     * @param checkpointed whether Flink takes checkpoints of the job; if so, rows appear with the first one
     * @param uids gives the operator of a name its id in savepoints
     */
    public DataStreamSink<?> write(
            DataStream<RowData> rows, boolean checkpointed, Function<String, Optional<String>> uids) {
        OwnedOperator operator = new OwnedOperator(connection, kind, sessions, checkpointed);
        SingleOutputStreamOperator<Void> writer =
                rows.transform("ZooKeeper: owned rows", Types.VOID, operator).forceNonParallel();
        uids.apply("owned-rows").ifPresent(writer::uid);
        DataStreamSink<Void> end = writer.sinkTo(new DiscardingSink<>());
        end.setParallelism(1);
        uids.apply("owned-rows-end").ifPresent(end::uid);
        return end;
    }
}
