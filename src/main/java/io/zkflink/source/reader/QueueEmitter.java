// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.recipes.Completeness;
import io.zkflink.recipes.QueueRow;
import io.zkflink.row.ContenderDecoder.Facts;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.RoundEnded;
import io.zkflink.subtree.state.FeedEvent.UpToDate;
import io.zkflink.subtree.state.FeedEvent.WalkBegun;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/**
 * Turns feed events of contenders into rows of their queues. Observations are only collected; a mark says how much they
 * tell together, and then the queues that they belong to are looked at, a bucket at a time. All rows of a resource that
 * one look gives are emitted together, so that no checkpoint comes between a loss and the grant that follows from it.
 */
final class QueueEmitter implements FeedEventEmitter<RowData> {

    private final RecipeScan recipe;
    private final ScanSettings settings;
    private final RowLimit limit;
    private final ScanMetrics metrics;
    private final Map<BucketState, BucketQueues> buckets = new LinkedHashMap<>();
    private final ArrayDeque<BucketQueues> waiting = new ArrayDeque<>();
    private Completeness completeness;

    QueueEmitter(RecipeScan recipe, ScanSettings settings, RowLimit limit, ScanMetrics metrics) {
        this.recipe = recipe;
        this.settings = settings;
        this.limit = limit;
        this.metrics = metrics;
    }

    @Override
    public void add(BucketState state) {
        state.checkRestored(recipe.decoder().template());
        buckets.put(
                state,
                new BucketQueues(
                        state,
                        recipe.settings(),
                        settings.hasPrimaryKey(),
                        recipe.decoder().readsPosition()));
    }

    @Override
    public void remove(Collection<BucketState> finished) {
        finished.forEach(buckets::remove);
    }

    @Override
    public void observed(Observation observation, BucketState state, SourceOutput<RowData> output) {
        metrics.read(observation.znode().map(znode -> znode.data().length).orElse(0));
        buckets.get(state).observe(observation);
    }

    @Override
    public void marked(FeedEvent mark, SourceOutput<RowData> output) throws IOException {
        metrics.mark();
        if (mark instanceof WalkBegun) {
            buckets.values().forEach(BucketQueues::walkBegun);
        } else if (mark instanceof WalkEnded end) {
            buckets.values().forEach(bucket -> bucket.walkEnded(end));
            if (settings.isBounded()) {
                evaluate(Completeness.LISTED);
                // There is no other time: the splits are finished.
                while (hasMore()) {
                    emitMore(output);
                }
            }
        } else if (mark instanceof UpToDate upToDate) {
            evaluate(upToDate.watched() ? Completeness.EXACT : Completeness.LISTED);
        } else if (mark instanceof RoundEnded) {
            evaluate(Completeness.ROUND);
        }
    }

    private void evaluate(Completeness found) {
        completeness = found;
        buckets.values().stream().filter(BucketQueues::haveNews).forEach(waiting::add);
    }

    @Override
    public boolean hasMore() {
        return !waiting.isEmpty();
    }

    @Override
    public void emitMore(SourceOutput<RowData> output) throws IOException {
        BucketQueues bucket = waiting.remove();
        bucket.evaluate(completeness, (change, goneMillis) -> emit(change, goneMillis, output));
        if (completeness != Completeness.ROUND) {
            // All that was reported has been read: a resource that was renamed has one name by now.
            bucket.checkKeys(recipe.decoder().template());
        }
    }

    private void emit(QueueRow.Change change, long goneMillis, SourceOutput<RowData> output) {
        if (change.now() == null) {
            gone(change.before(), goneMillis, output);
            return;
        }
        GenericRowData now = row(change.now());
        if (change.before() == null) {
            collect(now, RowKind.INSERT, change.now(), output);
            return;
        }
        GenericRowData before = row(change.before());
        if (!now.equals(before)) {
            if (settings.needsBeforeImages()) {
                collect(before, RowKind.UPDATE_BEFORE, change.before(), output);
            }
            collect(now, RowKind.UPDATE_AFTER, change.now(), output);
        }
    }

    /** Without a key only an equal row takes a row back. */
    private void gone(QueueRow last, long goneMillis, SourceOutput<RowData> output) {
        QueueRow gone = settings.hasPrimaryKey() ? last.withMtime(goneMillis) : last;
        boolean whole = settings.mode() == ScanMode.ALL;
        GenericRowData row = whole ? row(gone) : recipe.decoder().gone(gone.znode(), facts(gone));
        collect(row, RowKind.DELETE, gone, output);
    }

    private void collect(GenericRowData row, RowKind kind, QueueRow standing, SourceOutput<RowData> output) {
        if (limit.take()) {
            row.setRowKind(kind);
            output.collect(row, standing.znode().stat().mtime());
        }
    }

    private GenericRowData row(QueueRow standing) {
        return recipe.decoder().row(standing.znode(), facts(standing));
    }

    private Facts facts(QueueRow standing) {
        String state = recipe.settings().recipe().state(standing.granted());
        return new Facts(standing.owner(), state, standing.position());
    }
}
