// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;

/**
 * What an ensemble has written down: the transaction logs and snapshots of one or more of its servers, or copies of
 * them.
 *
 * @param paths the servers' folders, in any file system of Flink's
 * @param skipGaps whether to go on where transactions are missing; otherwise that is an error
 */
@Internal
public record History(List<String> paths, boolean skipGaps) implements Serializable {

    private static final long serialVersionUID = 1L;
    /** How far the clocks of leaders are believed to differ at most. */
    public static final long CLOCKS_DIFFER_MILLIS = 600_000;

    public History {
        paths = List.copyOf(paths);
    }

    /** Each folder once, however often it is named. */
    public List<LogFolder> folders() {
        Map<Path, LogFolder> byRoot = new LinkedHashMap<>();
        for (String path : paths) {
            LogFolder folder = LogFolder.of(path);
            byRoot.putIfAbsent(folder.root(), folder);
        }
        return List.copyOf(byRoot.values());
    }

    /**
     * All transactions after one of them, of which none may be missing.
     *
     * @param after -1 for all that are there
     * @param follow whether more will be written
     */
    public CommittedLog logAfter(long after, boolean follow) {
        return new CommittedLog(folders(), after, true, follow, skipGaps);
    }

    /** The transactions that are there of those after some number. */
    public CommittedLog logFrom(long after, boolean follow) {
        return new CommittedLog(folders(), after, false, follow, skipGaps);
    }

    /**
     * A number before the first transaction that is not earlier than a time, given that the clocks of leaders differ by
     * no more than {@value #CLOCKS_DIFFER_MILLIS} ms; no file is opened that begins later. -1 for the begin.
     *
     * @param time milliseconds since the epoch
     */
    public long before(long time) throws IOException {
        long start = -1;
        for (LogFolder folder : folders()) {
            List<LogFolder.File> logs = folder.logs();
            for (int i = logs.size() - 1; i >= 0 && logs.get(i).zxid() - 1 > start; i--) {
                if (firstTime(logs.get(i)) < time - CLOCKS_DIFFER_MILLIS) {
                    start = logs.get(i).zxid() - 1;
                }
            }
        }
        return start;
    }

    /** The last transaction that is known of by now: it is logged, or part of a snapshot; 0 for none. */
    public long end() throws IOException {
        long end = 0;
        for (LogFolder folder : folders()) {
            for (LogFolder.File snapshot : folder.snapshots()) {
                end = Math.max(end, snapshot.zxid());
            }
        }
        try (CommittedLog log = logFrom(beforeNewestFiles(), false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                end = Math.max(end, record.zxid());
            }
        }
        return end;
    }

    /** A number in the newest file of each server. */
    private long beforeNewestFiles() throws IOException {
        long start = Long.MAX_VALUE;
        for (LogFolder folder : folders()) {
            List<LogFolder.File> logs = folder.logs();
            if (!logs.isEmpty()) {
                start = Math.min(start, logs.get(logs.size() - 1).zxid() - 1);
            }
        }
        return start == Long.MAX_VALUE ? -1 : start;
    }

    /** The time of the first transaction in a file. */
    private static long firstTime(LogFolder.File file) throws IOException {
        try (LogFile log = LogFile.open(file.path(), 0)) {
            LogRecord first = log.next();
            return first == null ? Long.MAX_VALUE : first.time();
        } catch (FileNotFoundException e) {
            // Purged since it was listed.
            return Long.MAX_VALUE;
        }
    }

    /** A decoder for all transactions from one that has not been read yet. */
    public TransactionDecoder decoder() {
        return new TransactionDecoder(EphemeralZNodes.after(new PastEphemerals(this)));
    }
}
