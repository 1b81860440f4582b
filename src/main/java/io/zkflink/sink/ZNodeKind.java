// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.OwnedSession;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializationSchema;

/** Rows that are ephemeral znodes. */
record ZNodeKind<T>(RecordEncoder<T> encoder, SinkSettings settings) implements OwnedKind<T> {

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
        return new Change(new OwnedRow.Id(write.path(), null), write instanceof RowWrite.Put, data);
    }

    @Override
    public OwnedWriter writer(
            OwnedSession session, OwnedState state, OwnedWriter.Owning owning, OwnedWriter.Surroundings surroundings) {
        return new EphemeralWriter(session, state, settings, owning, surroundings);
    }
}
