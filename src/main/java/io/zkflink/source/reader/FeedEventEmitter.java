// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import java.io.IOException;
import java.util.Collection;
import org.apache.flink.api.connector.source.SourceOutput;

/** Turns feed events into records. Runs on the task thread, which owns all state. */
interface FeedEventEmitter<T> {

    /**
     * A bucket that this emitter's task reads from now on.
     *
     * @throws IllegalStateException if it was saved by a scan of other znodes
     */
    void add(BucketState state);

    void remove(Collection<BucketState> finished);

    /**
     * A znode was looked at.
     *
     * @param state of its bucket
     */
    void observed(Observation observation, BucketState state, SourceOutput<T> output) throws IOException;

    /** A feed event that holds for all buckets. */
    void marked(FeedEvent mark, SourceOutput<T> output) throws IOException;

    /** Whether the last mark has more to say; nothing else may be emitted before. */
    boolean hasMore();

    /** Says a part of it: it may be as much as there are znodes. */
    void emitMore(SourceOutput<T> output) throws IOException;
}
