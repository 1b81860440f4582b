// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.util.List;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * Readies rows for being read by several threads. Flink's strings encode themselves when they are first compared or
 * written, and what that leaves behind is not published safely to other threads; so that is done before.
 */
final class SharedRows {

    private SharedRows() {}

    static List<RowData> ready(List<RowData> rows) {
        rows.forEach(SharedRows::ready);
        return rows;
    }

    static void ready(Object value) {
        if (value instanceof BinaryStringData text) {
            text.ensureMaterialized();
        } else if (value instanceof GenericRowData row) {
            for (int i = 0; i < row.getArity(); i++) {
                ready(row.getField(i));
            }
        } else if (value instanceof GenericArrayData array && !array.isPrimitiveArray()) {
            for (Object element : array.toObjectArray()) {
                ready(element);
            }
        } else if (value instanceof GenericMapData map) {
            ready(map.keyArray());
            ready(map.valueArray());
        }
    }
}
