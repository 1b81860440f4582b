// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import java.io.IOException;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The state format of a split. */
final class HistorySplitSerializer implements SimpleVersionedSerializer<HistorySplit> {

    static final HistorySplitSerializer INSTANCE = new HistorySplitSerializer();
    private static final int VERSION = 1;
    private static final int LENGTH = Long.BYTES + Integer.BYTES;

    private HistorySplitSerializer() {}

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(HistorySplit split) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(LENGTH);
        out.writeLong(split.zxid());
        out.writeInt(split.ordinal());
        return out.getCopyOfBuffer();
    }

    @Override
    public HistorySplit deserialize(int version, byte[] serialized) throws IOException {
        if (version != VERSION) {
            throw new IOException("This state has version " + version
                    + " of the zookeeper-log source's format, and this"
                    + " connector reads version " + VERSION + ". Restore it with the connector that wrote it, or a"
                    + " newer one.");
        }
        if (serialized.length != LENGTH) {
            throw new IOException("The state of this zookeeper-log source is damaged: it has " + serialized.length
                    + " bytes instead of " + LENGTH + ". Restore another checkpoint or savepoint, or start without"
                    + " state.");
        }
        DataInputDeserializer in = new DataInputDeserializer(serialized);
        return new HistorySplit(in.readLong(), in.readInt());
    }
}
