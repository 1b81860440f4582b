// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.testkit.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * A reader of a history without a cluster: a test polls it and takes its checkpoints. The test thread is its task
 * thread.
 */
final class ManualReader implements AutoCloseable {

    private static final long POLL_MILLIS = 20;

    private final SourceReader<RowData, HistorySplit> reader;
    private final Output output = new Output();
    private InputStatus status = InputStatus.NOTHING_AVAILABLE;

    private ManualReader(HistorySource source, List<HistorySplit> splits) throws Exception {
        reader = source.createReader(new Context());
        reader.start();
        reader.addSplits(splits);
        reader.notifyNoMoreSplits();
    }

    /** A reader of a job that begins. */
    static ManualReader of(HistorySource source) throws Exception {
        return new ManualReader(source, List.of(HistorySplit.fresh()));
    }

    /** A reader of a job that is restored, its state written and read as Flink does. */
    static ManualReader restored(HistorySource source, List<HistorySplit> checkpoint) throws Exception {
        List<HistorySplit> splits = new ArrayList<>();
        for (HistorySplit split : checkpoint) {
            splits.add(source.getSplitSerializer()
                    .deserialize(
                            source.getSplitSerializer().getVersion(),
                            source.getSplitSerializer().serialize(split)));
        }
        return new ManualReader(source, splits);
    }

    List<HistorySplit> checkpoint() {
        return reader.snapshotState(1);
    }

    /** Polls until there have been so many rows, not at all for none, and gives them all. */
    List<String> rows(int count) throws Exception {
        Await.until(count + " rows", () -> {
            if (output.rows.size() < count) {
                poll();
            }
            return output.rows.size() >= count;
        });
        return output.rows;
    }

    /** Polls until the input ends, and gives all rows. */
    List<String> allRows() throws Exception {
        Await.until("the end", () -> {
            poll();
            return status == InputStatus.END_OF_INPUT;
        });
        return output.rows;
    }

    /** Polls once, or waits a little if there is nothing; at most one row comes of it. */
    void poll() throws Exception {
        status = reader.pollNext(output);
        if (status == InputStatus.NOTHING_AVAILABLE) {
            try {
                reader.isAvailable().get(POLL_MILLIS, TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                // Nothing yet.
            }
        }
    }

    List<String> soFar() {
        return output.rows;
    }

    @Override
    public void close() throws Exception {
        reader.close();
    }

    private static final class Output implements ReaderOutput<RowData> {
        final List<String> rows = new ArrayList<>();

        @Override
        public void collect(RowData row) {
            rows.add(row.getString(0).toString());
        }

        @Override
        public void collect(RowData row, long timestamp) {
            collect(row);
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            // Not looked at.
        }

        @Override
        public void markIdle() {
            // Not looked at.
        }

        @Override
        public void markActive() {
            // Not looked at.
        }

        @Override
        public SourceOutput<RowData> createOutputForSplit(String split) {
            return this;
        }

        @Override
        public void releaseOutputForSplit(String split) {
            // Holds nothing.
        }
    }

    private static final class Context implements SourceReaderContext {
        @Override
        public SourceReaderMetricGroup metricGroup() {
            return UnregisteredMetricsGroup.createSourceReaderMetricGroup();
        }

        @Override
        public Configuration getConfiguration() {
            return new Configuration();
        }

        @Override
        public String getLocalHostName() {
            return "localhost";
        }

        @Override
        public int getIndexOfSubtask() {
            return 0;
        }

        @Override
        public void sendSplitRequest() {
            // The split is given.
        }

        @Override
        public void sendSourceEventToCoordinator(SourceEvent event) {
            // There is no coordinator.
        }

        @Override
        public UserCodeClassLoader getUserCodeClassLoader() {
            return SimpleUserCodeClassLoader.create(ManualReader.class.getClassLoader());
        }
    }
}
