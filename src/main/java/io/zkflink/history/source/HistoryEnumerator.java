// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.state.StateFormat;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** Gives the one split to the first reader that registers. Opens no file. Runs on the coordinator thread. */
final class HistoryEnumerator implements SplitEnumerator<HistorySplit, HistoryEnumerator.State> {

    /**
     * @param unassigned null if a reader has it
     */
    record State(HistorySplit unassigned) {

        static final SimpleVersionedSerializer<State> SERIALIZER =
                new StateFormat<>(HistorySplitSerializer.WHAT, HistorySplitSerializer.VERSION) {
                    @Override
                    protected void write(State state, DataOutputSerializer out) throws IOException {
                        if (state.unassigned != null) {
                            HistorySplitSerializer.INSTANCE.write(state.unassigned, out);
                        }
                    }

                    @Override
                    protected State read(int writtenBy, DataInputDeserializer in) throws IOException {
                        boolean isAssigned = in.available() == 0;
                        return new State(isAssigned ? null : HistorySplitSerializer.INSTANCE.read(writtenBy, in));
                    }
                };
    }

    private final SplitEnumeratorContext<HistorySplit> context;
    private HistorySplit unassigned;

    HistoryEnumerator(SplitEnumeratorContext<HistorySplit> context, State state) {
        this.context = context;
        this.unassigned = state.unassigned;
    }

    @Override
    public void start() {
        // Readers ask by registering.
    }

    @Override
    public void handleSplitRequest(int subtask, String hostname) {
        // The split is given when a reader registers.
    }

    @Override
    public void addSplitsBack(List<HistorySplit> splits, int subtask) {
        splits.forEach(split -> unassigned = split);
    }

    @Override
    public void addReader(int subtask) {
        if (unassigned != null) {
            context.assignSplits(new SplitsAssignment<>(Map.of(subtask, List.of(unassigned))));
            unassigned = null;
        }
        context.signalNoMoreSplits(subtask);
    }

    @Override
    public State snapshotState(long checkpointId) {
        return new State(unassigned);
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
