// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ClaimEncoder;
import io.zkflink.row.RecordEncoder;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SingleWriter;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;

/**
 * Writes rows that are there as long as the job has them, over failures, too: ephemeral znodes, and the nodes of locks,
 * elections and barriers.
 *
 * <p>One task does it all, since there is one session; its state holds the rows, and the id and password of the
 * session.
 *
 * @param <T> the type of the elements that tell of the rows
 */
@Internal
public final class SessionBoundSink<T> implements Serializable {

    private static final long serialVersionUID = 1L;

    final ConnectionSettings connection;
    final SessionBoundChanges<T> changes;
    final ZNodeStrategy.Factory strategies;
    private final Delivery.SessionBound delivery;
    private final SinkSettings settings;

    private SessionBoundSink(
            ConnectionSettings connection,
            SessionBoundChanges<T> changes,
            ZNodeStrategy.Factory strategies,
            Delivery.SessionBound delivery,
            SinkSettings settings) {
        this.connection = connection;
        this.changes = changes;
        this.strategies = strategies;
        this.delivery = delivery;
        this.settings = settings;
    }

    /** Rows that are ephemeral znodes. */
    public static <T> SessionBoundSink<T> ofZNodes(
            ConnectionSettings connection,
            RecordEncoder<T> encoder,
            Delivery.SessionBound delivery,
            SinkSettings settings) {
        Duration timeout = connection.sessionTimeout();
        return new SessionBoundSink<>(
                connection,
                new SessionBoundChanges.OfZNodes<>(encoder),
                context -> new EphemeralStrategy(context, timeout),
                delivery,
                settings);
    }

    /** Rows that queue for locks, run for offices, or enter barriers. */
    public static SessionBoundSink<RowData> ofClaims(
            ConnectionSettings connection,
            ClaimEncoder encoder,
            RecipeSettings recipe,
            Delivery.SessionBound delivery,
            SinkSettings settings) {
        return new SessionBoundSink<>(
                connection,
                new SessionBoundChanges.OfClaims(encoder),
                context -> new ClaimStrategy(context, recipe),
                delivery,
                settings);
    }

    /**
     * Writes all rows of a stream; the operator that does it has no output.
     *
     * @param checkpointed whether Flink takes checkpoints of the job; if so, rows appear with the first one
     */
    public SingleOutputStreamOperator<Void> write(DataStream<T> elements, boolean checkpointed) {
        SessionBoundOperator<T> operator = new SessionBoundOperator<>(this, checkpointed);
        return SingleWriter.of(elements.transform("ZooKeeper: owned rows", Types.VOID, operator));
    }

    SessionBoundWriter.Settings writerSettings() {
        return new SessionBoundWriter.Settings(
                delivery.epochs(), settings.rows(), settings.batching(), RetryPolicy.of(connection));
    }
}
