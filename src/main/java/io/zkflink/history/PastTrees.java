// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the tree as it was after the last transaction whose time is not later than a moment.
 *
 * <p>Transactions are ordered by their zxid, and leaders' clocks may differ; a transaction that comes later with an earlier
 * time is found if its leader's clock was no more than ten minutes behind.
 *
 * <p>The newest snapshot before that transaction is read, and what was done since is laid over it. A snapshot is written
 * while transactions go on, so one that may have something of what came after the moment is of no use, and an older one is
 * taken.
 */
public final class PastTrees {

    private static final Logger LOG = LoggerFactory.getLogger(PastTrees.class);

    private final History history;

    public PastTrees(History history) {
        this.history = history;
    }

    /**
     * @param zxid the last transaction that is part of the tree
     * @param isNewest whether nothing was logged after it
     */
    private record Moment(long zxid, boolean isNewest) {}

    /**
     * The tree as it was.
     *
     * @param time milliseconds since the epoch
     * @throws IOException if the files do not reach back so far, or some are missing
     */
    public TreeAt at(long time) throws IOException {
        Moment moment = moment(time);
        LogFolder.File base = base(moment, time);
        PastChanges changes = new PastChanges();
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(base.zxid(), false)) {
            for (LogRecord record = log.next(); record != null && record.zxid() <= moment.zxid(); record = log.next()) {
                changes.apply(decoder.decode(record));
            }
        }
        return new TreeAt(SnapshotFile.open(base.path()), changes);
    }

    private Moment moment(long time) throws IOException {
        long last = -1;
        boolean later = false;
        try (CommittedLog log = history.logFrom(history.before(time), false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                if (record.time() <= time) {
                    last = record.zxid();
                    later = false;
                } else {
                    later = true;
                    if (record.time() > time + History.CLOCKS_DIFFER_MILLIS) {
                        break;
                    }
                }
            }
        }
        if (last < 0) {
            throw tooEarly(time);
        }
        return new Moment(last, !later);
    }

    private LogFolder.File base(Moment moment, long time) throws IOException {
        for (LogFolder folder : history.folders()) {
            List<LogFolder.File> newestFirst = new ArrayList<>(folder.snapshots());
            newestFirst.sort(Comparator.comparingLong(LogFolder.File::zxid).reversed());
            boolean isFollowed = false;
            for (LogFolder.File snapshot : newestFirst) {
                if (snapshot.zxid() <= moment.zxid()) {
                    boolean isNewest = snapshot.equals(newestFirst.get(0));
                    if (isNewest && !SnapshotFile.isFinished(snapshot.path())) {
                        LOG.warn("The snapshot '{}' is not finished; an older one is read.", snapshot.path());
                    } else if (isFollowed || isComplete(snapshot, moment, time)) {
                        return snapshot;
                    }
                    // A server writes one snapshot at a time.
                    isFollowed = true;
                }
            }
        }
        throw tooEarly(time);
    }

    /** Whether nothing that came after a moment can be part of a snapshot. */
    private static boolean isComplete(LogFolder.File snapshot, Moment moment, long time) throws IOException {
        if (snapshot.zxid() == 0 || moment.isNewest() || snapshot.modified() < time - History.CLOCKS_DIFFER_MILLIS) {
            return true;
        }
        try (SnapshotFile file = SnapshotFile.open(snapshot.path())) {
            while (file.next() != null) {
                // Its end is behind all znodes.
            }
            return file.end() != SnapshotFile.UNKNOWN_END && file.end() <= moment.zxid();
        }
    }

    private IOException tooEarly(long time) throws IOException {
        String from = "there is no snapshot, or no transaction log";
        long first = history.folders().stream()
                .flatMap(folder -> snapshots(folder).stream())
                .mapToLong(LogFolder.File::zxid)
                .min()
                .orElse(-1);
        if (first >= 0) {
            try (CommittedLog log = history.logFrom(-1, false)) {
                LogRecord record = log.next();
                while (record != null && record.zxid() < first) {
                    record = log.next();
                }
                from = record == null
                        ? from
                        : "answers exist from about " + Instant.ofEpochMilli(record.time()) + " on";
            }
        }
        return new IOException(String.format(
                "The tree as of %s is not known from the files in %s: %s. Ask for a later moment, or add older files.",
                Instant.ofEpochMilli(time), history.paths(), from));
    }

    private static List<LogFolder.File> snapshots(LogFolder folder) {
        try {
            return folder.snapshots();
        } catch (IOException e) {
            return List.of();
        }
    }
}
