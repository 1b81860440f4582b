// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializationSchema;

/** Rows that are ephemeral znodes. */
record EphemeralKind<T>(RecordEncoder<T> encoder, SinkSettings settings) implements SessionBoundKind<T> {

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

    @Override
    public SessionBoundWriter writer(
            DedicatedSession session,
            SessionBoundState state,
            SessionBoundWriter.Owning owning,
            SessionBoundWriter.WriterContext writerContext) {
        return new EphemeralWriter(session, state, settings, owning, writerContext);
    }
}
