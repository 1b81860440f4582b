// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Secret;
import io.zkflink.client.SessionIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
record OwnedState(Optional<SessionIdentity> session, List<Row> rows) {

    static final OwnedState NONE = new OwnedState(Optional.empty(), List.of());

    private static final byte VERSION = 1;
    private static final byte SESSION = 0;
    private static final byte ROW = 1;
    private static final int NONE_LENGTH = -1;

    /** A row that is to be there. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Row(OwnedRow.Id id, byte[] data) {}

    OwnedState {
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
            write(out, session.get().password().value().getBytes(StandardCharsets.UTF_8));
            entries.add(out.getCopyOfBuffer());
        }
        for (Row row : rows) {
            out.clear();
            out.writeByte(VERSION);
            out.writeByte(ROW);
            write(out, row.id.path().getBytes(StandardCharsets.UTF_8));
            write(out, row.id.owner() == null ? null : row.id.owner().getBytes(StandardCharsets.UTF_8));
            write(out, row.data);
            entries.add(out.getCopyOfBuffer());
        }
        return entries;
    }

    static OwnedState of(Iterable<byte[]> entries) throws IOException {
        Optional<SessionIdentity> session = Optional.empty();
        List<Row> rows = new ArrayList<>();
        for (byte[] entry : entries) {
            DataInputDeserializer in = new DataInputDeserializer(entry);
            byte version = in.readByte();
            if (version != VERSION) {
                throw new IOException("The rows of a writer in version " + version
                        + " cannot be restored by this version of the connector, which knows version " + VERSION
                        + ". Use the version that wrote the checkpoint, or a newer one.");
            }
            if (in.readByte() == SESSION) {
                session = Optional.of(new SessionIdentity(in.readLong(), new Secret(text(read(in)))));
            } else {
                rows.add(new Row(new OwnedRow.Id(text(read(in)), text(read(in))), read(in)));
            }
        }
        return new OwnedState(session, rows);
    }

    private static void write(DataOutputSerializer out, byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? NONE_LENGTH : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    private static byte[] read(DataInputDeserializer in) throws IOException {
        int length = in.readInt();
        if (length == NONE_LENGTH) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
