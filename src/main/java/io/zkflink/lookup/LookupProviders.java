// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.connector.source.LookupTableSource.LookupRuntimeProvider;
import org.apache.flink.table.connector.source.lookup.AsyncLookupFunctionProvider;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.connector.source.lookup.PartialCachingAsyncLookupProvider;
import org.apache.flink.table.connector.source.lookup.PartialCachingLookupProvider;
import org.apache.flink.table.connector.source.lookup.cache.DefaultLookupCache;
import org.apache.flink.table.connector.source.lookup.cache.LookupCache;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncLookupFunction;
import org.apache.flink.table.functions.LookupFunction;

/** Gives the planner the lookup functions of a table. */
@Internal
public final class LookupProviders {

    private LookupProviders() {}

    /**
     * Synchronous lookups, and asynchronous ones where the table wants them; of the two the planner chooses.
     *
     * @param rows the type of the produced rows, whose serializer is Flink's for binary rows
     */
    public static LookupRuntimeProvider of(LookupTable table, LookupKeys keys, TypeInformation<RowData> rows) {
        if (table.settings().caching() instanceof LookupCaching.Full) {
            // What is in memory is found at once.
            return LookupFunctionProvider.of(
                    new MirrorLookup(table, keys, rows.createSerializer(new SerializerConfigImpl())));
        }
        boolean async = table.settings().async();
        if (table.settings().caching() instanceof LookupCaching.Partial partial
                && partial.invalidation() == LookupCaching.Invalidation.TTL) {
            LookupCache cache = cache(partial.limits());
            return async ? new BothCached(table, keys, cache) : new SyncCached(table, keys, cache);
        }
        return async ? new Both(table, keys) : new Sync(table, keys);
    }

    private static LookupCache cache(LookupCaching.Limits limits) {
        DefaultLookupCache.Builder builder = DefaultLookupCache.newBuilder().cacheMissingKey(limits.missingKeys());
        if (limits.expireAfterAccess() != null) {
            builder.expireAfterAccess(limits.expireAfterAccess());
        }
        if (limits.expireAfterWrite() != null) {
            builder.expireAfterWrite(limits.expireAfterWrite());
        }
        if (limits.maxRows() != null) {
            builder.maximumSize(limits.maxRows());
        }
        return builder.build();
    }

    private interface SyncProvider extends LookupFunctionProvider {
        LookupTable table();

        LookupKeys keys();

        @Override
        default LookupFunction createLookupFunction() {
            return new SyncZNodeLookup(table(), keys());
        }
    }

    private interface AsyncProvider extends AsyncLookupFunctionProvider {
        LookupTable table();

        LookupKeys keys();

        @Override
        default AsyncLookupFunction createAsyncLookupFunction() {
            return new AsyncZNodeLookup(table(), keys());
        }
    }

    private record Sync(LookupTable table, LookupKeys keys) implements SyncProvider {}

    private record Both(LookupTable table, LookupKeys keys) implements SyncProvider, AsyncProvider {}

    private record SyncCached(LookupTable table, LookupKeys keys, LookupCache cache)
            implements SyncProvider, PartialCachingLookupProvider {
        @Override
        public LookupCache getCache() {
            return cache;
        }
    }

    private record BothCached(LookupTable table, LookupKeys keys, LookupCache cache)
            implements SyncProvider, AsyncProvider, PartialCachingLookupProvider, PartialCachingAsyncLookupProvider {
        @Override
        public LookupCache getCache() {
            return cache;
        }
    }
}
