// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the transactions that one server logged, file by file, in their order. Files that it has not come to may be
 * created, and files that it has read may be purged. Used by one thread.
 */
final class FolderReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FolderReader.class);
    private static final int REREADS = 3;
    private static final long NONE = -1;

    private final LogFolder folder;
    /** What comes before is not needed. */
    private final long from;

    private LogFolder.File first;
    private LogFolder.File current;
    /** The file that was read before; null for none. */
    private LogFolder.File before;

    private LogFile log;
    private LogRecord peeked;
    /** The last transaction before {@link #peeked}, or {@link #NONE}. */
    private long previous = NONE;
    /** The newest snapshot that was begun before {@link #peeked}, or {@link #NONE}; null if not looked for. */
    private Long snapshotBefore;

    FolderReader(LogFolder folder, long from) {
        this.folder = folder;
        this.from = from;
    }

    LogFolder folder() {
        return folder;
    }

    /** The file that was read before the one that is being read. */
    Optional<Path> before() {
        return Optional.ofNullable(before).map(LogFolder.File::path);
    }

    /** The transaction that the first file begins with, by its name, if that is needed; else {@link Long#MAX_VALUE}. */
    long begin() {
        return first == null || first.zxid() < from ? Long.MAX_VALUE : first.zxid();
    }

    /** The next transaction; null if there is none, as yet. */
    LogRecord peek() throws IOException {
        while (peeked == null || peeked.zxid() < from) {
            take();
            peeked = read();
            if (peeked == null) {
                return null;
            }
        }
        return peeked;
    }

    /** Goes on to the one after {@link #peek}. */
    void take() {
        if (peeked != null) {
            previous = peeked.zxid();
            peeked = null;
            snapshotBefore = null;
        }
    }

    /**
     * Whether there would be a transaction between the last one taken and the next one if this server had logged it.
     */
    boolean covers(long zxid) throws IOException {
        return peeked != null
                && previous != NONE
                && previous < zxid
                && zxid < peeked.zxid()
                && Zxids.areAdjacent(previous, peeked.zxid())
                && zxid > snapshotBefore(peeked);
    }

    /** A server that was away may have got a snapshot of the leader's instead of what it missed. */
    private long snapshotBefore(LogRecord record) throws IOException {
        if (snapshotBefore == null) {
            snapshotBefore = folder.snapshots().stream()
                    .mapToLong(LogFolder.File::zxid)
                    .filter(zxid -> zxid < record.zxid())
                    .max()
                    .orElse(NONE);
        }
        return snapshotBefore;
    }

    /** Whether this server may still log a transaction. */
    boolean mayFollow(long zxid) {
        return peeked == null && previous != NONE && previous < zxid;
    }

    private LogRecord read() throws IOException {
        if (log == null && !openFirst()) {
            return null;
        }
        while (true) {
            LogRecord record = newer();
            if (record != null) {
                return record;
            }
            LogFolder.File next = after(current);
            if (next == null) {
                return null;
            }
            // It may have been written to between being read and being followed by another one.
            log.refresh();
            record = newer();
            if (record != null) {
                return record;
            }
            open(next);
        }
    }

    /** The next transaction in the file that is newer than the last one; null for none. */
    private LogRecord newer() throws IOException {
        LogRecord record = nextOfFile();
        while (record != null && record.zxid() <= previous) {
            record = nextOfFile();
        }
        return record;
    }

    /** A file that is being written may be read half old and half new, so it is judged when it stays as it is. */
    private LogRecord nextOfFile() throws IOException {
        for (int reread = 0; ; reread++) {
            try {
                return log.next();
            } catch (DamagedFileException e) {
                if (reread == REREADS) {
                    throw e;
                }
                log.refresh();
            }
        }
    }

    /** Reads on in what may have been written since {@link #peek} has found nothing. */
    void refresh() throws IOException {
        if (log != null && peeked == null) {
            log.refresh();
        }
    }

    private boolean openFirst() throws IOException {
        do {
            first = null;
            for (LogFolder.File file : folder.logs()) {
                if (first == null || file.zxid() <= from) {
                    first = file;
                }
            }
        } while (first != null && !open(first));
        return first != null;
    }

    private LogFolder.File after(LogFolder.File file) throws IOException {
        List<LogFolder.File> files = folder.logs();
        return files.stream()
                .filter(other -> other.zxid() > file.zxid())
                .findFirst()
                .orElse(null);
    }

    /** Whether a file is still there, which a server may purge when it has been listed. */
    private boolean open(LogFolder.File file) throws IOException {
        LogFile opened;
        try {
            opened = LogFile.open(file.path(), 0);
        } catch (FileNotFoundException e) {
            if (folder.logs().stream().anyMatch(listed -> listed.path().equals(file.path()))) {
                throw e;
            }
            LOG.info("The file '{}' was deleted before it was read.", file.path());
            return false;
        }
        if (log != null) {
            if (log.isTorn()) {
                LOG.info("The last record of '{}' was never finished.", current.path());
            }
            log.close();
        }
        log = opened;
        before = current;
        current = file;
        return true;
    }

    @Override
    public void close() throws IOException {
        if (log != null) {
            log.close();
        }
    }
}
