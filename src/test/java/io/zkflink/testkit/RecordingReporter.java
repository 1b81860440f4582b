// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** Remembers the metrics that are registered in this JVM's {@link SharedMiniCluster}. Thread-safe. */
public final class RecordingReporter implements MetricReporter {

    private static final Map<String, Metric> METRICS = new ConcurrentHashMap<>();

    /** Made by Flink, as its configuration says. */
    public static final class Factory implements MetricReporterFactory {
        @Override
        public MetricReporter createMetricReporter(Properties properties) {
            return new RecordingReporter();
        }
    }

    /** The value of a metric of a job's source or sink, or of a lookup's cache. */
    public static long value(String job, String name) {
        for (Map.Entry<String, Metric> entry : METRICS.entrySet()) {
            if (entry.getKey().startsWith(job + " ") && entry.getKey().endsWith("." + name)) {
                Metric metric = entry.getValue();
                return metric instanceof Counter counter
                        ? counter.getCount()
                        : ((Number) ((Gauge<?>) metric).getValue()).longValue();
            }
        }
        throw new AssertionError("no metric " + name + " of job " + job);
    }

    /** All that is reported of all jobs now, names and values. */
    public static String all() {
        StringBuilder all = new StringBuilder();
        METRICS.forEach((name, metric) -> all.append(name)
                .append(" = ")
                .append(
                        metric instanceof Gauge<?> gauge
                                ? gauge.getValue()
                                : metric instanceof Counter counter ? counter.getCount() : metric)
                .append('\n'));
        return all.toString();
    }

    @Override
    public void open(MetricConfig config) {
        // Nothing to report to.
    }

    @Override
    public void close() {
        // What was registered is forgotten one by one.
    }

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
        key(name, group, key -> METRICS.put(key, metric));
    }

    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
        key(name, group, key -> METRICS.remove(key, metric));
    }

    private static void key(String name, MetricGroup group, java.util.function.Consumer<String> use) {
        String operator = group.getAllVariables().get("<operator_name>");
        boolean isCache = group.getMetricIdentifier(name).contains(".cache.");
        boolean isOurs = operator != null
                && (operator.startsWith("Source: ")
                        || operator.endsWith(": Writer")
                        || operator.endsWith(": Committer"));
        if (operator != null && (isCache || isOurs)) {
            use.accept(group.getAllVariables().get("<job_id>") + " " + group.getMetricIdentifier(name));
        }
    }
}
