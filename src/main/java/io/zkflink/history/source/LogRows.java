// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.history.CommittedLog;
import io.zkflink.history.History;
import io.zkflink.history.LogRecord;
import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import io.zkflink.history.TransactionDecoder;
import java.io.IOException;
import org.apache.flink.table.data.RowData;

/** The operations of a log as rows, in the order of their transactions. Used by one thread. */
final class LogRows implements RowReader {

    /** How many transactions without a row may pass before it is told how far reading has come. */
    private static final int SILENT = 10_000;

    private final LogScan scan;
    private final CommittedLog log;
    private final TransactionDecoder transactions;
    private final LogDecoder rows;
    private final HistorySplit told;
    /** Null before the first one that is not earlier than where to begin. */
    private Long startTime;

    private Transaction current;
    private int next;
    private int silent;

    private LogRows(
            LogScan scan, CommittedLog log, History history, LogDecoder rows, HistorySplit told, Long startTime) {
        this.scan = scan;
        this.log = log;
        this.transactions = history.decoder();
        this.rows = rows;
        this.told = told;
        this.startTime = startTime;
    }

    static LogRows open(History history, LogScan scan, LogDecoder rows, HistorySplit split, Runnable onGap)
            throws IOException {
        LogRows opened = open(history, scan, rows, split);
        opened.log.onGap(onGap);
        return opened;
    }

    private static LogRows open(History history, LogScan scan, LogDecoder rows, HistorySplit split) throws IOException {
        boolean follow = !scan.isBounded();
        if (!split.isFresh()) {
            return new LogRows(scan, history.logAfter(split.lastWhole(), follow), history, rows, split, null);
        }
        if (scan.start() instanceof LogScan.Start.AtZxid start) {
            CommittedLog log = history.logAfter(start.zxid() - 1, follow);
            return new LogRows(scan, log, history, rows, split, null);
        }
        Long startTime = scan.start() instanceof LogScan.Start.AtTime start ? start.millis() : null;
        long earliest = Math.max(scan.times().first(), startTime == null ? Long.MIN_VALUE : startTime);
        long after = Math.max(
                earliest == Long.MIN_VALUE ? -1 : history.before(earliest),
                Math.max(0, scan.zxids().first()) - 1);
        return new LogRows(scan, history.logFrom(Math.max(-1, after), follow), history, rows, split, startTime);
    }

    /** Fixes a begin that moves with what is written, so that a checkpoint holds it even before there is a row. */
    static HistorySplit begin(History history, LogScan scan, HistorySplit split) throws IOException {
        boolean moves = split.isFresh() && scan.start() instanceof LogScan.Start.Latest;
        return moves ? new HistorySplit(history.end(), HistorySplit.WHOLE) : split;
    }

    @Override
    public HistoryRow next() throws IOException {
        while (true) {
            while (current != null && next < current.operations().size()) {
                Operation operation = current.operations().get(next++);
                RowData row = told.covers(current.zxid(), operation.ordinal()) ? null : rows.row(current, operation);
                if (row != null) {
                    silent = 0;
                    boolean isLast = next == current.operations().size();
                    return new HistoryRow(
                            row, current.time(), current.zxid(), isLast ? HistorySplit.WHOLE : operation.ordinal());
                }
            }
            LogRecord record = wanted();
            if (record == null) {
                return end();
            }
            if (silent++ >= SILENT) {
                HistoryRow progress = progress();
                take(record);
                return progress;
            }
            take(record);
        }
    }

    private void take(LogRecord record) throws IOException {
        current = transactions.decode(record);
        next = 0;
    }

    /** The last transaction has been told. */
    private HistoryRow progress() {
        silent = 0;
        return new HistoryRow(null, current.time(), current.zxid(), HistorySplit.WHOLE);
    }

    /** Nothing more is there; it is told once how far that is. */
    private HistoryRow end() {
        if (current == null) {
            return null;
        }
        HistoryRow progress = progress();
        current = null;
        return progress;
    }

    /** The next transaction that may have rows; null if there is none, as yet. */
    private LogRecord wanted() throws IOException {
        for (LogRecord record = log.next(); record != null; record = log.next()) {
            if (startTime != null && record.time() >= startTime) {
                startTime = null;
            }
            if (record.zxid() > scan.zxids().last() || isLater(record)) {
                return null;
            }
            if (startTime == null && scan.times().contains(record.time())) {
                return record;
            }
            transactions.skip(record);
        }
        return null;
    }

    private boolean isLater(LogRecord record) {
        return scan.times().last() < Long.MAX_VALUE - History.CLOCKS_DIFFER_MILLIS
                && record.time() > scan.times().last() + History.CLOCKS_DIFFER_MILLIS;
    }

    @Override
    public void refresh() throws IOException {
        log.refresh();
    }

    @Override
    public void close() throws IOException {
        log.close();
    }
}
