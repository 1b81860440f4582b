// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.util.AbstractList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.data.RowData;

/** An index by columns of which several znodes may have the same values. */
final class GroupIndex implements MirrorIndex {

    private final LookupKeys keys;
    private final BinaryRows rows;
    private final ConcurrentHashMap<Object, Group> groups = new ConcurrentHashMap<>();

    GroupIndex(LookupKeys keys, BinaryRows rows) {
        this.keys = keys;
        this.rows = rows;
    }

    @Override
    public List<RowData> find(RowData key) {
        Object values = keys.all(key);
        Group group = values == null ? null : groups.get(values);
        return group == null ? List.of() : new Found(rows, group.rows());
    }

    @Override
    public void change(String path, byte[] before, byte[] now) {
        Object old = before == null ? null : keys.allOf(rows.row(before));
        Object values = now == null ? null : keys.allOf(rows.row(now));
        if (values != null) {
            groups.computeIfAbsent(LookupKeys.compact(values), key -> new Group())
                    .put(path, now);
        }
        if (old != null && !Objects.equals(old, values) && groups.get(old).remove(path)) {
            groups.remove(old);
        }
    }

    /** Rows that are made when they are asked for. */
    private static final class Found extends AbstractList<RowData> implements RandomAccess {
        private final BinaryRows rows;
        private final byte[][] found;

        Found(BinaryRows rows, byte[][] found) {
            this.rows = rows;
            this.found = found;
        }

        @Override
        public RowData get(int index) {
            return rows.row(found[index]);
        }

        @Override
        public int size() {
            return found.length;
        }
    }

    /** The rows of one key. */
    private static final class Group {
        private final Map<String, byte[]> byPath = new LinkedHashMap<>();
        /** Null if they are others than when they were last asked for. */
        private volatile byte[][] rows;

        byte[][] rows() {
            byte[][] current = rows;
            return current != null ? current : collect();
        }

        private synchronized byte[][] collect() {
            if (rows == null) {
                rows = byPath.values().toArray(byte[][]::new);
            }
            return rows;
        }

        synchronized void put(String path, byte[] row) {
            byPath.put(path, row);
            rows = null;
        }

        /** Whether none is left. */
        synchronized boolean remove(String path) {
            byPath.remove(path);
            rows = null;
            return byPath.isEmpty();
        }
    }
}
