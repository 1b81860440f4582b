// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.SessionIdentity;
import io.zkflink.client.settings.Secret;
import io.zkflink.state.StateFormat;
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

    private static final Format FORMAT = new Format();

    /** What Flink copies and moves as a whole. */
    private sealed interface Entry {}

    private record Session(SessionIdentity identity) implements Entry {}

    /** A row that is to be there. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Row(SessionBoundRow.Id id, byte[] data) implements Entry {}

    SessionBoundState {
        rows = List.copyOf(rows);
    }

    /** One entry each for the session and every row, since Flink copies and moves a list entry by entry. */
    List<byte[]> entries() throws IOException {
        List<byte[]> entries = new ArrayList<>(rows.size() + 1);
        if (session.isPresent()) {
            entries.add(FORMAT.frame(new Session(session.get())));
        }
        for (Row row : rows) {
            entries.add(FORMAT.frame(row));
        }
        return entries;
    }

    static SessionBoundState of(Iterable<byte[]> entries) throws IOException {
        Optional<SessionIdentity> session = Optional.empty();
        List<Row> rows = new ArrayList<>();
        for (byte[] entry : entries) {
            Entry read = FORMAT.unframe(entry);
            if (read instanceof Session found) {
                session = Optional.of(found.identity);
            } else {
                rows.add((Row) read);
            }
        }
        return new SessionBoundState(session, rows);
    }

    private static final class Format extends StateFormat<Entry> {

        private static final byte SESSION = 0;
        private static final byte ROW = 1;

        Format() {
            super("this zookeeper sink (rows of its session)", 1);
        }

        @Override
        protected void write(Entry entry, DataOutputSerializer out) throws IOException {
            if (entry instanceof Session session) {
                out.writeByte(SESSION);
                out.writeLong(session.identity.id());
                writeText(out, session.identity.password().value());
            } else if (entry instanceof Row row) {
                out.writeByte(ROW);
                writeText(out, row.id.path());
                writeText(out, row.id.owner());
                writeBytes(out, row.data);
            }
        }

        @Override
        protected Entry read(int writtenBy, DataInputDeserializer in) throws IOException {
            return in.readByte() == SESSION
                    ? new Session(new SessionIdentity(in.readLong(), new Secret(readName(in))))
                    : new Row(new SessionBoundRow.Id(readName(in), readText(in)), readBytes(in));
        }
    }
}
