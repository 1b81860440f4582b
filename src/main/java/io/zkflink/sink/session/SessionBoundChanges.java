// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.row.ClaimEncoder;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/**
 * Tells a {@link SessionBoundWriter} what elements ask of its rows.
 *
 * @param <T> the type of the elements
 */
interface SessionBoundChanges<T> extends Serializable {

    default void open(SerializationSchema.InitializationContext context) throws IOException {}

    void apply(T element, SessionBoundWriter writer) throws IOException;

    /** Of rows that are znodes. */
    record OfZNodes<T>(RecordEncoder<T> encoder) implements SessionBoundChanges<T> {

        @Override
        public void open(SerializationSchema.InitializationContext context) throws IOException {
            encoder.openForWriter(context);
        }

        @Override
        public void apply(T element, SessionBoundWriter writer) throws IOException {
            RowWrite write = encoder.write(element);
            if (write instanceof RowWrite.Put put) {
                writer.put(new SessionBoundRow.Id(put.path(), null), put.data());
            } else if (write != null) {
                writer.remove(new SessionBoundRow.Id(write.path(), null));
            }
        }
    }

    /** Of rows that claim resources. */
    record OfClaims(ClaimEncoder encoder) implements SessionBoundChanges<RowData> {

        @Override
        public void apply(RowData row, SessionBoundWriter writer) throws IOException {
            String owner = encoder.owner(row);
            SessionBoundRow.Id id = new SessionBoundRow.Id(encoder.path(row), owner);
            if (row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE) {
                writer.remove(id);
            } else {
                writer.put(id, owner.getBytes(StandardCharsets.UTF_8));
            }
        }
    }
}
