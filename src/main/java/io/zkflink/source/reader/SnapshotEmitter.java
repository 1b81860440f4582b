// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.client.ZNode;
import io.zkflink.row.EventType;
import io.zkflink.row.RecordDecoder;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkBegun;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.ZNodeState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.types.RowKind;

/**
 * Tells each znode of a tree that is read once, and then no more: what changes later is none of the snapshot. A walk tells
 * each znode once, so that it matters what was told only to the walks after the first one, which there are when the
 * connection was lost or more buckets came. Runs on the task thread, which owns all state.
 */
final class SnapshotEmitter<T> implements FeedEventEmitter<T> {

    private final RecordDecoder<T> decoder;
    private final RowLimit limit;
    private final ScanMetrics metrics;
    private final List<BucketState> states = new ArrayList<>();
    private boolean walked;

    SnapshotEmitter(RecordDecoder<T> decoder, RowLimit limit, ScanMetrics metrics) {
        this.decoder = decoder;
        this.limit = limit;
        this.metrics = metrics;
    }

    @Override
    public void add(BucketState state) {
        state.openRows(decoder.template());
        state.readOnce();
        states.add(state);
    }

    @Override
    public void remove(Collection<BucketState> finished) {
        states.removeAll(finished);
    }

    @Override
    public void observed(Observation observation, BucketState state, SourceOutput<T> output) throws IOException {
        observation.znode().ifPresent(znode -> metrics.read(znode.data().length));
        state.includes(observation.zxid());
        if (state.keys() == null) {
            tell(observation, state, output);
        } else {
            for (Observation admitted : state.keys().admit(observation)) {
                tell(admitted, state, output);
            }
        }
    }

    private void tell(Observation observation, BucketState state, SourceOutput<T> output) throws IOException {
        ZNode znode = observation.znode().orElse(null);
        if (znode == null || state.hasTold(znode.path())) {
            return;
        }
        Optional<T> row = record(znode);
        ZNodeState told = ZNodeState.of(znode, false);
        if (row.isEmpty()) {
            told.hide();
            metrics.undecodable();
        }
        state.told(told);
        if (row.isPresent() && limit.take()) {
            output.collect(
                    decoder.ofKind(RowKind.INSERT, row.get()), znode.stat().mtime());
        }
    }

    private Optional<T> record(ZNode znode) throws IOException {
        try {
            return decoder.record(znode, EventType.CREATED);
        } catch (IOException e) {
            metrics.undecodable();
            throw e;
        }
    }

    @Override
    public void marked(FeedEvent mark, SourceOutput<T> output) throws IOException {
        metrics.mark();
        if (mark instanceof WalkBegun) {
            if (walked) {
                states.forEach(BucketState::readAgain);
            }
            walked = true;
        } else if (mark instanceof WalkEnded) {
            for (BucketState state : states) {
                state.checkKeys();
            }
        }
    }

    @Override
    public boolean hasMore() {
        return false;
    }

    @Override
    public void emitMore(SourceOutput<T> output) {
        throw new IllegalStateException("A mark of a snapshot has no more to say.");
    }
}
