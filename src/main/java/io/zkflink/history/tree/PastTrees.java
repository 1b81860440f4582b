// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import io.zkflink.history.BaseSnapshot;
import io.zkflink.history.CommittedLog;
import io.zkflink.history.History;
import io.zkflink.history.LogRecord;
import io.zkflink.history.SnapshotFile;
import io.zkflink.history.TransactionDecoder;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;

/**
 * Finds the tree as it was after the last transaction whose time is not later than a moment.
 *
 * <p>Transactions are ordered by their zxid, and leaders' clocks may differ; a transaction that comes later with an
 * earlier time is found if its leader's clock was no more than ten minutes behind.
 *
 * <p>The newest snapshot that has nothing of what came after that transaction is read, and what was done since is laid
 * over it.
 */
@Internal
public final class PastTrees {

    private final History history;

    public PastTrees(History history) {
        this.history = history;
    }

    /** All znodes of the tree as it was. */
    TreeAt at(long time) throws IOException {
        return at(time, WantedZNodes.ALL);
    }

    /**
     * The tree as it was.
     *
     * @param time milliseconds since the epoch
     * @param wanted of which znodes it is to consist
     * @throws IOException if the files do not reach back so far, or some are missing
     */
    public TreeAt at(long time, WantedZNodes wanted) throws IOException {
        long last = last(time);
        List<Path> unfinished = new ArrayList<>();
        for (BaseSnapshot base : BaseSnapshot.newestFirst(history.folders(), last)) {
            if (base.checkFree(last, time)) {
                Optional<PastChanges> changes = changes(base, last, wanted);
                if (changes.isPresent()) {
                    return new TreeAt(
                            SnapshotFile.openIntact(base.file().path(), base.end()), changes.get(), base.end());
                }
            } else if (!base.isFinished()) {
                unfinished.add(base.file().path());
            }
        }
        throw tooEarly(time, unfinished);
    }

    /** The last transaction that is part of the tree. */
    private long last(long time) throws IOException {
        long last = -1;
        try (CommittedLog log = history.logFrom(history.before(time), false)) {
            for (LogRecord record = log.next();
                    record != null && record.time() <= time + History.CLOCKS_DIFFER_MILLIS;
                    record = log.next()) {
                if (record.time() <= time) {
                    last = record.zxid();
                }
            }
        }
        if (last < 0) {
            throw tooEarly(time, List.of());
        }
        return last;
    }

    /** What was done since a snapshot; nothing if that may have something of what came later. */
    private Optional<PastChanges> changes(BaseSnapshot base, long last, WantedZNodes wanted) throws IOException {
        PastChanges changes = new PastChanges(wanted);
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(base.file().zxid(), false)) {
            LogRecord record = log.next();
            while (record != null && record.zxid() <= last) {
                changes.apply(decoder.decode(record));
                record = log.next();
            }
            // What is part of a snapshot was logged before, and the snapshot was there before the log was read.
            return record == null || base.isSurelyFree() ? Optional.of(changes) : Optional.empty();
        }
    }

    private IOException tooEarly(long time, List<Path> unfinished) throws IOException {
        OptionalLong first = BaseSnapshot.firstEnd(history.folders());
        String from = "there is no snapshot of which it is known where it ends";
        if (first.isPresent()) {
            from = "there is no transaction log";
            // The last transaction may do for the end of the files.
            try (CommittedLog log = history.logFrom(first.getAsLong() - 2, false)) {
                LogRecord record = log.next();
                LogRecord next = record == null || record.zxid() >= first.getAsLong() ? null : log.next();
                if (record != null) {
                    from = "answers exist from about " + Instant.ofEpochMilli((next == null ? record : next).time())
                            + " on";
                }
            }
        }
        return new IOException(String.format(
                "The tree as of %s is not known from the files in %s: %s%s. Ask for a later moment, or add older files.",
                Instant.ofEpochMilli(time),
                history.paths(),
                from,
                unfinished.isEmpty() ? "" : "; not finished, or cut off: " + unfinished));
    }
}
