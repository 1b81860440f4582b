// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.enumerator;

import io.zkflink.source.split.SubtreeSplit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;

/**
 * Hands the buckets to the readers: each reader gets all of its share when it registers, and is told that there is no
 * more, so that readers beyond the wanted number finish and hold nothing back. After a restore the buckets come with
 * the readers that have registered, and are handed out when all of them have. Never connects. Runs on the coordinator
 * thread.
 */
@Internal
public final class SubtreeEnumerator implements SplitEnumerator<SubtreeSplit, List<SubtreeSplit>> {

    private final SplitEnumeratorContext<SubtreeSplit> context;
    private final int wantedReaders;
    private final Function<ReaderInfo, List<SubtreeSplit>> restoredSplits;
    private final Map<Integer, SubtreeSplit> unassigned = new HashMap<>();

    /** Whether buckets may still come with readers that have not registered yet. */
    private boolean awaitsReaders;

    /**
     * @param restoredSplits what a reader brings along
     * @param isRestored whether readers may bring some
     */
    public SubtreeEnumerator(
            SplitEnumeratorContext<SubtreeSplit> context,
            int wantedReaders,
            Collection<SubtreeSplit> unassigned,
            Function<ReaderInfo, List<SubtreeSplit>> restoredSplits,
            boolean isRestored) {
        this.context = context;
        this.wantedReaders = wantedReaders;
        this.restoredSplits = restoredSplits;
        this.awaitsReaders = isRestored;
        unassigned.forEach(split -> this.unassigned.put(split.bucket(), split));
    }

    @Override
    public void start() {
        // Readers ask by registering.
    }

    @Override
    public void handleSplitRequest(int subtask, String hostname) {
        // Each reader is given all of its splits when it registers.
    }

    @Override
    public void addSplitsBack(List<SubtreeSplit> splits, int subtask) {
        splits.forEach(split -> unassigned.put(split.bucket(), split));
    }

    @Override
    public void addReader(int subtask) {
        addSplitsBack(restoredSplits.apply(context.registeredReaders().get(subtask)), subtask);
        if (!awaitsReaders) {
            assign(subtask);
        } else if (context.registeredReaders().size() >= context.currentParallelism()) {
            awaitsReaders = false;
            context.registeredReaders().keySet().forEach(this::assign);
        }
    }

    private void assign(int subtask) {
        int readers = Math.min(wantedReaders, context.currentParallelism());
        List<SubtreeSplit> share = new ArrayList<>();
        for (SubtreeSplit split : unassigned.values()) {
            if (split.bucket() % readers == subtask) {
                share.add(split);
            }
        }
        share.forEach(split -> unassigned.remove(split.bucket()));
        if (!share.isEmpty()) {
            context.assignSplits(new SplitsAssignment<>(Map.of(subtask, share)));
        }
        context.signalNoMoreSplits(subtask);
    }

    @Override
    public List<SubtreeSplit> snapshotState(long checkpointId) {
        return List.copyOf(unassigned.values());
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
