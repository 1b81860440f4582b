// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.sink.batch.PathQueue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The rows of a writer, where their znodes are, and which of them wait to be written. What a row needs is known only
 * when it leaves: of several changes that wait, the last one counts.
 *
 * <p>Owned by one thread, but for {@link #rowOf}.
 */
final class SessionBoundRows {

    /** In the order in which they came. */
    private final Map<SessionBoundRow.Id, SessionBoundRow> rows = new LinkedHashMap<>();
    /** The rows by the paths of the znodes that the session has for them. */
    private final ConcurrentNavigableMap<String, SessionBoundRow> nodes = new ConcurrentSkipListMap<>();

    private PathQueue<SessionBoundRow.Entry> queue = new PathQueue<>(false);
    private int waiting;
    /** Whether rows may leave, and so have to be queued. */
    private boolean writable;

    List<SessionBoundRow> all() {
        return List.copyOf(rows.values());
    }

    SessionBoundRow getOrAdd(SessionBoundRow.Id id) {
        return rows.computeIfAbsent(id, SessionBoundRow::new);
    }

    /** How many znodes the session has for rows. */
    int owned() {
        return nodes.size();
    }

    /** The row that has a znode; null if none has. By any thread. */
    SessionBoundRow rowOf(String node) {
        return nodes.get(node);
    }

    /** Whether the session has a znode for a row below a path. */
    boolean ownBelow(String path) {
        String next = nodes.higherKey(path + "/");
        return next != null && next.startsWith(path + "/");
    }

    /** Changes where a row's znode is. */
    void move(SessionBoundRow row, Runnable change) {
        if (row.node() != null) {
            nodes.remove(row.node(), row);
        }
        change.run();
        if (row.node() != null) {
            nodes.put(row.node(), row);
        }
    }

    // ---- What waits.

    /** How many rows have work that is not done. */
    int waiting() {
        return waiting;
    }

    boolean hasReady() {
        return writable && queue.hasReady();
    }

    /**
     * From now on rows may leave, or not. While they may not, they are not queued, however often they change; when they
     * may again, and none is under way, all that need work queue in the order in which they came.
     */
    void writable(boolean now) {
        boolean begins = now && !writable;
        writable = now;
        if (begins) {
            queue = new PathQueue<>(false);
            for (SessionBoundRow row : all()) {
                row.unqueue();
                review(row);
            }
        }
    }

    /** Notes that a row may need work now, or nothing more may be left of it. */
    void review(SessionBoundRow row) {
        if (row.isUnderWay()) {
            return;
        }
        waiting += row.countChange();
        if (!row.needsWork()) {
            row.unqueue();
        } else if (writable && !row.isQueued()) {
            queue.add(row.queue());
        }
        if (row.isGone()) {
            rows.remove(row.id(), row);
        }
    }

    /** Takes what may leave together; it is under way until {@link #release}. Empty if all have to wait. */
    List<SessionBoundRow> take(int maxRows, long maxBytes) {
        List<SessionBoundRow> taken = new ArrayList<>();
        List<SessionBoundRow.Entry> entries = queue.take(maxRows, maxBytes);
        while (taken.isEmpty() && !entries.isEmpty()) {
            List<SessionBoundRow.Entry> invalid = new ArrayList<>();
            for (SessionBoundRow.Entry entry : entries) {
                if (entry.isValid()) {
                    entry.row().leave();
                    taken.add(entry.row());
                } else {
                    invalid.add(entry);
                }
            }
            queue.release(invalid, List.of());
            entries = taken.isEmpty() ? queue.take(maxRows, maxBytes) : List.of();
        }
        return taken;
    }

    /** These rows are not under way any more. */
    void release(List<SessionBoundRow> taken) {
        queue.release(taken.stream().map(SessionBoundRow::comeBack).toList(), List.of());
        taken.forEach(this::review);
    }
}
