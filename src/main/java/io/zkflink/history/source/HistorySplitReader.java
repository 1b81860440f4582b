// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;

/** Reads files for a reader. Used by the fetcher thread only, except for {@link #wakeUp}. */
final class HistorySplitReader implements SplitReader<HistoryRow, HistorySplit> {

    private static final int ROWS_PER_FETCH = 1_000;

    /** Opens what a split says. */
    @FunctionalInterface
    interface Opener {
        RowReader open(HistorySplit split) throws IOException;
    }

    private final Opener opener;
    /** Null if the split ends with what is there. */
    private final Duration pollInterval;

    private final Semaphore wakeUps = new Semaphore(0);
    private RowReader rows;
    private boolean atEnd;

    HistorySplitReader(Opener opener, Duration pollInterval) {
        this.opener = opener;
        this.pollInterval = pollInterval;
    }

    @Override
    public void handleSplitsChanges(SplitsChange<HistorySplit> change) {
        try {
            rows = opener.open(change.splits().get(0));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e.getMessage(), e);
        }
    }

    @Override
    public RecordsWithSplitIds<HistoryRow> fetch() throws IOException {
        RecordsBySplits.Builder<HistoryRow> records = new RecordsBySplits.Builder<>();
        if (atEnd) {
            awaitPoll();
            rows.refresh();
        }
        HistoryRow row = null;
        atEnd = false;
        for (int i = 0; i < ROWS_PER_FETCH && !atEnd; i++) {
            row = rows.next();
            atEnd = row == null;
            if (row != null) {
                records.add(HistorySplit.ID, row);
            }
        }
        if (atEnd && pollInterval == null) {
            records.addFinishedSplit(HistorySplit.ID);
        }
        return records.build();
    }

    private void awaitPoll() throws IOException {
        try {
            if (wakeUps.tryAcquire(pollInterval.toMillis(), TimeUnit.MILLISECONDS)) {
                wakeUps.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for new transactions.", e);
        }
    }

    @Override
    public void wakeUp() {
        wakeUps.release();
    }

    @Override
    public void close() throws IOException {
        if (rows != null) {
            rows.close();
        }
    }
}
