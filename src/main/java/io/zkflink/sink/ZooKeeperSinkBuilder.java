// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.sink.session.SessionBoundSink;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.time.Duration;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/**
 * Builds a sink; see {@link ZooKeeperSink}. Only {@link #setConnectString} (or {@link #setConnection}) must be called.
 * Wrong settings are refused with an {@link IllegalArgumentException} that names the SQL option of the same meaning,
 * the value, the rule and the way out; nothing connects before the job runs.
 *
 * @param <T> the type of the elements
 */
@PublicEvolving
public final class ZooKeeperSinkBuilder<T> {

    private final ZNodeSerializationSchema<T> serializer;
    private ConnectionSettings connection;
    private DeliveryGuarantee guarantee = DeliveryGuarantee.AT_LEAST_ONCE;
    private String idPrefix;
    private String commitPath = "/_flink/commits";
    private Duration commitRetention = Duration.ofDays(7);
    private SinkSettings.Rows rows = SinkSettings.DEFAULTS.rows();
    private String guardLock;
    private PayloadCompression compression = PayloadCompression.NONE;
    private SinkSettings.Batching batching = SinkSettings.DEFAULTS.batching();

    ZooKeeperSinkBuilder(ZNodeSerializationSchema<T> serializer) {
        this.serializer = serializer;
    }

    /**
     * The servers, and defaults for all else that concerns the connection.
     *
     * @param connectString {@code host:port[,host:port]...[/chroot]}
     */
    public ZooKeeperSinkBuilder<T> setConnectString(String connectString) {
        return setConnection(ConnectionSettings.of(connectString));
    }

    /** How to connect; sources and sinks with equal settings share a session in a process. */
    public ZooKeeperSinkBuilder<T> setConnection(ConnectionSettings connection) {
        this.connection = connection;
        return this;
    }

    /**
     * {@link DeliveryGuarantee#AT_LEAST_ONCE} unless set. With {@link DeliveryGuarantee#EXACTLY_ONCE} updates become
     * visible when the checkpoint completes, each exactly once, which needs {@link #setTransactionalIdPrefix}.
     */
    public ZooKeeperSinkBuilder<T> setDeliveryGuarantee(DeliveryGuarantee guarantee) {
        this.guarantee = guarantee;
        return this;
    }

    /** Names the commit markers of this sink: a single path segment that no other sink uses. */
    public ZooKeeperSinkBuilder<T> setTransactionalIdPrefix(String idPrefix) {
        this.idPrefix = idPrefix;
        return this;
    }

    /**
     * The znode below which commit markers are kept, and whose turn it is to write as a session;
     * {@code /_flink/commits} unless set.
     */
    public ZooKeeperSinkBuilder<T> setCommitPath(String commitPath) {
        this.commitPath = commitPath;
        return this;
    }

    /** How long a commit marker is kept after its last commit, and so how old a savepoint may be restored; 7 days. */
    public ZooKeeperSinkBuilder<T> setCommitRetention(Duration commitRetention) {
        this.commitRetention = commitRetention;
        return this;
    }

    /**
     * What to do with an update whose znode has another version than it expects; {@link ConflictPolicy#FAIL} unless
     * set.
     */
    public ZooKeeperSinkBuilder<T> setConflict(ConflictPolicy conflict) {
        rows = new SinkSettings.Rows(conflict, rows.deleteChildren(), rows.skipUnchanged(), rows.acl());
        return this;
    }

    /** Whether a removal also removes all that is below its znode; false unless set, which makes that an error. */
    public ZooKeeperSinkBuilder<T> setDeleteChildren(boolean deleteChildren) {
        rows = new SinkSettings.Rows(rows.conflict(), deleteChildren, rows.skipUnchanged(), rows.acl());
        return this;
    }

    /** Whether a znode that has the data already is left alone, for a read of each; false unless set. */
    public ZooKeeperSinkBuilder<T> setSkipUnchanged(boolean skipUnchanged) {
        rows = new SinkSettings.Rows(rows.conflict(), rows.deleteChildren(), skipUnchanged, rows.acl());
        return this;
    }

    /** The ACL of znodes that are created; {@link Acl#OPEN} unless set. */
    public ZooKeeperSinkBuilder<T> setAcl(Acl acl) {
        rows = new SinkSettings.Rows(rows.conflict(), rows.deleteChildren(), rows.skipUnchanged(), acl);
        return this;
    }

    /**
     * How the data that the schema gives is compressed: {@link PayloadCompression#GZIP} or
     * {@link PayloadCompression#ZLIB}; {@link PayloadCompression#NONE} unless set.
     */
    public ZooKeeperSinkBuilder<T> setPayloadCompression(PayloadCompression compression) {
        if (compression == PayloadCompression.AUTO) {
            throw new InvalidSettingException(
                    "payload.compression",
                    compression,
                    "it says how to read and not how to write. Use GZIP, ZLIB or NONE.");
        }
        this.compression = compression;
        return this;
    }

    /**
     * The path of a lock, as Curator's {@code InterProcessMutex} takes it, that the writer holds for as long as it
     * writes; none unless set. It waits for its turn when it starts. Each request checks at the server that the lock's
     * node is there, so that a writer that has lost the lock, though it may not know it yet, writes nothing; then its
     * task fails. After a failover it queues again, behind whoever waits.
     *
     * <p>There can be one writer only, also when the adaptive scheduler rescales the job, which a parallelism of 1 does
     * not keep it from, but a maximum parallelism of 1 does, in a chain of its own:
     *
     * <pre>{@code
     * Sink<Long> sink = ZooKeeperSink.builder(new Report(name))
     *         .setConnectString(connectString)
     *         .setGuardLock("/locks/report")
     *         .build();
     * totals.sinkTo(sink).setParallelism(1).setMaxParallelism(1).disableChaining();
     * }</pre>
     *
     * The schema is {@linkplain ZNodeSerializationSchema#granted told} the fencing token of the lock.
     */
    public ZooKeeperSinkBuilder<T> setGuardLock(String path) {
        this.guardLock = path;
        return this;
    }

    /** How updates are gathered into requests. */
    public ZooKeeperSinkBuilder<T> setBatching(SinkSettings.Batching batching) {
        this.batching = batching;
        return this;
    }

    /**
     * The sink.
     *
     * @throws IllegalArgumentException if something is missing or wrong
     */
    public Sink<T> build() {
        checkConnection();
        Delivery delivery = wish().ofRows().at(connection.base());
        SchemaEncoder<T> encoder = new SchemaEncoder<>(connection.base(), serializer, compression, false);
        return ZooKeeperSink.of(connection, encoder, delivery, new SinkSettings(rows, batching));
    }

    /**
     * Writes a stream as ephemeral znodes, which are there as long as the job has them and until
     * {@code session-timeout} after it went:
     *
     * <pre>{@code
     * ZooKeeperSink.builder((String member) -> ZNodeUpdate.put("/members/shop/" + member, null))
     *         .setConnectString(connectString)
     *         .writeEphemeral(members)
     *         .uid("members");
     * }</pre>
     *
     * <p>The znodes are the state of one task and belong to its session. After a failover it goes on with that session,
     * and the znodes stay; if the session has expired it creates them again in another one. With checkpointing, which
     * must be enabled before this is called, znodes appear when the first checkpoint completes. They go by
     * {@link ZNodeUpdate#remove} and when the input ends. A znode of somebody else is never replaced.
     *
     * <p>This adds an operator where a {@code Sink} would be expected, since the writer of a {@code Sink} does not hear
     * of completed checkpoints. Give it a {@code uid}: it has state.
     *
     * @return the operator, which has no output
     * @throws IllegalArgumentException if something is missing or wrong
     */
    public SingleOutputStreamOperator<Void> writeEphemeral(DataStream<T> elements) {
        Delivery.SessionBound delivery = wish().ofEphemerals();
        checkConnection();
        SchemaEncoder<T> encoder = new SchemaEncoder<>(connection.base(), serializer, compression, true);
        return SessionBoundSink.ofZNodes(
                        connection, encoder, delivery.at(connection.base()), new SinkSettings(rows, batching))
                .write(
                        elements,
                        elements.getExecutionEnvironment().getCheckpointConfig().isCheckpointingEnabled());
    }

    private void checkConnection() {
        if (connection == null) {
            throw new IllegalArgumentException(
                    "Missing option 'connect-string': call setConnectString or" + " setConnection.");
        }
    }

    private Delivery.Requested wish() {
        return new Delivery.Requested(guarantee, idPrefix, commitPath, commitRetention, guardLock);
    }
}
