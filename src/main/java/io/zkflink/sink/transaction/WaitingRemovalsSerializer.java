// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.state.StateFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** How removals that wait are kept in checkpoints. */
@Internal
public final class WaitingRemovalsSerializer extends StateFormat<WaitingRemovals> {

    public static final WaitingRemovalsSerializer INSTANCE = new WaitingRemovalsSerializer();

    private WaitingRemovalsSerializer() {
        super("this zookeeper sink (removals that wait)", 1);
    }

    @Override
    protected void write(WaitingRemovals removals, DataOutputSerializer out) throws IOException {
        Transaction.Origin origin = removals.origin();
        writeText(out, origin == null ? null : origin.markerPath());
        out.writeLong(origin == null ? 0 : origin.number());
        out.writeInt(removals.paths().size());
        for (String path : removals.paths()) {
            writeText(out, path);
        }
    }

    @Override
    protected WaitingRemovals read(int writtenBy, DataInputDeserializer in) throws IOException {
        String markerPath = readText(in);
        long number = in.readLong();
        Transaction.Origin origin = markerPath == null ? null : new Transaction.Origin(markerPath, number);
        int count = in.readInt();
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            paths.add(readName(in));
        }
        return new WaitingRemovals(origin, paths);
    }
}
