// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Content;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.EventType;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.source.ChangeSchema;
import io.zkflink.source.SchemaDecoder;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.ScanSettings.ChangeDetection;
import io.zkflink.source.settings.ScanSettings.Pushed;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.settings.UnreadablePolicy;
import io.zkflink.source.settings.WatchMode;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.RoundEnded;
import io.zkflink.subtree.state.FeedEvent.UpToDate;
import io.zkflink.subtree.state.FeedEvent.WalkBegun;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.junit.jupiter.api.Test;

/** What comes of feed events: times, watermarks, state and metrics, with every clock in the hands of the test. */
class ChangeEmitterTest {

    private static final long BEGIN = 10;
    private static final long NOON = 1_700_000_000_000L;
    private static final long HOUR = 3_600_000;

    private final Output output = new Output();
    private final Metrics metrics = new Metrics();
    private BucketState state = new BucketState(SubtreeSplit.fresh(0), true);
    private ChangeEmitter<ZNodeChange> emitter = emitter(ScanMode.ALL, StartupMode.INITIAL, false);

    private ChangeEmitter<ZNodeChange> emitter(ScanMode mode, StartupMode startup, boolean keysOnly) {
        ScanSettings settings = new ScanSettings(
                mode,
                startup,
                BoundedMode.UNBOUNDED,
                true,
                1,
                new ChangeDetection(WatchMode.AUTO, Duration.ofSeconds(1), Duration.ZERO),
                UnreadablePolicy.FAIL,
                new Pushed(Long.MAX_VALUE, keysOnly ? Content.KEYS : Content.DATA, true));
        ChangeEmitter<ZNodeChange> created = new ChangeEmitter<>(
                new SchemaDecoder<>(
                        PathTemplate.parse("/r/{k}", PathEncoding.NONE, name -> SegmentType.STRING),
                        new ChangeSchema(),
                        PayloadCompression.NONE),
                settings,
                new ScanMetrics(InternalSourceReaderMetricGroup.mock(metrics)));
        created.add(state);
        return created;
    }

    /** As after a failover: all that is left is what a checkpoint holds. */
    private void restore(ScanMode mode, StartupMode startup, boolean keysOnly) throws IOException {
        SubtreeSplitSerializer serializer = SubtreeSplitSerializer.INSTANCE;
        state = new BucketState(
                serializer.deserialize(serializer.getVersion(), serializer.serialize(state.toSplit())), true);
        emitter = emitter(mode, startup, keysOnly);
    }

    @Test
    void noRowIsOlderThanTheDeletionBeforeIt() throws IOException {
        for (ScanMode mode : ScanMode.values()) {
            for (boolean failover : new boolean[] {false, true}) {
                state = new BucketState(SubtreeSplit.fresh(0), true);
                emitter = emitter(mode, StartupMode.INITIAL, false);
                output.said.clear();
                walk(1, there("/r/a", 11, 11, 0, NOON));
                long deletion = NOON + HOUR; // by our clock, which is ahead
                gone("/r/a", deletion, 12);
                if (failover) {
                    restore(mode, StartupMode.INITIAL, false);
                }
                observe(there("/r/a", 13, 13, 0, NOON + 100));
                if (failover) {
                    restore(mode, StartupMode.INITIAL, false);
                }
                observe(there("/r/a", 13, 14, 1, NOON + 200));
                observe(there("/r/b", 15, 15, 0, NOON + 300)); // was never deleted
                observe(there("/r/a", 13, 16, 2, NOON + 2 * HOUR));
                assertThat(output.said)
                        .as("%s, failover %s", mode, failover)
                        .containsExactly(
                                "CREATED /r/a 0",
                                "DELETED /r/a " + HOUR,
                                "CREATED /r/a " + HOUR,
                                "CHANGED /r/a " + HOUR,
                                "CREATED /r/b 300",
                                "CHANGED /r/a " + 2 * HOUR);
            }
        }
    }

    @Test
    void aDeletionIsAsOldAsTheReadThatFoundItAndNoOlderThanTheLastRow() throws IOException {
        walk(1, there("/r/a", 11, 11, 0, NOON), there("/r/b", 12, 12, 0, NOON), there("/r/c", 13, 13, 0, NOON + 50));
        gone("/r/a", NOON + 7, 14);
        gone("/r/c", NOON + 8, 15); // our clock is behind
        output.said.clear();
        walkAt(2, NOON + 9);
        assertThat(output.said).containsExactly("DELETED /r/b 9");
    }

    @Test
    void aChangeUnderALeaderWhoseClockIsBehindIsNoOlderThanTheRowBefore() throws IOException {
        walk(1, there("/r/a", 11, 11, 0, NOON));
        observe(there("/r/a", 11, 12, 1, NOON - HOUR));
        observe(there("/r/a", 13, 13, 0, NOON - HOUR + 5));
        assertThat(output.times()).containsOnly(0L);
    }

    @Test
    void ourClockDoesNotMoveTheWatermark() throws IOException {
        walk(1, there("/r/a", 11, 11, 0, NOON), there("/r/b", 11, 11, 0, NOON));
        gone("/r/a", NOON + HOUR, 12);
        observe(there("/r/a", 13, 13, 0, NOON + 100));
        mark(new UpToDate(1, true, 0));
        assertThat(output.watermarks).containsExactly(NOON + 99);
    }

    @Test
    void aRoundMovesTheWatermarkToWhatWasSeenBeforeIt() throws IOException {
        walk(1, there("/r/a", 11, 11, 0, NOON));
        observe(there("/r/a", 11, 12, 1, NOON + 100));
        mark(new RoundEnded(1, 0));
        observe(there("/r/a", 11, 13, 2, NOON + 200));
        mark(new RoundEnded(1, 0));
        mark(new RoundEnded(1, NOON + 150));
        assertThat(output.watermarks).containsExactly(NOON - 1, NOON + 99, NOON + 199);
    }

    @Test
    void aReaderThatHasZNodesIsNotIdle() throws IOException {
        emitter = emitter(ScanMode.UPSERT, StartupMode.LATEST_OFFSET, false);
        walk(1, there("/r/a", 1, 1, 0, NOON));
        mark(new UpToDate(1, true, 0));
        assertThat(output.said).isEmpty();
        assertThat(output.watermarks).containsExactly(NOON - 1);
        restore(ScanMode.UPSERT, StartupMode.LATEST_OFFSET, false);
        walk(2, there("/r/a", 1, 1, 0, NOON));
        mark(new UpToDate(2, true, 0));
        assertThat(output.said).isEmpty();
        assertThat(output.watermarks).containsExactly(NOON - 1, NOON - 1);
    }

    @Test
    void latestOffsetTellsNewZNodesWhereOnlyKeysAreRead() throws IOException {
        for (ScanMode mode : ScanMode.values()) {
            state = new BucketState(SubtreeSplit.fresh(0), false);
            emitter = emitter(mode, StartupMode.LATEST_OFFSET, true);
            output.said.clear();
            walk(1, key("/r/old"), key("/r/older"));
            assertThat(output.said).isEmpty();
            if (mode != ScanMode.ALL) {
                gone("/r/old", NOON, 20);
            }
            observe(key("/r/new"));
            restore(mode, StartupMode.LATEST_OFFSET, true);
            walk(2, key("/r/old"), key("/r/older"), key("/r/new"), key("/r/meanwhile"));
            assertThat(output.said)
                    .as(mode.toString())
                    .contains("CREATED /r/new " + -NOON, "CREATED /r/meanwhile " + -NOON)
                    .noneMatch(line -> line.contains("older"));
        }
    }

    @Test
    void aDeletionRaisesTheTransactionOfTheState() throws IOException {
        walk(1, there("/r/a", 5, 5, 0, NOON));
        gone("/r/a", NOON, 21);
        assertThat(state.toSplit().newestZxid()).isEqualTo(21);
        emitter = emitter(ScanMode.UPSERT, StartupMode.INITIAL, true);
        observe(new Observation("/r/k", Optional.of(ZNode.existing("/r/k")), 1, NOON, 22));
        assertThat(state.toSplit().newestZxid()).isEqualTo(22);
    }

    @Test
    void versionsThatNobodySawAreCountedWhereTheLastOneIsKnown() throws IOException {
        walk(1, there("/r/a", 11, 11, 3, NOON));
        observe(there("/r/a", 11, 12, 4, NOON));
        observe(there("/r/a", 11, 20, 9, NOON));
        restore(ScanMode.ALL, StartupMode.INITIAL, false);
        walk(2, there("/r/a", 11, 30, 12, NOON));
        assertThat(metrics.counters.get("skippedVersions").getCount()).isEqualTo(2); // by the restored reader
        observe(there("/r/b", 41, 41, Integer.MAX_VALUE, NOON));
        observe(there("/r/b", 41, 42, Integer.MIN_VALUE + 1, NOON));
        assertThat(metrics.counters.get("skippedVersions").getCount()).isEqualTo(3);
    }

    @Test
    void theFetchLagIsThatOfTheReadWheneverTheTaskComesToIt() throws IOException {
        walk(1, there("/r/a", 11, 11, 0, NOON));
        emitter.observed(
                new Observation("/r/a", there("/r/a", 11, 12, 1, NOON).znode(), 1, NOON + 25, 12), state, output);
        assertThat(metrics.gauges.get("currentFetchEventTimeLag").getValue()).isEqualTo(25L);
        emitter.observed(
                new Observation("/r/a", there("/r/a", 11, 13, 2, NOON).znode(), 1, NOON - 5, 13), state, output);
        assertThat(metrics.gauges.get("currentFetchEventTimeLag").getValue()).isEqualTo(0L);
    }

    private void walk(int number, Observation... observations) throws IOException {
        mark(new WalkBegun(number, BEGIN));
        for (Observation each : observations) {
            observe(new Observation(each.path(), each.znode(), number, each.sentMillis(), each.zxid()));
        }
        mark(new WalkEnded(number, BEGIN, NOON));
    }

    private void walkAt(int number, long begunMillis) throws IOException {
        mark(new WalkBegun(number, BEGIN));
        mark(new WalkEnded(number, BEGIN, begunMillis));
    }

    private void observe(Observation observation) throws IOException {
        emitter.observed(observation, state, output);
    }

    private void gone(String path, long sentMillis, long zxid) throws IOException {
        observe(new Observation(path, Optional.empty(), 1, sentMillis, zxid));
    }

    private void mark(FeedEvent mark) throws IOException {
        emitter.marked(mark, output);
        while (emitter.hasMore()) {
            emitter.emitMore(output);
        }
    }

    private static Observation there(String path, long czxid, long mzxid, int version, long mtime) {
        ZNodeStat stat = new ZNodeStat(czxid, mzxid, mtime, mtime, version, 0, 0, 0, 0, 0, 0);
        return new Observation(path, Optional.of(new ZNode(path, new byte[0], stat)), 1, mtime, mzxid);
    }

    private static Observation key(String path) {
        return new Observation(path, Optional.of(ZNode.existing(path)), 1, NOON, 0);
    }

    /** What is said, with times relative to {@link #NOON}. */
    private static final class Output implements SourceOutput<ZNodeChange> {
        private final List<String> said = new ArrayList<>();
        private final List<Long> watermarks = new ArrayList<>();

        @Override
        public void collect(ZNodeChange change) {
            throw new AssertionError("without a time");
        }

        @Override
        public void collect(ZNodeChange change, long timestamp) {
            if (change.type() == EventType.CHANGED && !said.isEmpty()) {
                // The row before, which the full changelog takes back.
                int last = said.size() - 1;
                if (said.get(last).startsWith("DELETED " + change.path() + " ")) {
                    said.remove(last);
                }
            }
            said.add(change.type() + " " + change.path() + " " + (timestamp - NOON));
        }

        List<Long> times() {
            return said.stream()
                    .map(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                    .toList();
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            watermarks.add(watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            said.add("idle");
        }

        @Override
        public void markActive() {
            said.add("active");
        }
    }

    private static final class Metrics extends UnregisteredMetricsGroup {
        private final Map<String, Counter> counters = new HashMap<>();
        private final Map<String, Gauge<?>> gauges = new HashMap<>();

        @Override
        public MetricGroup addGroup(String name) {
            return this;
        }

        @Override
        public Counter counter(String name) {
            counters.put(name, new SimpleCounter());
            return counters.get(name);
        }

        @Override
        public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
            gauges.put(name, gauge);
            return gauge;
        }
    }
}
