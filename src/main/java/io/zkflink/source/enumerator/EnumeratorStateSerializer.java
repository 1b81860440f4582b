// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.enumerator;

import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The state format of the enumerator: the splits that no reader has. */
@Internal
public final class EnumeratorStateSerializer implements SimpleVersionedSerializer<List<SubtreeSplit>> {

    public static final EnumeratorStateSerializer INSTANCE = new EnumeratorStateSerializer();

    private EnumeratorStateSerializer() {}

    /** The list and its splits have one version. */
    @Override
    public int getVersion() {
        return SubtreeSplitSerializer.INSTANCE.getVersion();
    }

    @Override
    public byte[] serialize(List<SubtreeSplit> splits) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        out.writeInt(splits.size());
        for (SubtreeSplit split : splits) {
            byte[] serialized = SubtreeSplitSerializer.INSTANCE.serialize(split);
            out.writeInt(serialized.length);
            out.write(serialized);
        }
        return out.getCopyOfBuffer();
    }

    @Override
    public List<SubtreeSplit> deserialize(int version, byte[] serialized) throws IOException {
        SubtreeSplitSerializer.checkVersion(version);
        DataInputDeserializer in = new DataInputDeserializer(serialized);
        try {
            int count = in.readInt();
            List<SubtreeSplit> splits = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                byte[] split = SubtreeSplitSerializer.readBytes(in, in.readInt());
                splits.add(SubtreeSplitSerializer.INSTANCE.deserialize(version, split));
            }
            return splits;
        } catch (EOFException e) {
            throw SubtreeSplitSerializer.damaged(e);
        }
    }
}
