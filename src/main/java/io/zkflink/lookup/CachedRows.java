// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.SharedResources;
import io.zkflink.client.session.SessionPool;
import java.io.IOException;
import java.util.List;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.RowData;

/** One lookup function's use of the cache that it shares with others. */
final class CachedRows implements AutoCloseable {

    private static final SharedResources<Identity, InvalidatingCache> CACHES =
            new SharedResources<>(InvalidatingCache::isUsable, InvalidatingCache::close);

    private final SharedResources<Identity, InvalidatingCache>.Lease lease;
    private final InvalidatingCache cache;
    private final LookupCacheMetrics metrics;

    private CachedRows(LookupTable table, LookupKeys keys, LookupCaching.Limits limits, MetricGroup group) {
        this.lease = CACHES.lease(
                new Identity(table.identity(), keys.leadingColumns()),
                () -> new InvalidatingCache(table, keys, limits, SessionPool.open(table.connection())));
        this.cache = lease.value();
        this.metrics = new LookupCacheMetrics(group, cache::size).withLoads();
    }

    private record Identity(String table, int leadingColumns) {}

    /** The cache of a table, or null if it has none of ours. */
    static CachedRows open(LookupTable table, LookupKeys keys, MetricGroup group) {
        return table.settings().caching() instanceof LookupCaching.Partial partial
                        && partial.invalidation() == LookupCaching.Invalidation.WATCH
                ? new CachedRows(table, keys, partial.limits(), group)
                : null;
    }

    /** The rows at a place, or null if they have to be read. */
    List<RowData> find(Object place) throws IOException {
        List<RowData> found = cache.find(place);
        if (found == null) {
            metrics.miss();
        } else {
            metrics.hit();
        }
        return found;
    }

    /** Announces a read. Must be followed by {@link #loaded} or {@link #failed}. */
    Loading begin(Object place) {
        return new Loading(cache.begin(place), System.nanoTime());
    }

    /** A read under way. */
    record Loading(InvalidatingCache.Load load, long begunNanos) {}

    /** Keeps what was read, if it may be kept; from now on it may be read by other threads. */
    List<RowData> loaded(Loading loading, List<RowData> rows) {
        metrics.loaded(System.nanoTime() - loading.begunNanos());
        cache.store(loading.load(), SharedRows.ready(rows));
        return rows;
    }

    void failed(Loading loading) {
        metrics.failed();
        cache.abandon(loading.load());
    }

    @Override
    public void close() {
        lease.close();
    }

    /** How many caches there are, for tests that look for leaks. */
    static int caches() {
        return CACHES.size();
    }
}
