// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The state format of a split; copies the encoded blocks as they are. */
@Internal
public final class SubtreeSplitSerializer implements SimpleVersionedSerializer<SubtreeSplit> {

    public static final SubtreeSplitSerializer INSTANCE = new SubtreeSplitSerializer();
    /**
     * Version 2 keeps versions of znodes and times of deletions, version 3 packs entries; those in the blocks say all of
     * this by flags.
     */
    private static final int VERSION = 3;

    private static final int HEADER_BYTES = 2 * Integer.BYTES + 2 * Long.BYTES;

    private SubtreeSplitSerializer() {}

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(SubtreeSplit split) throws IOException {
        int size = split.known().stream()
                .mapToInt(block -> block.length + Integer.BYTES)
                .sum();
        // Of exactly the right size, so that a large state is not copied once more while the task waits.
        DataOutputSerializer out = new DataOutputSerializer(HEADER_BYTES + size);
        out.writeInt(split.bucket());
        out.writeLong(split.newestZxid());
        out.writeLong(split.baseZxid());
        out.writeInt(split.known().size());
        for (byte[] block : split.known()) {
            out.writeInt(block.length);
            out.write(block);
        }
        return out.getSharedBuffer();
    }

    @Override
    public SubtreeSplit deserialize(int version, byte[] serialized) throws IOException {
        checkVersion(version);
        DataInputDeserializer in = new DataInputDeserializer(serialized);
        try {
            int bucket = in.readInt();
            long newestZxid = in.readLong();
            long baseZxid = in.readLong();
            int blocks = in.readInt();
            List<byte[]> known = new ArrayList<>();
            for (int i = 0; i < blocks; i++) {
                known.add(readBytes(in, in.readInt()));
            }
            return new SubtreeSplit(bucket, newestZxid, baseZxid, known);
        } catch (EOFException e) {
            throw damaged(e);
        }
    }

    /** As many bytes, of which no more are believed in than there are. */
    public static byte[] readBytes(DataInputDeserializer in, int length) throws IOException {
        if (length < 0 || length > in.available()) {
            throw damaged(null);
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    public static IOException damaged(EOFException end) {
        return new IOException(
                "The state of this zookeeper source is damaged: it says that it is longer than it is. Restore another"
                        + " checkpoint or savepoint, or start without state.",
                end);
    }

    public static void checkVersion(int version) throws IOException {
        if (version < 1 || version > VERSION) {
            throw new IOException("This state has version " + version + " of the zookeeper source's format, and this"
                    + " connector reads versions 1 to " + VERSION
                    + ". Restore it with the connector that wrote it, or a"
                    + " newer one.");
        }
    }
}
