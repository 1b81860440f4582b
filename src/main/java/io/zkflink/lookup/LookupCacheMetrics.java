// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.util.function.LongSupplier;
import org.apache.flink.annotation.Internal;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;

/**
 * Flink's metrics of lookup caches (FLIP-221), for caches that Flink does not know. Hits and misses belong to the
 * task's thread, loads to the thread that makes rows.
 */
@Internal
public final class LookupCacheMetrics {

    private static final String GROUP = "cache";

    private final MetricGroup group;
    private final Counter hits = new SimpleCounter();
    private final Counter misses = new SimpleCounter();
    private final Counter loads = new SimpleCounter();
    private final Counter failures = new SimpleCounter();
    private volatile long latestLoadMillis;

    /**
     * @param rows how many are cached
     */
    public LookupCacheMetrics(MetricGroup parent, LongSupplier rows) {
        group = parent.addGroup(GROUP);
        group.counter("hitCount", hits);
        group.counter("missCount", misses);
        group.gauge("numCachedRecords", (Gauge<Long>) rows::getAsLong);
    }

    /** A cache of what lookups read. */
    public LookupCacheMetrics withLoads() {
        group.counter("loadCount", loads);
        group.counter("numLoadFailures", failures);
        group.gauge("latestLoadTime", (Gauge<Long>) () -> latestLoadMillis);
        return this;
    }

    public void hit() {
        hits.inc();
    }

    public void miss() {
        misses.inc();
    }

    /** A read that was answered after so long. */
    public void loaded(long nanos) {
        loads.inc();
        latestLoadMillis = nanos / 1_000_000;
    }

    public void failed() {
        failures.inc();
    }
}
