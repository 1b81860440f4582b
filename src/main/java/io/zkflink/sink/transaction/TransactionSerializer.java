// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.client.CreateMode;
import io.zkflink.row.RowWrite;
import io.zkflink.state.StateFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** How transactions that are not committed yet are kept in checkpoints. */
final class TransactionSerializer extends StateFormat<Transaction> {

    static final TransactionSerializer INSTANCE = new TransactionSerializer();

    private static final int VERSION = 3;
    /** Did not know when the transaction before was prepared. */
    private static final int SECOND_VERSION = 2;
    /** Knew no removals that wait. */
    private static final int FIRST_VERSION = 1;

    private static final int REMOVE = 0;
    private static final int PUT = 1;
    /** What a put takes without its path, its data and the name of its mode. */
    private static final int PUT_BYTES = 29;
    /** What a transaction takes beside its rows and the path of its marker, if no removals wait. */
    private static final int OTHER_BYTES = 41;

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private TransactionSerializer() {
        super("this zookeeper sink (a transaction)", VERSION);
    }

    @Override
    protected int size(Transaction transaction) {
        long bytes = (long) OTHER_BYTES + transaction.markerPath().length();
        for (RowWrite row : transaction.rows()) {
            bytes += PUT_BYTES + row.path().length();
            if (row instanceof RowWrite.Put put) {
                bytes += put.mode().toString().length() + (put.data() == null ? 0 : put.data().length);
            }
        }
        return (int) Math.min(bytes, LARGEST_ARRAY);
    }

    @Override
    protected void write(Transaction transaction, DataOutputSerializer out) throws IOException {
        writeText(out, transaction.markerPath());
        out.writeLong(transaction.number());
        out.writeInt(transaction.rows().size());
        for (RowWrite row : transaction.rows()) {
            writeText(out, row.path());
            if (row instanceof RowWrite.Put put) {
                out.writeByte(PUT);
                writeBytes(out, put.data());
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
    }

    @Override
    protected Transaction read(int writtenBy, DataInputDeserializer in) throws IOException {
        String markerPath = readName(in);
        long number = in.readLong();
        int count = in.readInt();
        List<RowWrite> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String path = readName(in);
            rows.add(in.readByte() == PUT ? readPut(in, path) : new RowWrite.Remove(path));
        }
        Transaction.Removals removals = writtenBy == FIRST_VERSION ? Transaction.Removals.FINAL : readRemovals(in);
        long predecessor = writtenBy <= SECOND_VERSION ? Transaction.UNKNOWN : in.readLong();
        return new Transaction(markerPath, number, predecessor, rows, removals);
    }

    private static void writeRemovals(DataOutputSerializer out, Transaction.Removals removals) throws IOException {
        out.writeBoolean(removals.mayWait());
        out.writeLong(removals.keptFrom());
        out.writeInt(removals.parents().size());
        for (String path : removals.parents()) {
            writeText(out, path);
        }
        out.writeInt(removals.again().size());
        for (Map.Entry<String, Transaction.Origin> again : removals.again().entrySet()) {
            writeText(out, again.getKey());
            writeText(out, again.getValue().markerPath());
            out.writeLong(again.getValue().number());
        }
    }

    private static Transaction.Removals readRemovals(DataInputDeserializer in) throws IOException {
        boolean mayWait = in.readBoolean();
        long keptFrom = in.readLong();
        Set<String> parents = new HashSet<>();
        for (int left = in.readInt(); left > 0; left--) {
            parents.add(readName(in));
        }
        int count = in.readInt();
        Map<String, Transaction.Origin> again = new HashMap<>();
        for (int i = 0; i < count; i++) {
            again.put(readName(in), new Transaction.Origin(readName(in), in.readLong()));
        }
        return new Transaction.Removals(mayWait, keptFrom, parents, again);
    }

    private static RowWrite.Put readPut(DataInputDeserializer in, String path) throws IOException {
        byte[] data = readBytes(in);
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
}
