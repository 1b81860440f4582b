// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.lookup.LookupCaching;
import io.zkflink.lookup.LookupSettings;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.source.lookup.LookupOptions;

/** Reads the options that say how to look rows up. */
@Internal
public final class LookupOptionsReader {

    private final ReadableConfig options;
    private final Map<String, String> raw;
    private final OptionsReader reader;

    LookupOptionsReader(ReadableConfig options, Map<String, String> raw, OptionsReader reader) {
        this.options = options;
        this.raw = raw;
        this.reader = reader;
    }

    /**
     * How to look rows up.
     *
     * @param schema of the table, to tell tables apart
     */
    public LookupSettings settings(String schema) {
        return new LookupSettings(
                new TreeMap<>(raw) + schema,
                options.get(ZooKeeperOptions.LOOKUP_ASYNC),
                reader.atLeast(0, ZooKeeperOptions.LOOKUP_MAX_RETRIES),
                reader.inRange(0, ZooKeeperOptions.LOOKUP_MAX_STALENESS),
                options.get(ZooKeeperOptions.LOOKUP_PARSE_ERRORS),
                caching());
    }

    private LookupCaching caching() {
        LookupOptions.LookupCacheType type = options.get(ZooKeeperOptions.LOOKUP_CACHE);
        if (type == LookupOptions.LookupCacheType.PARTIAL) {
            return new LookupCaching.Partial(limits(), options.get(ZooKeeperOptions.LOOKUP_INVALIDATION));
        }
        ZooKeeperOptions.OF_PARTIAL_CACHE.stream()
                .filter(option -> options.getOptional(option).isPresent())
                .findFirst()
                .ifPresent(option -> {
                    throw reader.invalid(
                            option,
                            "it needs 'lookup.cache' = 'PARTIAL', which is '" + type + "'. Set that, or remove the"
                                    + " option.");
                });
        return type == LookupOptions.LookupCacheType.FULL ? new LookupCaching.Full() : new LookupCaching.None();
    }

    private LookupCaching.Limits limits() {
        LookupCaching.Limits limits = new LookupCaching.Limits(
                options.getOptional(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_ACCESS)
                        .map(set -> reader.positive(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_ACCESS))
                        .orElse(null),
                options.getOptional(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_WRITE)
                        .map(set -> reader.positive(ZooKeeperOptions.LOOKUP_EXPIRE_AFTER_WRITE))
                        .orElse(null),
                options.getOptional(ZooKeeperOptions.LOOKUP_MAX_ROWS).orElse(null),
                options.get(ZooKeeperOptions.LOOKUP_CACHE_MISSING_KEY));
        if (limits.maxRows() != null && limits.maxRows() < 1) {
            throw reader.invalid(ZooKeeperOptions.LOOKUP_MAX_ROWS, "it must be at least 1.");
        }
        if (limits.maxRows() == null && limits.expireAfterAccess() == null && limits.expireAfterWrite() == null) {
            throw reader.invalid(
                    ZooKeeperOptions.LOOKUP_CACHE,
                    "without a limit the cache could grow for ever. Set 'lookup.partial-cache.max-rows',"
                            + " 'lookup.partial-cache.expire-after-write' or"
                            + " 'lookup.partial-cache.expire-after-access'.");
        }
        return limits;
    }
}
