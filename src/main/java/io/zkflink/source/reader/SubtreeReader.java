// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.state.FeedEvent;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.base.source.reader.SingleThreadMultiplexSourceReaderBase;
import org.apache.flink.core.io.InputStatus;

/** Reads the buckets of one subtask: one fetcher thread for all of them, state on the task thread. */
@Internal
public final class SubtreeReader<T>
        extends SingleThreadMultiplexSourceReaderBase<FeedEvent, T, SubtreeSplit, BucketState> {

    private final BucketRouter<T> router;
    private final boolean keepLast;
    private UnsplitOutput<T> unsplit;
    /** Why the state is none of this table; null if it is. */
    private IllegalStateException refusal;

    public SubtreeReader(
            Supplier<SubtreeSplitReader> splitReader,
            BucketRouter<T> router,
            boolean keepLast,
            SourceReaderContext context) {
        super(splitReader::get, router, context.getConfiguration(), context);
        this.router = router;
        this.keepLast = keepLast;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
        if (refusal != null) {
            return InputStatus.NOTHING_AVAILABLE;
        }
        if (unsplit == null || !unsplit.wraps(output)) {
            unsplit = new UnsplitOutput<>(output);
        }
        if (router.hasMore()) {
            router.emitMore(unsplit);
            return InputStatus.MORE_AVAILABLE;
        }
        try {
            return super.pollNext(unsplit);
        } catch (RuntimeException e) {
            throw FetcherFailure.unwrap(e);
        }
    }

    @Override
    protected void onSplitFinished(Map<String, BucketState> finished) {
        router.remove(finished.values());
    }

    /**
     * A state that is not of this table fails the task when nothing is on its way from the coordinator any more: that
     * would be lost with the task, and Flink may then tell of the loss instead of its cause.
     */
    @Override
    protected BucketState initializedState(SubtreeSplit split) {
        BucketState state = new BucketState(split, keepLast);
        try {
            router.add(state);
        } catch (IllegalStateException e) {
            refusal = e;
        }
        return state;
    }

    @Override
    public void notifyNoMoreSplits() {
        super.notifyNoMoreSplits();
        if (refusal != null) {
            throw refusal;
        }
    }

    @Override
    protected SubtreeSplit toSplitType(String splitId, BucketState state) {
        return state.toSplit();
    }
}
