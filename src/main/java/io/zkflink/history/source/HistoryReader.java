// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.source.reader.FetcherFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.base.source.reader.RecordEmitter;
import org.apache.flink.connector.base.source.reader.SingleThreadMultiplexSourceReaderBase;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.RowData;

/**
 * Emits the rows that its fetcher thread has read. State and output are the task thread's, which also finds where to
 * begin: no checkpoint must be taken before that is known.
 */
final class HistoryReader
        extends SingleThreadMultiplexSourceReaderBase<HistoryRow, RowData, HistorySplit, HistoryReader.Position> {

    /** How far rows were emitted. */
    static final class Position {
        private HistorySplit split;

        Position(HistorySplit split) {
            this.split = split;
        }
    }

    /** Finds what a split begins with. */
    @FunctionalInterface
    interface Beginning {
        HistorySplit of(HistorySplit split) throws IOException;
    }

    private final Beginning beginning;

    HistoryReader(
            Supplier<HistorySplitReader> splitReader,
            Beginning beginning,
            boolean watermarks,
            SourceReaderContext context) {
        super(splitReader::get, new Emitter(watermarks), context.getConfiguration(), context);
        this.beginning = beginning;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) throws Exception {
        try {
            return super.pollNext(output);
        } catch (RuntimeException e) {
            throw FetcherFailure.unwrap(e);
        }
    }

    @Override
    public void addSplits(List<HistorySplit> splits) {
        List<HistorySplit> begun = new ArrayList<>();
        for (HistorySplit split : splits) {
            try {
                begun.add(beginning.of(split));
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
        super.addSplits(begun);
    }

    /** Rows come in the order of their transactions, so their time goes on, but for leaders' clocks that differ. */
    private static final class Emitter implements RecordEmitter<HistoryRow, RowData, Position> {

        private final boolean watermarks;
        private long newest = Long.MIN_VALUE;

        Emitter(boolean watermarks) {
            this.watermarks = watermarks;
        }

        @Override
        public void emitRecord(HistoryRow row, SourceOutput<RowData> output, Position position) {
            if (row.row() != null) {
                output.collect(row.row(), row.time());
            }
            position.split = new HistorySplit(row.zxid(), row.ordinal());
            if (watermarks && row.time() > newest) {
                newest = row.time();
                // What follows may have the same time.
                output.emitWatermark(new Watermark(newest - 1));
            }
        }
    }

    @Override
    protected void onSplitFinished(Map<String, Position> finished) {
        // Nothing is held for it.
    }

    @Override
    protected Position initializedState(HistorySplit split) {
        return new Position(split);
    }

    @Override
    protected HistorySplit toSplitType(String splitId, Position position) {
        return position.split;
    }
}
