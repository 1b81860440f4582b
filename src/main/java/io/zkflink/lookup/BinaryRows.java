// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;

/**
 * Makes bytes of rows, in Flink's own format, and rows of bytes. A row of objects, one or several for each value, takes
 * many times the memory.
 *
 * <p>Bytes are made by one thread; rows by any.
 */
final class BinaryRows {

    /** Of the length that Flink's serializer puts before a row. */
    private static final int LENGTH_BYTES = Integer.BYTES;

    private static final int USUAL_BYTES = 256;

    private final TypeSerializer<RowData> serializer;
    private final int arity;
    private final DataOutputSerializer out = new DataOutputSerializer(USUAL_BYTES);

    /**
     * @param serializer Flink's for rows of the table, for this object alone
     * @param arity how many columns they have
     */
    BinaryRows(TypeSerializer<RowData> serializer, int arity) {
        this.serializer = serializer;
        this.arity = arity;
    }

    byte[] bytes(RowData row) throws IOException {
        out.clear();
        serializer.serialize(row, out);
        return Arrays.copyOfRange(out.getSharedBuffer(), LENGTH_BYTES, out.length());
    }

    /** A row on these bytes, which are not copied. */
    RowData row(byte[] bytes) {
        BinaryRowData row = new BinaryRowData(arity);
        row.pointTo(MemorySegmentFactory.wrap(bytes), 0, bytes.length);
        return row;
    }
}
