// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.CreateMode;
import io.zkflink.sink.settings.ConflictPolicy;
import java.time.Duration;
import java.util.List;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.table.factories.FactoryUtil;

/** The options that say how to write. Keys and meanings are those of Flink's other sinks where they have them. */
@PublicEvolving
public final class SinkOptions {

    static final ConfigOption<DeliveryGuarantee> DELIVERY_GUARANTEE = ConfigOptions.key("sink.delivery-guarantee")
            .enumType(DeliveryGuarantee.class)
            .defaultValue(DeliveryGuarantee.AT_LEAST_ONCE)
            .withDescription("`at-least-once`, or `exactly-once`: rows become visible when the checkpoint completes,"
                    + " each exactly once; needs `sink.transactional-id-prefix`.");

    static final ConfigOption<String> TRANSACTIONAL_ID_PREFIX = ConfigOptions.key("sink.transactional-id-prefix")
            .stringType()
            .noDefaultValue()
            .withDescription("Names the commit markers of this job; a single path segment.");

    public static final ConfigOption<String> COMMIT_PATH = ConfigOptions.key("sink.commit-path")
            .stringType()
            .defaultValue("/_flink/commits")
            .withDescription("The znode below which commit markers, and the epochs of sessions that own rows, are kept,"
                    + " relative to chroot and `namespace`.");

    static final ConfigOption<Duration> COMMIT_RETENTION = ConfigOptions.key("sink.commit-retention")
            .durationType()
            .defaultValue(Duration.ofDays(7))
            .withDescription("How long a commit marker is kept after its last commit; older savepoints must not be"
                    + " restored.");

    static final ConfigOption<CreateMode> CREATE_MODE = ConfigOptions.key("sink.create-mode")
            .enumType(CreateMode.class)
            .defaultValue(CreateMode.PERSISTENT)
            .withDescription("What kind of znodes to create: `persistent`, `ephemeral` (there as long as the job has"
                    + " the row), `container`, `persistent-with-ttl`, or `persistent-sequential` (each row appends a"
                    + " znode; the path is a prefix).");

    static final ConfigOption<Duration> TTL = ConfigOptions.key("sink.ttl")
            .durationType()
            .noDefaultValue()
            .withDescription("The time to live of znodes created as `persistent-with-ttl`.");

    static final ConfigOption<ConflictPolicy> CONFLICT = ConfigOptions.key("sink.conflict")
            .enumType(ConflictPolicy.class)
            .defaultValue(ConflictPolicy.FAIL)
            .withDescription(
                    "What to do with a row whose `version` is not its znode's: `fail`, or `skip` and count it.");

    static final ConfigOption<Boolean> DELETE_CHILDREN = ConfigOptions.key("sink.delete-children")
            .booleanType()
            .defaultValue(false)
            .withDescription("Whether deleting a row also deletes all that is below its znode.");

    static final ConfigOption<Boolean> SKIP_UNCHANGED = ConfigOptions.key("sink.skip-unchanged")
            .booleanType()
            .defaultValue(false)
            .withDescription("Whether a znode that has the row's data already is left alone, so that mirrors of mirrors"
                    + " come to rest; costs a (batched) read of each row's znode.");

    public static final ConfigOption<String> GUARD_LOCK = ConfigOptions.key("sink.guard.lock")
            .stringType()
            .noDefaultValue()
            .withDescription(
                    "The path of a lock, as Curator's `InterProcessMutex` takes it, that the writer waits for when"
                            + " it starts and that every request checks: whoever loses it writes nothing more, and fails.");

    static final ConfigOption<String> ACL = ConfigOptions.key("sink.acl")
            .stringType()
            .defaultValue("open")
            .withDescription(
                    "The ACL of created znodes, of missing parents, and of what the connector creates for itself"
                            + " (markers, epochs, guard locks): `open`, `creator`, `read-only`, or a list"
                            + " `scheme:id:permissions[,...]` with permissions out of `cdrwa`. Ids may hold colons; those of"
                            + " certificates (`x509`) and of SASL users may hold commas.");

    static final ConfigOption<Integer> BATCH_MAX_SIZE = ConfigOptions.key("sink.batch.max-size")
            .intType()
            .defaultValue(500)
            .withDescription("Rows in one request, at most.");

    static final ConfigOption<Integer> MAX_IN_FLIGHT = ConfigOptions.key("sink.requests.max-inflight")
            .intType()
            .defaultValue(4)
            .withDescription("Requests under way at a time, at most.");

    static final ConfigOption<Integer> MAX_BUFFERED = ConfigOptions.key("sink.requests.max-buffered")
            .intType()
            .defaultValue(10_000)
            .withDescription(
                    "Rows that may wait to be sent before the query has to wait; of large rows as many as fill twice"
                            + " the requests that may be under way.");

    static final ConfigOption<MemorySize> FLUSH_BUFFER_SIZE = ConfigOptions.key("sink.flush-buffer.size")
            .memoryType()
            .defaultValue(MemorySize.ofMebiBytes(1))
            .withDescription("Bytes in one request, at most; servers refuse more than their `jute.maxbuffer`, 1 MB by"
                    + " default.");

    static final ConfigOption<Duration> FLUSH_BUFFER_TIMEOUT = ConfigOptions.key("sink.flush-buffer.timeout")
            .durationType()
            .defaultValue(Duration.ofMillis(100))
            .withDescription("How long a row may wait for others while requests are under way; a row that comes when"
                    + " none is leaves at once.");

    static final ConfigOption<Integer> PARALLELISM = FactoryUtil.SINK_PARALLELISM;

    static final List<ConfigOption<?>> ALL = List.of(
            DELIVERY_GUARANTEE,
            TRANSACTIONAL_ID_PREFIX,
            COMMIT_PATH,
            COMMIT_RETENTION,
            CREATE_MODE,
            TTL,
            CONFLICT,
            DELETE_CHILDREN,
            SKIP_UNCHANGED,
            GUARD_LOCK,
            ACL,
            BATCH_MAX_SIZE,
            MAX_IN_FLIGHT,
            MAX_BUFFERED,
            FLUSH_BUFFER_SIZE,
            FLUSH_BUFFER_TIMEOUT,
            PARALLELISM);

    private SinkOptions() {}
}
