// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.enumerator;

import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import io.zkflink.state.StateFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The state format of the enumerator: the splits that no reader has. */
@Internal
public final class EnumeratorStateSerializer extends StateFormat<List<SubtreeSplit>> {

    public static final EnumeratorStateSerializer INSTANCE = new EnumeratorStateSerializer();

    private EnumeratorStateSerializer() {
        // The list and its splits have one version.
        super(SubtreeSplitSerializer.WHAT, SubtreeSplitSerializer.INSTANCE.getVersion());
    }

    @Override
    protected void write(List<SubtreeSplit> splits, DataOutputSerializer out) throws IOException {
        out.writeInt(splits.size());
        for (SubtreeSplit split : splits) {
            writeBytes(out, SubtreeSplitSerializer.INSTANCE.serialize(split));
        }
    }

    @Override
    protected List<SubtreeSplit> read(int writtenBy, DataInputDeserializer in) throws IOException {
        int count = in.readInt();
        List<SubtreeSplit> splits = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            splits.add(SubtreeSplitSerializer.INSTANCE.deserialize(writtenBy, readBytes(in, in.readInt())));
        }
        return splits;
    }
}
