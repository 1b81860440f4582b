// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.subtree.Sighting;
import java.io.IOException;
import java.util.Collection;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.connector.base.source.reader.RecordEmitter;

/** Turns sightings into records. Runs on the task thread, which owns all state. */
interface SightingEmitter<T> extends RecordEmitter<Sighting, T, BucketState> {

    /**
     * A bucket that this emitter's task reads from now on.
     *
     * @throws IllegalStateException if it was saved by a scan of other znodes
     */
    void add(BucketState state);

    void remove(Collection<BucketState> finished);

    /** Whether the last mark has more to say; nothing else may be emitted before. */
    boolean hasMore();

    /** Says a part of it: it may be as much as there are znodes. */
    void emitMore(SourceOutput<T> output) throws IOException;
}
