// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.client.Content;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.row.EventType;
import io.zkflink.row.RecordDecoder;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.RoundEnded;
import io.zkflink.subtree.state.FeedEvent.UpToDate;
import io.zkflink.subtree.state.FeedEvent.WalkBegun;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.ZNodeState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.types.RowKind;

/**
 * Turns feed events into changes by the bucket's state machine, and changes into records, called rows here. Runs on the
 * task thread, which owns all state.
 *
 * <p>A znode whose data is skipped is known but hidden: for the rows it is as if it were not there. A restore forgets
 * it, so that the next walk tries its data again: the table's options, its schema or the format may be others now.
 */
final class ChangeEmitter<T> implements FeedEventEmitter<T> {

    private final RecordDecoder<T> decoder;
    private final ScanSettings settings;
    private final ScanMetrics metrics;
    private final SourceWatermarks watermarks;
    private final List<BucketState> states = new ArrayList<>();
    private final ArrayDeque<BucketState> ending = new ArrayDeque<>();
    private WalkEnded ended;

    ChangeEmitter(RecordDecoder<T> decoder, ScanSettings settings, ScanMetrics metrics) {
        this.decoder = decoder;
        this.settings = settings;
        this.metrics = metrics;
        this.watermarks = new SourceWatermarks(
                settings.pushed().sourceWatermarks(),
                settings.changeDetection().proofInterval().toMillis());
    }

    @Override
    public void add(BucketState state) {
        state.openRows(decoder.template());
        states.add(state);
    }

    @Override
    public void remove(Collection<BucketState> finished) {
        states.removeAll(finished);
    }

    @Override
    public void observed(Observation observation, BucketState state, SourceOutput<T> output) throws IOException {
        ZNode znode = observation.znode().orElse(null);
        if (znode != null) {
            metrics.read(znode.data().length);
            // Also of a znode that is not told: a reader that has some is not idle.
            watermarks.seen(znode.stat().mtime(), output);
        }
        state.includes(observation.zxid());
        if (state.keys() == null) {
            observe(observation, state, output);
        } else {
            observe(state.keys().admit(observation), state, output);
        }
    }

    private void observe(List<Observation> all, BucketState state, SourceOutput<T> output) throws IOException {
        for (Observation each : all) {
            observe(each, state, output);
        }
    }

    private void observe(Observation observation, BucketState state, SourceOutput<T> output) throws IOException {
        try {
            // No lambdas here: they would be an object each, for every znode.
            Change change = state.reconciler().observe(needed(observation)).orElse(null);
            if (change instanceof Change.Changed changed) {
                followed(changed, observation);
            }
            if (change != null) {
                emit(change, output, state);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** What is observed is kept, by some modes with its data, which a query of Stat columns does not need. */
    private Observation needed(Observation observation) {
        return decoder.readsData() ? observation : observation.withoutData();
    }

    /** A change of data, whose time is the server's and may be ahead of ours. */
    private void followed(Change.Changed change, Observation observation) {
        long mtime = observation.znode().orElseThrow().stat().mtime();
        metrics.followed(Math.max(0, observation.sentMillis() - mtime));
        if (change.before().version() != ZNodeState.UNKNOWN_VERSION) {
            // The difference is right also where the server's counter has overflown.
            metrics.versionsSkipped(change.now().version() - change.before().version() - 1);
        }
    }

    @Override
    public void marked(FeedEvent mark, SourceOutput<T> output) throws IOException {
        metrics.mark();
        if (mark instanceof WalkBegun begun) {
            watermarks.walkBegun();
            states.forEach(each -> begin(each, begun.zxid()));
        } else if (mark instanceof WalkEnded end) {
            ended = end;
            ending.addAll(states);
            watermarks.walkEnded();
        } else if (mark instanceof RoundEnded round) {
            watermarks.roundEnded(round, output);
        } else if (mark instanceof UpToDate upToDate) {
            checkKeys();
            watermarks.upToDate(upToDate, output);
        }
    }

    /** Refuses two znodes of one key, both of which are there. */
    private void checkKeys() throws IOException {
        for (BucketState state : states) {
            state.checkKeys();
        }
    }

    @Override
    public boolean hasMore() {
        return !ending.isEmpty();
    }

    /** Takes back what a walk did not see, of one bucket: deletions may be as many as there are znodes. */
    @Override
    public void emitMore(SourceOutput<T> output) throws IOException {
        BucketState state = ending.poll();
        try {
            state.includes(ended.zxid());
            state.reconciler().walkEnded(ended, change -> emit(change, output, state));
            if (state.keys() != null) {
                observe(state.keys().walkEnded(ended.walk()), state, output);
            }
            if (settings.pushed().content() == Content.KEYS && state.baseZxid() != SubtreeSplit.NO_BASE) {
                // Zxids are not read; what there was when the job started has been learnt by now.
                state.startAt(SubtreeSplit.BASE_LEARNT);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void begin(BucketState state, long zxid) {
        if (settings.startup() == StartupMode.LATEST_OFFSET && state.baseZxid() == SubtreeSplit.NO_BASE) {
            state.startAt(zxid);
        }
    }

    private void emit(Change change, SourceOutput<T> output, BucketState state) {
        if (change instanceof Change.Created created) {
            created(created, output, state);
        } else if (change instanceof Change.Changed changed) {
            changed(changed, output);
        } else if (change instanceof Change.Recreated recreated) {
            recreated(recreated, output);
        } else if (change instanceof Change.Deleted deleted) {
            deleted(deleted, output);
        }
    }

    private void created(Change.Created change, SourceOutput<T> output, BucketState state) {
        ZNode znode = change.znode();
        boolean sinceBase = znode.stat().czxid() > state.baseZxid();
        // Below the base a znode is only learnt; one that was changed since is told as changed, though what it was
        // before nobody knows.
        Optional<T> row = rowOf(znode, change.now(), sinceBase ? EventType.CREATED : EventType.CHANGED);
        if (row.isPresent() && znode.stat().mzxid() > state.baseZxid()) {
            boolean update = !sinceBase && settings.mode() != ScanMode.APPEND;
            collect(row.get(), update ? RowKind.UPDATE_AFTER : RowKind.INSERT, znode.stat(), output);
        }
    }

    private void changed(Change.Changed change, SourceOutput<T> output) {
        boolean wasRow = !change.before().hidden();
        Optional<T> row = rowOf(change.znode(), change.now(), wasRow ? EventType.CHANGED : EventType.CREATED);
        long mtime = change.znode().stat().mtime();
        if (row.isEmpty()) {
            gone(change.path(), change.before(), mtime, output);
        } else if (!wasRow || settings.mode() == ScanMode.APPEND) {
            collect(row.get(), RowKind.INSERT, change.znode().stat(), output);
        } else {
            if (settings.needsBeforeImages()) {
                collect(
                        before(change.before()),
                        RowKind.UPDATE_BEFORE,
                        change.znode().stat(),
                        output);
            }
            collect(row.get(), RowKind.UPDATE_AFTER, change.znode().stat(), output);
        }
    }

    private void recreated(Change.Recreated change, SourceOutput<T> output) {
        Optional<T> row = rowOf(change.znode(), change.now(), EventType.CREATED);
        boolean isUpdate = settings.mode() == ScanMode.UPSERT
                && row.isPresent()
                && !change.before().hidden();
        if (!isUpdate) {
            // It was gone before the new one came, whenever that is noticed; a later time would outlive the new row.
            gone(
                    change.path(),
                    change.before(),
                    Math.max(change.before().mtime(), change.znode().stat().ctime()),
                    output);
        }
        row.ifPresent(found -> collect(
                found,
                isUpdate ? RowKind.UPDATE_AFTER : RowKind.INSERT,
                change.znode().stat(),
                output));
    }

    private void deleted(Change.Deleted change, SourceOutput<T> output) {
        gone(change.path(), change.before(), change.millis(), output);
    }

    /** Takes a row back, if there was one. */
    private void gone(String path, ZNodeState before, long mtime, SourceOutput<T> output) {
        if (before.hidden()) {
            return;
        }
        RowKind kind = settings.mode() == ScanMode.APPEND ? RowKind.INSERT : RowKind.DELETE;
        goneRow(path, before, mtime).ifPresent(row -> output.collect(decoder.ofKind(kind, row), mtime));
    }

    private Optional<T> goneRow(String path, ZNodeState before, long mtime) {
        if (settings.mode() == ScanMode.ALL) {
            // Without a key only an equal row takes a row back.
            return Optional.of(settings.hasPrimaryKey() ? before(before, mtime) : before(before));
        }
        try {
            return decoder.gone(path, mtime);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private T before(ZNodeState known) {
        return before(known, known.mtime());
    }

    private T before(ZNodeState known, long mtime) {
        ZNode last = known.last()
                .orElseThrow(() -> new IllegalStateException("The state of this scan has no rows from before, because"
                        + " another 'scan.changelog-mode' wrote it. Start without the state, or use that mode."));
        if (decoder.readsData() && last.data().length == 0 && last.stat().dataLength() > 0) {
            throw new IllegalStateException(
                    "The state of this scan has the znode '" + last.path() + "' without its data,"
                            + " because a query that reads no payload column wrote it. Start without the state, or restore that"
                            + " query.");
        }
        return rowOf(new ZNode(last.path(), last.data(), last.stat().withMtime(mtime)), known, EventType.DELETED)
                .orElseThrow(
                        () -> new IllegalStateException("The state of this scan has a row of the znode '" + last.path()
                                + "' (version " + last.stat().version()
                                + "), whose data the table's format and columns decode no"
                                + " more, so that it cannot be taken back. Restore with the format and columns that wrote the"
                                + " state, or start without it."));
    }

    private Optional<T> rowOf(ZNode znode, ZNodeState known, EventType event) {
        try {
            Optional<T> row = decoder.record(znode, event);
            if (row.isEmpty()) {
                known.hide();
                metrics.undecodable();
            }
            return row;
        } catch (IOException e) {
            metrics.undecodable();
            throw new UncheckedIOException(e);
        }
    }

    private void collect(T row, RowKind kind, ZNodeStat stat, SourceOutput<T> output) {
        output.collect(decoder.ofKind(kind, row), stat.mtime());
    }
}
