// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.SessionIdentity;
import io.zkflink.client.settings.Secret;
import io.zkflink.sink.runtime.StateFormat;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * What a writer needs to go on where another one was: the session, and the rows that it owned.
 *
 * @param session empty if it had none, or had ended it
 */
record SessionBoundState(Optional<SessionIdentity> session, List<Row> rows) {

    static final SessionBoundState NONE = new SessionBoundState(Optional.empty(), List.of());

    private static final byte VERSION = 1;
    private static final byte SESSION = 0;
    private static final byte ROW = 1;

    /** A row that is to be there. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Row(SessionBoundRow.Id id, byte[] data) {}

    SessionBoundState {
        rows = List.copyOf(rows);
    }

    /** One entry each for the session and every row, since Flink copies and moves a list entry by entry. */
    List<byte[]> entries() throws IOException {
        List<byte[]> entries = new ArrayList<>(rows.size() + 1);
        DataOutputSerializer out = new DataOutputSerializer(256);
        if (session.isPresent()) {
            out.writeByte(VERSION);
            out.writeByte(SESSION);
            out.writeLong(session.get().id());
            StateFormat.writeText(out, session.get().password().value());
            entries.add(out.getCopyOfBuffer());
        }
        for (Row row : rows) {
            out.clear();
            out.writeByte(VERSION);
            out.writeByte(ROW);
            StateFormat.writeText(out, row.id.path());
            StateFormat.writeText(out, row.id.owner());
            StateFormat.write(out, row.data);
            entries.add(out.getCopyOfBuffer());
        }
        return entries;
    }

    static SessionBoundState of(Iterable<byte[]> entries) throws IOException {
        Optional<SessionIdentity> session = Optional.empty();
        List<Row> rows = new ArrayList<>();
        for (byte[] entry : entries) {
            DataInputDeserializer in = new DataInputDeserializer(entry);
            try {
                if (isSession(in)) {
                    session = Optional.of(new SessionIdentity(in.readLong(), new Secret(StateFormat.readText(in))));
                } else {
                    rows.add(new Row(
                            new SessionBoundRow.Id(StateFormat.readText(in), StateFormat.readText(in)),
                            StateFormat.read(in)));
                }
            } catch (EOFException e) {
                throw new IOException(
                        "The rows of a writer in the checkpoint are damaged: one says that it is longer than it is."
                                + " Restore another checkpoint or savepoint.",
                        e);
            }
        }
        return new SessionBoundState(session, rows);
    }

    private static boolean isSession(DataInputDeserializer in) throws IOException {
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("The rows of a writer in version " + version
                    + " cannot be restored by this version of the connector, which knows version " + VERSION
                    + ". Use the version that wrote the checkpoint, or a newer one.");
        }
        return in.readByte() == SESSION;
    }
}
