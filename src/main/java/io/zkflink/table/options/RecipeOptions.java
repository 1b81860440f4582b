// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.recipes.LockDialect;
import java.util.List;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** The options that say which recipe the rows of a table belong to. */
@PublicEvolving
public final class RecipeOptions {

    public static final ConfigOption<RecipeOption> RECIPE = ConfigOptions.key("recipe")
            .enumType(RecipeOption.class)
            .defaultValue(RecipeOption.NODE)
            .withDescription(
                    "What a row is: `node`: a znode. `lock`, `election`, `barrier`: somebody who holds or waits"
                            + " for the lock, leads or runs for the office, or has entered the barrier, that `path` names.");

    public static final ConfigOption<LockDialect> LOCK_DIALECT = ConfigOptions.key("lock.dialect")
            .enumType(LockDialect.class)
            .defaultValue(LockDialect.CURATOR)
            .withDescription(
                    "How lock nodes that are written are named: as `curator` and go-zookeeper do, or as `kazoo`"
                            + " does. Both are read.");

    public static final ConfigOption<Integer> LOCK_MAX_LEASES = ConfigOptions.key("lock.max-leases")
            .intType()
            .defaultValue(1)
            .withDescription("How many of the queue hold a lock.");

    public static final ConfigOption<Integer> BARRIER_MEMBERS = ConfigOptions.key("barrier.members")
            .intType()
            .noDefaultValue()
            .withDescription("How many have to enter a barrier until it opens; required for `recipe` = `barrier`.");

    static final List<ConfigOption<?>> ALL = List.of(RECIPE, LOCK_DIALECT, LOCK_MAX_LEASES, BARRIER_MEMBERS);

    /** What only locks have. */
    public static final List<ConfigOption<?>> OF_LOCKS = List.of(LOCK_DIALECT, LOCK_MAX_LEASES);

    /** What only znodes have. */
    public static final List<ConfigOption<?>> OF_NODES = List.of(
            ZooKeeperOptions.FORMAT,
            ZooKeeperOptions.PAYLOAD_COMPRESSION,
            ZooKeeperOptions.PAYLOAD_MAX_INFLATED_SIZE,
            ZooKeeperOptions.SCAN_STARTUP_MODE,
            ZooKeeperOptions.SCAN_PARSE_ERRORS,
            ZooKeeperOptions.SCAN_UNREADABLE,
            ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL,
            ZooKeeperOptions.LOOKUP_ASYNC,
            ZooKeeperOptions.LOOKUP_CACHE,
            ZooKeeperOptions.LOOKUP_INVALIDATION,
            ZooKeeperOptions.LOOKUP_MAX_ROWS,
            ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_ACCESS,
            ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_WRITE,
            ZooKeeperOptions.LOOKUP_CACHE_MISSING_KEY,
            ZooKeeperOptions.LOOKUP_MAX_STALENESS,
            ZooKeeperOptions.LOOKUP_MAX_RETRIES,
            ZooKeeperOptions.LOOKUP_PARSE_ERRORS,
            SinkOptions.DELIVERY_GUARANTEE,
            SinkOptions.TRANSACTIONAL_ID_PREFIX,
            SinkOptions.CREATE_MODE,
            SinkOptions.TTL,
            SinkOptions.CONFLICT,
            SinkOptions.GUARD_LOCK,
            SinkOptions.DELETE_CHILDREN,
            SinkOptions.SKIP_UNCHANGED);

    private RecipeOptions() {}
}
