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
 * What elements ask of the rows of a {@link SessionBoundWriter}.
 *
 * @param <T> the type of the elements
 */
interface SessionBoundChanges<T> extends Serializable {

    /** A row that comes, changes or goes. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Change(SessionBoundRow.Id id, boolean wanted, byte[] data) {}

    default void open(SerializationSchema.InitializationContext context) throws IOException {}

    /** What an element asks for; null for nothing. */
    Change change(T element) throws IOException;

    /** Of rows that are znodes. */
    record OfZNodes<T>(RecordEncoder<T> encoder) implements SessionBoundChanges<T> {

        @Override
        public void open(SerializationSchema.InitializationContext context) throws IOException {
            encoder.openForWriter(context);
        }

        @Override
        public Change change(T element) throws IOException {
            RowWrite write = encoder.write(element);
            if (write == null) {
                return null;
            }
            byte[] data = write instanceof RowWrite.Put put ? put.data() : null;
            return new Change(new SessionBoundRow.Id(write.path(), null), write instanceof RowWrite.Put, data);
        }
    }

    /** Of rows that claim resources. */
    record OfClaims(ClaimEncoder encoder) implements SessionBoundChanges<RowData> {

        @Override
        public Change change(RowData row) throws IOException {
            boolean goes = row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE;
            String owner = encoder.owner(row);
            return new Change(
                    new SessionBoundRow.Id(encoder.path(row), owner), !goes, owner.getBytes(StandardCharsets.UTF_8));
        }
    }
}
