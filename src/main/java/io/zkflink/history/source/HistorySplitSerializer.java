// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.state.StateFormat;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The state format of a split. */
final class HistorySplitSerializer extends StateFormat<HistorySplit> {

    static final HistorySplitSerializer INSTANCE = new HistorySplitSerializer();
    static final String WHAT = "this zookeeper-log source";
    static final int VERSION = 1;

    private HistorySplitSerializer() {
        super(WHAT, VERSION);
    }

    @Override
    protected void write(HistorySplit split, DataOutputSerializer out) throws IOException {
        out.writeLong(split.zxid());
        out.writeInt(split.ordinal());
    }

    @Override
    protected HistorySplit read(int writtenBy, DataInputDeserializer in) throws IOException {
        return new HistorySplit(in.readLong(), in.readInt());
    }
}
