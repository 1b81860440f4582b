// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Acl;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.row.RowWrite;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Rows that wait to be written, by path. Of a path, the last row that waits makes those before it superfluous, unless
 * each of them counts; and none leaves while one of the same path is under way, so that no row ever overtakes another
 * of its znode.
 *
 * <p>Owned by one thread.
 */
final class PendingRows {

    private final Acl acl;
    private final Map<String, Waiting> paths = new LinkedHashMap<>();
    /** Those that have rows and none under way, in the order in which they came. */
    private final LinkedHashSet<Waiting> ready = new LinkedHashSet<>();

    private int rows;
    private long bytes;

    /** All rows of one path. */
    private static final class Waiting {
        private final ArrayDeque<RowWrite> rows = new ArrayDeque<>();
        private boolean underWay;
    }

    /** @param acl of znodes that are created, which takes its part of a request */
    PendingRows(Acl acl) {
        this.acl = acl;
    }

    void add(RowWrite row) {
        Waiting waiting = paths.computeIfAbsent(row.path(), path -> new Waiting());
        if (row.isCollapsible()
                && !waiting.rows.isEmpty()
                && waiting.rows.peekLast().isCollapsible()) {
            count(waiting.rows.pollLast(), -1);
        }
        waiting.rows.add(row);
        count(row, 1);
        if (!waiting.underWay) {
            ready.add(waiting);
        }
    }

    /** Rows that wait; not those under way. */
    int size() {
        return rows;
    }

    /** How much of requests they take at most. */
    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return rows == 0;
    }

    /** Whether a full request could leave. */
    boolean fills(int maxRows, long maxBytes) {
        return rows >= maxRows || bytes >= maxBytes;
    }

    boolean hasReady() {
        return !ready.isEmpty();
    }

    /** Takes what may leave together; their paths are under way until {@link #release}. */
    List<RowWrite> take(int maxRows, long maxBytes) {
        List<RowWrite> taken = new ArrayList<>();
        long size = 0;
        for (var next = ready.iterator(); next.hasNext() && taken.size() < maxRows; ) {
            Waiting waiting = next.next();
            boolean full = false;
            do {
                RowWrite row = waiting.rows.peek();
                if (!taken.isEmpty() && size + bytes(row) > maxBytes) {
                    full = true;
                    break;
                }
                waiting.underWay = true;
                waiting.rows.poll();
                count(row, -1);
                taken.add(row);
                size += bytes(row);
                // Those of a sequential znode only append, and may leave together.
            } while (!waiting.rows.isEmpty()
                    && taken.size() < maxRows
                    && isSequential(waiting.rows.peek())
                    && isSequential(taken.get(taken.size() - 1)));
            if (waiting.underWay) {
                next.remove();
            }
            if (full) {
                break;
            }
        }
        return taken;
    }

    /** The rows of these paths have been written. */
    void release(List<RowWrite> written) {
        for (RowWrite row : written) {
            Waiting waiting = paths.get(row.path());
            if (waiting != null && waiting.underWay) {
                waiting.underWay = false;
                if (waiting.rows.isEmpty()) {
                    paths.remove(row.path());
                } else {
                    ready.add(waiting);
                }
            }
        }
    }

    /** Whether a row of this path waits, which is newer than one that was taken. */
    boolean isWaiting(String path) {
        Waiting waiting = paths.get(path);
        return waiting != null && !waiting.rows.isEmpty();
    }

    private static boolean isSequential(RowWrite row) {
        return row instanceof RowWrite.Put put && put.mode().isSequential();
    }

    /** How much of a request a row takes at most. */
    long bytes(RowWrite row) {
        return row instanceof RowWrite.Put put
                ? new ZNodeWrite.Create(put.path(), put.data(), put.mode(), put.ttlMillis(), acl).bytes()
                : new ZNodeWrite.Delete(row.path(), ZNodeWrite.ANY_VERSION).bytes();
    }

    private void count(RowWrite row, int sign) {
        rows += sign;
        bytes += sign * bytes(row);
    }
}
