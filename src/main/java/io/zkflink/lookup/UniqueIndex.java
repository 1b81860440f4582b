// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.data.RowData;

/** An index by columns of which no two znodes have the same values. The values are in the rows, and nowhere else. */
final class UniqueIndex implements MirrorIndex {

    private final LookupKeys keys;
    private final BinaryRows rows;
    /** Asked by {@link Sought}. */
    private final ConcurrentHashMap<Object, Entry> entries = new ConcurrentHashMap<>();

    UniqueIndex(LookupKeys keys, BinaryRows rows) {
        this.keys = keys;
        this.rows = rows;
    }

    /** The row of a key, which is itself; others with the key are not put beside it. */
    private static final class Entry {
        private final int hash;
        private volatile byte[] row;

        Entry(int hash, byte[] row) {
            this.hash = hash;
            this.row = row;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** Values that equal the entry whose row has them. */
    private final class Sought {
        private final Object[] values;
        private final int hash;
        /** The row of the entry that was equal last. */
        private RowData found;

        Sought(Object[] values) {
            this.values = values;
            this.hash = Arrays.hashCode(values);
        }

        @Override
        public boolean equals(Object other) {
            if (!(other instanceof Entry entry)) {
                return this == other;
            }
            RowData row = rows.row(entry.row);
            boolean equal = keys.equal(values, row);
            found = equal ? row : found;
            return equal;
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    @Override
    public List<RowData> find(RowData key) {
        Object[] values = keys.values(key);
        if (values == null) {
            return List.of();
        }
        Sought sought = new Sought(values);
        return entries.containsKey(sought) ? List.of(sought.found) : List.of();
    }

    @Override
    public void change(String path, byte[] before, byte[] now) {
        Object[] old = before == null ? null : keys.valuesOf(rows.row(before));
        Object[] values = now == null ? null : keys.valuesOf(rows.row(now));
        if (values != null) {
            put(new Sought(values), now);
        }
        if (old != null && !Arrays.equals(old, values)) {
            entries.remove(new Sought(old));
        }
    }

    private void put(Sought sought, byte[] row) {
        Entry entry = entries.get(sought);
        if (entry == null) {
            Entry added = new Entry(sought.hash, row);
            entries.put(added, added);
        } else {
            entry.row = row;
        }
    }
}
