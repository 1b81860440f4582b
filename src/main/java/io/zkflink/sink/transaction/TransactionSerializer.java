// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.CreateMode;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.runtime.StateFormat;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** How transactions that are not committed yet are kept in checkpoints. */
final class TransactionSerializer implements SimpleVersionedSerializer<Transaction> {

    static final TransactionSerializer INSTANCE = new TransactionSerializer();

    private static final int VERSION = 3;
    /** Did not know when the transaction before was prepared. */
    private static final int SECOND_VERSION = 2;
    /** Knew no removals that wait. */
    private static final int FIRST_VERSION = 1;

    private static final int REMOVE = 0;
    private static final int PUT = 1;
    private static final int INITIAL_BYTES = 4096;

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(Transaction transaction) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(INITIAL_BYTES);
        StateFormat.writeText(out, transaction.markerPath());
        out.writeLong(transaction.number());
        out.writeInt(transaction.rows().size());
        for (RowWrite row : transaction.rows()) {
            StateFormat.writeText(out, row.path());
            if (row instanceof RowWrite.Put put) {
                out.writeByte(PUT);
                StateFormat.write(out, put.data());
                out.writeBoolean(put.setsData());
                out.writeBoolean(put.isConditional());
                out.writeInt(put.isConditional() ? put.expectedVersion() : 0);
                out.writeUTF(put.mode().toString());
                out.writeLong(put.ttlMillis());
            } else {
                out.writeByte(REMOVE);
            }
        }
        writeRemovals(out, transaction.removals());
        out.writeLong(transaction.predecessor());
        return out.getCopyOfBuffer();
    }

    @Override
    public Transaction deserialize(int version, byte[] serialized) throws IOException {
        if (version < FIRST_VERSION || version > VERSION) {
            throw new IOException("A transaction of version " + version
                    + " cannot be restored by this version of the connector, which knows version " + VERSION
                    + ". Use the version that wrote the checkpoint, or a newer one.");
        }
        try {
            return read(version, new DataInputDeserializer(serialized));
        } catch (EOFException e) {
            throw damaged(e);
        }
    }

    private static Transaction read(int version, DataInputDeserializer in) throws IOException {
        String markerPath = readPath(in);
        long number = in.readLong();
        int count = in.readInt();
        List<RowWrite> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String path = readPath(in);
            rows.add(in.readByte() == PUT ? readPut(in, path) : new RowWrite.Remove(path));
        }
        Transaction.Removals removals = version == FIRST_VERSION ? Transaction.Removals.FINAL : readRemovals(in);
        long predecessor = version <= SECOND_VERSION ? Transaction.UNKNOWN : in.readLong();
        return new Transaction(markerPath, number, predecessor, rows, removals);
    }

    private static void writeRemovals(DataOutputSerializer out, Transaction.Removals removals) throws IOException {
        out.writeBoolean(removals.mayWait());
        out.writeLong(removals.keptFrom());
        out.writeInt(removals.parents().size());
        for (String path : removals.parents()) {
            StateFormat.writeText(out, path);
        }
        out.writeInt(removals.again().size());
        for (Map.Entry<String, Transaction.Origin> again : removals.again().entrySet()) {
            StateFormat.writeText(out, again.getKey());
            StateFormat.writeText(out, again.getValue().markerPath());
            out.writeLong(again.getValue().number());
        }
    }

    private static Transaction.Removals readRemovals(DataInputDeserializer in) throws IOException {
        boolean mayWait = in.readBoolean();
        long keptFrom = in.readLong();
        Set<String> parents = new HashSet<>();
        for (int left = in.readInt(); left > 0; left--) {
            parents.add(readPath(in));
        }
        int count = in.readInt();
        Map<String, Transaction.Origin> again = new HashMap<>();
        for (int i = 0; i < count; i++) {
            again.put(readPath(in), new Transaction.Origin(readPath(in), in.readLong()));
        }
        return new Transaction.Removals(mayWait, keptFrom, parents, again);
    }

    private static RowWrite.Put readPut(DataInputDeserializer in, String path) throws IOException {
        byte[] data = StateFormat.read(in);
        boolean setsData = in.readBoolean();
        boolean conditional = in.readBoolean();
        int version = in.readInt();
        String mode = in.readUTF();
        long ttl = in.readLong();
        CreateMode known = CreateMode.of(mode)
                .orElseThrow(() ->
                        new IOException("A transaction in the checkpoint has the unknown create mode '" + mode + "'."));
        return new RowWrite.Put(path, data, setsData, conditional ? version : null, known, ttl);
    }

    private static String readPath(DataInputDeserializer in) throws IOException {
        String path = StateFormat.readText(in);
        if (path == null) {
            throw new EOFException("No path.");
        }
        return path;
    }

    private static IOException damaged(EOFException end) {
        return new IOException(
                "A transaction in the checkpoint is damaged: it says that it is longer than it is. Restore another"
                        + " checkpoint or savepoint.",
                end);
    }
}
