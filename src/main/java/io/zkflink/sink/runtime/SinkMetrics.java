// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.flink.annotation.Internal;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.metrics.groups.SinkWriterMetricGroup;

/**
 * The metrics of one writer or committer: Flink's standard ones for sinks (FLIP-33), and those of {@link SinkMetric}.
 * Thread-safe.
 */
@Internal
public final class SinkMetrics {

    private static final String GROUP = "zookeeper";

    private final MetricGroup own;
    private final Counter recordsSent;
    private final Counter sendErrors;
    private final Map<SinkMetric, Counter> counters = new EnumMap<>(SinkMetric.class);
    private volatile long lastSendMillis;

    public SinkMetrics(SinkWriterMetricGroup group) {
        this(group, group.getNumRecordsSendCounter(), group.getNumRecordsSendErrorsCounter());
        group.setCurrentSendTimeGauge(() -> lastSendMillis);
    }

    /** For a committer, whose rows Flink has counted at the writer. */
    public SinkMetrics(MetricGroup group) {
        this(group, new ThreadSafeSimpleCounter(), new ThreadSafeSimpleCounter());
    }

    private SinkMetrics(MetricGroup group, Counter recordsSent, Counter sendErrors) {
        this.own = group.addGroup(GROUP);
        this.recordsSent = recordsSent;
        this.sendErrors = sendErrors;
        for (SinkMetric metric : SinkMetric.COUNTERS) {
            counters.put(metric, own.counter(metric.key(), new ThreadSafeSimpleCounter()));
        }
    }

    /** Rows are written, each counted once however often it was sent. */
    public void written(int rows) {
        recordsSent.inc(rows);
    }

    /** How long a batch took, in milliseconds. */
    public void sent(long millis) {
        lastSendMillis = millis;
    }

    public void failed(int rows) {
        sendErrors.inc(rows);
    }

    public void count(SinkMetric metric) {
        counters.get(metric).inc();
    }

    public void gauge(SinkMetric metric, LongSupplier value) {
        own.gauge(metric.key(), (Gauge<Long>) value::getAsLong);
    }
}
