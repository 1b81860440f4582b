// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import io.zkflink.state.StateFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The state format of a split; copies the encoded blocks as they are. */
@Internal
public final class SubtreeSplitSerializer extends StateFormat<SubtreeSplit> {

    public static final SubtreeSplitSerializer INSTANCE = new SubtreeSplitSerializer();

    /** For messages. */
    public static final String WHAT = "this zookeeper source";

    /**
     * Version 2 keeps versions of znodes and times of deletions, version 3 packs entries; those in the blocks say all
     * of this by flags.
     */
    private static final int VERSION = 3;

    private static final int HEADER_BYTES = 2 * Integer.BYTES + 2 * Long.BYTES;

    private SubtreeSplitSerializer() {
        super(WHAT, VERSION);
    }

    /** Exactly, so that a large state is not copied once more while the task waits. */
    @Override
    protected int size(SubtreeSplit split) {
        return HEADER_BYTES
                + split.known().stream()
                        .mapToInt(block -> block.length + Integer.BYTES)
                        .sum();
    }

    @Override
    protected void write(SubtreeSplit split, DataOutputSerializer out) throws IOException {
        out.writeInt(split.bucket());
        out.writeLong(split.newestZxid());
        out.writeLong(split.baseZxid());
        out.writeInt(split.known().size());
        for (byte[] block : split.known()) {
            writeBytes(out, block);
        }
    }

    @Override
    protected SubtreeSplit read(int writtenBy, DataInputDeserializer in) throws IOException {
        int bucket = in.readInt();
        long newestZxid = in.readLong();
        long baseZxid = in.readLong();
        int blocks = in.readInt();
        List<byte[]> known = new ArrayList<>();
        for (int i = 0; i < blocks; i++) {
            known.add(readBytes(in, in.readInt()));
        }
        return new SubtreeSplit(bucket, newestZxid, baseZxid, known);
    }
}
