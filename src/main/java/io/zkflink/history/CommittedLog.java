// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactions of an ensemble in their order, each once, from the folders of one or more of its servers.
 *
 * <p>A server logs a transaction before it is committed. A leader that fails may leave some that nobody else has, and
 * that never came true. So a transaction counts if a majority of those servers have it whose files tell whether they
 * do: they have transactions before and after, between which none is missing. While more may be written, servers that
 * have not come so far count as well. Of a single folder, whatever it has counts. Used by one thread.
 */
@Internal
public final class CommittedLog implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CommittedLog.class);

    private static final long NONE = -1;

    private final List<FolderReader> folders;
    private final boolean follow;
    private final boolean skipGaps;
    /** The last transaction that counted, or -1. */
    private long last;
    /** Where that was read; null for none. */
    private Path lastFile;

    private Runnable onGap = () -> {};

    /**
     * @param after the transaction after which to begin; -1 for the first one that is there
     * @param isKnown whether the transaction to begin with follows right after that one; else those between may be
     *     missing
     * @param follow whether more will be written
     * @param skipGaps whether to go on where transactions are missing
     */
    CommittedLog(List<LogFolder> folders, long after, boolean isKnown, boolean follow, boolean skipGaps) {
        this.folders = folders.stream()
                .map(folder -> new FolderReader(folder, after + 1))
                .toList();
        this.follow = follow;
        this.skipGaps = skipGaps;
        this.last = isKnown ? after : NONE;
    }

    /** Has somebody hear of transactions that are missing, on the thread that reads. */
    public CommittedLog onGap(Runnable listener) {
        onGap = listener;
        return this;
    }

    /**
     * The next transaction that counts; null if there is none, as yet.
     *
     * @throws IOException if transactions are missing before it, or a file cannot be read
     */
    public LogRecord next() throws IOException {
        while (true) {
            LogRecord next = lowest();
            if (next == null) {
                return null;
            }
            Verdict verdict = verdict(next.zxid());
            if (verdict == Verdict.OPEN) {
                return null;
            }
            for (FolderReader folder : folders) {
                if (has(folder, next.zxid())) {
                    folder.take();
                }
            }
            if (verdict == Verdict.COMMITTED) {
                checkGap(next);
                last = next.zxid();
                lastFile = next.file();
                return next;
            }
            LOG.info("The transaction {} in '{}' was never committed.", Zxids.text(next.zxid()), next.file());
        }
    }

    /** Looks for what may have been written since {@link #next} has found nothing. */
    public void refresh() throws IOException {
        for (FolderReader folder : folders) {
            folder.refresh();
        }
    }

    private enum Verdict {
        COMMITTED,
        DISCARDED,
        OPEN
    }

    private LogRecord lowest() throws IOException {
        LogRecord lowest = null;
        for (FolderReader folder : folders) {
            LogRecord record = folder.peek();
            if (record != null && (lowest == null || record.zxid() < lowest.zxid())) {
                lowest = record;
            }
        }
        return lowest;
    }

    private Verdict verdict(long zxid) throws IOException {
        int have = 0;
        int lack = 0;
        int open = 0;
        for (FolderReader folder : folders) {
            if (has(folder, zxid)) {
                have++;
            } else if (folder.covers(zxid)) {
                lack++;
            } else if (follow && folder.mayFollow(zxid)) {
                open++;
            }
        }
        int all = have + lack + open;
        if (2 * have > all) {
            return Verdict.COMMITTED;
        }
        return open > 0 && 2 * (have + open) > all ? Verdict.OPEN : Verdict.DISCARDED;
    }

    private static boolean has(FolderReader folder, long zxid) throws IOException {
        LogRecord record = folder.peek();
        return record != null && record.zxid() == zxid;
    }

    private void checkGap(LogRecord next) throws IOException {
        if (last == NONE) {
            // The first file may have lost what its name says it begins with.
            long begin = folders.stream().mapToLong(FolderReader::begin).min().orElseThrow();
            last = begin == Long.MAX_VALUE ? NONE : begin - 1;
        }
        if (last == NONE || !isGap(next.zxid())) {
            return;
        }
        String gap = String.format(
                "Transactions are missing between %s and %s: %s",
                Zxids.text(last), Zxids.text(next.zxid()), around(next));
        if (!skipGaps) {
            throw new IOException(
                    gap + ". Add the missing files, or the folder of another server, to 'log.path', or set"
                            + " 'log.on-gap' = 'skip' to go on without them.");
        }
        onGap.run();
        LOG.warn("{}; 'log.on-gap' = 'skip'.", gap);
    }

    private String around(LogRecord next) {
        if (next.file().equals(lastFile)) {
            return String.format("they are not in '%s', which has those before and after", next.file());
        }
        return folders.stream()
                .filter(folder -> folder.folder().contains(next.file()))
                .findFirst()
                .flatMap(FolderReader::before)
                .map(before ->
                        String.format("'%s' ends before them, and '%s' goes on behind them", before, next.file()))
                .orElseGet(() -> String.format("nothing is there before '%s'", next.file()));
    }

    /** The end of an epoch may be missing unnoticed, but a leader begins its own with a snapshot of what was before. */
    private boolean isGap(long next) throws IOException {
        if (next == last + 1) {
            return false;
        }
        if (!Zxids.areAdjacent(last, next)) {
            return true;
        }
        for (FolderReader folder : folders) {
            for (LogFolder.File snapshot : folder.folder().snapshots()) {
                if (snapshot.zxid() > last && snapshot.zxid() < next && !Zxids.isBeginOfEpoch(snapshot.zxid())) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        for (FolderReader folder : folders) {
            folder.close();
        }
    }
}
