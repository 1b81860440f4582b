// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ClaimEncoder;
import io.zkflink.row.RecordEncoder;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;

/**
 * Writes rows that are there as long as the job has them, over failures, too: ephemeral znodes, and the nodes of locks,
 * elections and barriers.
 *
 * <p>One task does it all, since there is one session; its state holds the rows, and the id and password of the session.
 *
 * @param <T> the type of the elements that tell of the rows
 */
public final class OwnedSink<T> {

    private final ConnectionSettings connection;
    private final OwnedKind<T> kind;
    private final SinkSettings.Sessions sessions;

    private OwnedSink(ConnectionSettings connection, OwnedKind<T> kind, SinkSettings.Sessions sessions) {
        this.connection = connection;
        this.kind = kind;
        this.sessions = sessions;
    }

    /** Rows that are ephemeral znodes. */
    public static <T> OwnedSink<T> ofZNodes(
            ConnectionSettings connection,
            RecordEncoder<T> encoder,
            SinkSettings settings,
            SinkSettings.Sessions sessions) {
        return new OwnedSink<>(connection, new ZNodeKind<>(encoder, settings), sessions);
    }

    /** Rows that queue for locks, run for offices, or enter barriers. */
    public static OwnedSink<RowData> ofClaims(
            ConnectionSettings connection,
            ClaimEncoder encoder,
            RecipeSettings recipe,
            SinkSettings settings,
            SinkSettings.Sessions sessions) {
        return new OwnedSink<>(connection, new ClaimKind(encoder, recipe, settings), sessions);
    }

    /**
     * Writes all rows of a stream; the operator that does it has no output.
     *
     * @param checkpointed whether Flink takes checkpoints of the job; if so, rows appear with the first one
     */
    public SingleOutputStreamOperator<Void> write(DataStream<T> elements, boolean checkpointed) {
        OwnedOperator<T> operator = new OwnedOperator<>(connection, kind, sessions, checkpointed);
        return SingleWriter.of(elements.transform("ZooKeeper: owned rows", Types.VOID, operator));
    }
}
