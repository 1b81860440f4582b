// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.data.RowData;

/**
 * The rows of a mirror by the values of some columns. Changed by the mirror's thread; read by any, without waiting for
 * each other or for changes of other keys.
 */
final class MirrorIndex {

    private final LookupKeys keys;
    private final boolean unique;
    private final ConcurrentHashMap<Object, Group> groups = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Object, List<RowData>> singles = new ConcurrentHashMap<>();

    /**
     * @param unique whether no two znodes have the same values
     */
    MirrorIndex(LookupKeys keys, boolean unique) {
        this.keys = keys;
        this.unique = unique;
    }

    /** The rows that equal a key; not to be modified. */
    List<RowData> find(RowData key) {
        Object values = keys.all(key);
        if (values == null) {
            return List.of();
        }
        if (unique) {
            return singles.getOrDefault(values, List.of());
        }
        Group group = groups.get(values);
        return group == null ? List.of() : group.rows();
    }

    /**
     * Notes that the row of a znode is another.
     *
     * @param before null if there was none
     * @param now null if there is none
     */
    void change(String path, RowData before, RowData now) {
        Object old = before == null ? null : keys.allOf(before);
        Object values = now == null ? null : keys.allOf(now);
        if (values != null) {
            put(values, path, now);
        }
        if (old != null && !Objects.equals(old, values)) {
            remove(old, path);
        }
    }

    private void put(Object values, String path, RowData row) {
        if (unique) {
            singles.put(values, List.of(row));
        } else {
            groups.computeIfAbsent(values, key -> new Group()).put(path, row);
        }
    }

    private void remove(Object values, String path) {
        if (unique) {
            singles.remove(values);
        } else if (groups.get(values).remove(path)) {
            groups.remove(values);
        }
    }

    /** The rows of one key. */
    private static final class Group {
        private final Map<String, RowData> byPath = new LinkedHashMap<>();
        private volatile List<RowData> rows = List.of();

        List<RowData> rows() {
            List<RowData> current = rows;
            return current != null ? current : collect();
        }

        private synchronized List<RowData> collect() {
            if (rows == null) {
                rows = List.copyOf(byPath.values());
            }
            return rows;
        }

        synchronized void put(String path, RowData row) {
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
