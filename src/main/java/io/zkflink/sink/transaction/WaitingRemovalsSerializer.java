// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.sink.runtime.StateFormat;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** How removals that wait are kept in checkpoints. */
@Internal
public final class WaitingRemovalsSerializer implements SimpleVersionedSerializer<WaitingRemovals> {

    public static final WaitingRemovalsSerializer INSTANCE = new WaitingRemovalsSerializer();

    private static final int VERSION = 1;
    private static final int INITIAL_BYTES = 256;

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(WaitingRemovals removals) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(INITIAL_BYTES);
        Transaction.Origin origin = removals.origin();
        StateFormat.writeText(out, origin == null ? null : origin.markerPath());
        out.writeLong(origin == null ? 0 : origin.number());
        out.writeInt(removals.paths().size());
        for (String path : removals.paths()) {
            StateFormat.writeText(out, path);
        }
        return out.getCopyOfBuffer();
    }

    @Override
    public WaitingRemovals deserialize(int version, byte[] serialized) throws IOException {
        if (version != VERSION) {
            throw new IOException("Removals that wait, of version " + version
                    + ", cannot be restored by this version of the connector, which knows version " + VERSION
                    + ". Use the version that wrote the checkpoint, or a newer one.");
        }
        try {
            DataInputDeserializer in = new DataInputDeserializer(serialized);
            String markerPath = StateFormat.readText(in);
            long number = in.readLong();
            Transaction.Origin origin = markerPath == null ? null : new Transaction.Origin(markerPath, number);
            int count = in.readInt();
            List<String> paths = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                paths.add(StateFormat.readText(in));
            }
            return new WaitingRemovals(origin, paths);
        } catch (EOFException e) {
            throw new IOException(
                    "Removals that wait in the checkpoint are damaged: they say that they are longer than they are."
                            + " Restore another checkpoint or savepoint.",
                    e);
        }
    }
}
