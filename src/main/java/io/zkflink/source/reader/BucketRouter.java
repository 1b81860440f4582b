// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.path.PathTemplate;
import io.zkflink.source.split.Buckets;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import java.io.IOException;
import java.util.Collection;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.connector.base.source.reader.RecordEmitter;

/**
 * Brings each observation to its bucket. Flink would do so by the split that a record came from, but goes through what
 * was fetched split by split: marks, which hold for all, would overtake some observations, and those would come in
 * another order than they were made in. So all come from one split. Owned by the task thread.
 */
@Internal
public final class BucketRouter<T> implements RecordEmitter<FeedEvent, T, BucketState> {

    private final PathTemplate template;
    private final FeedEventEmitter<T> emitter;
    private final boolean siblings;
    private final BucketState[] states = new BucketState[Buckets.COUNT];

    /**
     * @param siblings whether the znodes of one parent belong together
     */
    public BucketRouter(PathTemplate template, FeedEventEmitter<T> emitter, boolean siblings) {
        this.template = template;
        this.emitter = emitter;
        this.siblings = siblings;
    }

    void add(BucketState state) {
        emitter.add(state);
        states[state.bucket()] = state;
    }

    void remove(Collection<BucketState> finished) {
        emitter.remove(finished);
        finished.forEach(state -> states[state.bucket()] = null);
    }

    @Override
    public void emitRecord(FeedEvent event, SourceOutput<T> output, BucketState any) throws IOException {
        if (event instanceof Observation observation) {
            emitter.observed(observation, states[Buckets.of(template, observation.path(), siblings)], output);
        } else {
            emitter.marked(event, output);
        }
    }

    /** Whether the last mark has more to say; nothing else may be emitted before. */
    boolean hasMore() {
        return emitter.hasMore();
    }

    /** Says a part of it. */
    void emitMore(SourceOutput<T> output) throws IOException {
        emitter.emitMore(output);
    }
}
