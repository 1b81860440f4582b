// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.apache.flink.annotation.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot that a past tree, or its ephemeral znodes, may be made of. This is the only place that judges when one has
 * ended.
 *
 * <p>A snapshot is written while transactions go on, so it has what its name says and some of what came until it ended.
 * It is of no use for a tree that ends before. Servers since 3.6 write down the last transaction before it ended; the
 * one after that may be in the snapshot, too, since a znode comes into the tree before that number moves. Of others it
 * is known only that a server writes one snapshot at a time, and its first one before it serves.
 */
@Internal
public final class BaseSnapshot {

    private static final Logger LOG = LoggerFactory.getLogger(BaseSnapshot.class);

    /** The name of what a server writes before the first transaction of all. */
    private static final long NOTHING = 0;

    private final LogFolder.File file;
    /** Where the same server's next snapshot begins; {@link Long#MAX_VALUE} for none. */
    private final long next;

    private SnapshotTail tail;
    private boolean isSurelyFree;

    private BaseSnapshot(LogFolder.File file, long next) {
        this.file = file;
        this.next = next;
    }

    /** The snapshots of all servers that begin no later than a transaction. */
    public static List<BaseSnapshot> newestFirst(List<LogFolder> folders, long last) throws IOException {
        return all(folders).stream()
                .filter(snapshot -> snapshot.file.zxid() <= last)
                .sorted(Comparator.comparingLong((BaseSnapshot snapshot) -> snapshot.file.zxid())
                        .reversed())
                .toList();
    }

    private static List<BaseSnapshot> all(List<LogFolder> folders) throws IOException {
        List<BaseSnapshot> all = new ArrayList<>();
        for (LogFolder folder : folders) {
            List<LogFolder.File> files = folder.snapshots();
            for (int i = 0; i < files.size(); i++) {
                all.add(new BaseSnapshot(
                        files.get(i), i + 1 < files.size() ? files.get(i + 1).zxid() : Long.MAX_VALUE));
            }
        }
        return all;
    }

    /** The first transaction that a tree can end with; empty if there is no snapshot of which that is known. */
    public static OptionalLong firstEnd(List<LogFolder> folders) throws IOException {
        long first = Long.MAX_VALUE;
        for (BaseSnapshot snapshot : all(folders)) {
            if (snapshot.tail().isFinished()) {
                first = Math.min(first, snapshot.firstEnd());
            }
        }
        return first == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(first);
    }

    private long firstEnd() throws IOException {
        if (file.zxid() == NOTHING) {
            return NOTHING;
        }
        long end = end() == SnapshotFile.UNKNOWN_END ? next : Math.min(end(), next);
        return end == Long.MAX_VALUE ? end : end + 1;
    }

    public LogFolder.File file() {
        return file;
    }

    /** As {@link SnapshotFile#end}. */
    public long end() throws IOException {
        return tail().end();
    }

    /** Whether it has an end. A server that fails while it writes one leaves it without, and ignores it itself. */
    public boolean isFinished() throws IOException {
        return tail().isFinished();
    }

    /**
     * Whether it has nothing of what came after a transaction, or not unless more was logged.
     *
     * @param time of that transaction, or later
     */
    public boolean checkFree(long last, long time) throws IOException {
        if (!tail().isFinished()) {
            LOG.warn("The snapshot '{}' is not finished; an older one is read.", file.path());
            return false;
        }
        boolean isOld = file.modified() > 0 && file.modified() < time - History.CLOCKS_DIFFER_MILLIS;
        isSurelyFree = file.zxid() == NOTHING
                || isWellBefore(next, last)
                || (end() == SnapshotFile.UNKNOWN_END ? isOld : isWellBefore(end(), last));
        return isSurelyFree || end() <= last;
    }

    /** Whether a transaction that follows another one comes no later than a third one. */
    private static boolean isWellBefore(long zxid, long last) {
        return zxid < last && !Zxids.areAdjacent(zxid, last + 1);
    }

    /** After {@link #checkFree}: whether that holds although more was logged. */
    public boolean isSurelyFree() {
        return isSurelyFree;
    }

    private SnapshotTail tail() throws IOException {
        if (tail == null) {
            tail = SnapshotTail.of(file.path());
        }
        return tail;
    }
}
