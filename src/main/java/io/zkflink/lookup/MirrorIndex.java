// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.util.List;
import org.apache.flink.table.data.RowData;

/**
 * The rows of a mirror by the values of some columns. Changed by the mirror's thread; read by any, without waiting for
 * each other or for changes of other keys.
 */
sealed interface MirrorIndex permits UniqueIndex, GroupIndex {

    /**
     * Rows by the columns of keys.
     *
     * @param unique whether no two znodes have the same values
     */
    static MirrorIndex of(LookupKeys keys, BinaryRows rows, boolean unique) {
        return unique ? new UniqueIndex(keys, rows) : new GroupIndex(keys, rows);
    }

    /** The rows that equal a key; not to be modified. */
    List<RowData> find(RowData key);

    /**
     * Notes that the row of a znode is another.
     *
     * @param before null if there was none
     * @param now null if there is none
     */
    void change(String path, byte[] before, byte[] now);
}
