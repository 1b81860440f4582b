// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.client.ZooKeeperClient;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.flink.annotation.Internal;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;

/**
 * The metrics of one reader: Flink's standard ones for sources (FLIP-33) as far as Flink does not fill them by itself,
 * and those of {@link ScanMetric}. Counters belong to the task thread; gauges are asked by Flink's reporters.
 */
@Internal
public final class ScanMetrics {

    private static final String GROUP = "zookeeper";
    private static final long UNKNOWN = -1;

    private final SourceReaderMetricGroup group;
    private final MetricGroup own;
    private final Counter recordsIn;
    private final Counter bytesIn;
    private final Counter errors;
    private final Counter versionsSkipped;
    private volatile long fetchEventTimeLag = UNKNOWN;

    public ScanMetrics(SourceReaderMetricGroup group) {
        this.group = group;
        this.own = group.addGroup(GROUP);
        this.recordsIn = group.getIOMetricGroup().getNumRecordsInCounter();
        this.bytesIn = group.getIOMetricGroup().getNumBytesInCounter();
        this.errors = group.getNumRecordsInErrorsCounter();
        this.versionsSkipped = own.counter(ScanMetric.VERSIONS_SKIPPED.key());
        group.gauge("currentFetchEventTimeLag", (Gauge<Long>) () -> fetchEventTimeLag);
    }

    /** A znode that was read. */
    public void read(int bytes) {
        bytesIn.inc(bytes);
    }

    /**
     * A change that was seen as it happened, not by reading the whole tree.
     *
     * @param lagMillis from the change, by the server's clock, to the request that read it, by ours
     */
    public void followed(long lagMillis) {
        fetchEventTimeLag = lagMillis;
    }

    /** Versions of a znode that came and went between two reads. */
    public void versionsSkipped(int versions) {
        versionsSkipped.inc(versions);
    }

    /** Data that could not be decoded. */
    public void undecodable() {
        errors.inc();
    }

    /** Takes back that Flink counts a mark between records as one. */
    public void mark() {
        recordsIn.dec();
    }

    public void pending(LongSupplier reads) {
        group.setPendingRecordsGauge(reads::getAsLong);
    }

    public void connection(Supplier<ZooKeeperClient.Statistics> connection) {
        gauge(ScanMetric.CONNECTED, () -> connection.get().connected() ? 1 : 0);
        gauge(ScanMetric.RECONNECTS, () -> connection.get().reconnects());
        gauge(ScanMetric.EXPIRIES, () -> connection.get().expiries());
    }

    public void gauge(ScanMetric metric, LongSupplier value) {
        own.gauge(metric.key(), (Gauge<Long>) value::getAsLong);
    }
}
