// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Content;
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
import io.zkflink.subtree.FeedSettings;
import io.zkflink.subtree.SubtreeFeed;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.testkit.FakeZooKeeper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.junit.jupiter.api.Test;

/**
 * Feed and emitter over a server whose connection breaks, whose answers are late and whose clock is ahead of ours or
 * behind, with a task that lags behind and fails over: all rows together amount to the tree, times of a path never go
 * back, and what is told after a watermark is later than it.
 */
class ScanPropertiesTest {

    private static final long SEED = Long.getLong("scan.seed", System.nanoTime());
    private static final int RUNS = Integer.getInteger("scan.runs", 100);
    private static final long HOUR = 3_600_000;

    @Test
    void theRowsAmountToTheTreeAndTimeDoesNotGoBack() throws Exception {
        for (int run = 0; run < RUNS; run++) {
            Simulation simulation = new Simulation(SEED + run);
            try {
                simulation.run();
            } catch (AssertionError e) {
                throw new AssertionError("-Dscan.seed=" + (SEED + run), e);
            }
        }
    }

    private static final class Simulation implements SourceOutput<ZNodeChange> {
        private final Random random;
        private final FakeZooKeeper zk = new FakeZooKeeper();
        private final PathTemplate template =
                PathTemplate.parse("/r/{*k}", PathEncoding.NONE, name -> SegmentType.STRING);
        private final ScanSettings settings;

        /** What the task has not come to. */
        private final ArrayDeque<FeedEvent> queue = new ArrayDeque<>();

        private SubtreeFeed feed;
        private BucketState state;
        private ChangeEmitter<ZNodeChange> emitter;
        private long serverMillis;
        /** Whether the connection holds, so that walks end and changes are followed. */
        private final boolean calm;

        private Map<String, String> table = new TreeMap<>();
        private Map<String, Long> times = new HashMap<>();
        private long watermark = Long.MIN_VALUE;

        // Of the last checkpoint.
        private SubtreeSplit saved = SubtreeSplit.fresh(0);
        private Map<String, String> savedTable = new TreeMap<>();
        private Map<String, Long> savedTimes = new HashMap<>();

        Simulation(long seed) {
            random = new Random(seed);
            serverMillis = System.currentTimeMillis() + (random.nextInt(3) - 1) * HOUR;
            calm = random.nextBoolean();
            boolean all = random.nextBoolean();
            settings = new ScanSettings(
                    all ? ScanMode.ALL : ScanMode.UPSERT,
                    StartupMode.INITIAL,
                    BoundedMode.UNBOUNDED,
                    true,
                    1,
                    new ChangeDetection(WatchMode.RECURSIVE, Duration.ofSeconds(1), Duration.ZERO),
                    UnreadablePolicy.FAIL,
                    new Pushed(Long.MAX_VALUE, Content.DATA, true));
        }

        void run() throws Exception {
            zk.create("/r", "");
            start();
            for (int step = 0; step < 300; step++) {
                step();
            }
            zk.reconnect();
            zk.releaseReads();
            for (int idle = 0; idle < 3; ) {
                int before = queue.size();
                queue.addAll(feed.poll(0));
                idle = queue.size() == before ? idle + 1 : 0;
                task(Integer.MAX_VALUE);
            }
            Map<String, String> tree = new TreeMap<>(zk.tree("/r"));
            assertThat(table).isEqualTo(tree);
            feed.close();
        }

        private void start() throws Exception {
            SubtreeSplitSerializer serializer = SubtreeSplitSerializer.INSTANCE;
            state = new BucketState(
                    serializer.deserialize(serializer.getVersion(), serializer.serialize(saved)),
                    settings.mode() == ScanMode.ALL);
            emitter = new ChangeEmitter<>(
                    new SchemaDecoder<>(template, new ChangeSchema(), PayloadCompression.NONE),
                    settings,
                    new ScanMetrics(InternalSourceReaderMetricGroup.mock(new UnregisteredMetricsGroup())));
            emitter.add(state);
            queue.clear();
            watermark = Long.MIN_VALUE;
            feed = new SubtreeFeed(
                    zk,
                    template,
                    path -> true,
                    saved.newestZxid(),
                    new FeedSettings(true, false, Duration.ZERO, Content.DATA, Duration.ZERO, false));
            feed.open();
        }

        private void step() throws Exception {
            switch (random.nextInt(calm ? 4 : 0, 24)) {
                case 0 -> zk.lose();
                case 1 -> zk.expire();
                case 2, 3 -> zk.reconnect();
                case 4, 5 -> zk.holdReads();
                case 6 -> zk.releaseReads();
                case 7, 20, 21, 22, 23 -> answerOne();
                case 8 -> checkpoint();
                case 9 -> {
                    if (!calm) {
                        failOver();
                    }
                }
                case 10, 11, 12, 13 -> write();
                case 14, 15, 16 -> queue.addAll(feed.poll(0));
                default -> task(random.nextInt(4));
            }
        }

        private void answerOne() {
            if (zk.statistics().connected() && !zk.held().isEmpty()) {
                zk.answerNext();
            }
        }

        private void write() {
            serverMillis += random.nextInt(50);
            zk.setClock(serverMillis);
            String path =
                    "/r/" + "abc".charAt(random.nextInt(3)) + (random.nextBoolean() ? "/" + random.nextInt(2) : "");
            if (zk.znode(path).isEmpty()) {
                zk.create(path, Integer.toString(random.nextInt(100)));
            } else if (random.nextInt(3) == 0) {
                zk.deleteTree(path);
            } else {
                zk.set(path, Integer.toString(random.nextInt(100)));
            }
        }

        private void checkpoint() {
            saved = state.toSplit();
            savedTable = new TreeMap<>(table);
            savedTimes = new HashMap<>(times);
        }

        private void failOver() throws Exception {
            feed.close();
            table = new TreeMap<>(savedTable);
            times = new HashMap<>(savedTimes);
            start();
        }

        private void task(int events) throws Exception {
            for (int i = 0; i < events; i++) {
                while (emitter.hasMore()) {
                    emitter.emitMore(this);
                }
                FeedEvent next = queue.poll();
                if (next == null) {
                    return;
                }
                if (next instanceof Observation observation) {
                    emitter.observed(observation, state, this);
                } else {
                    emitter.marked(next, this);
                }
            }
        }

        @Override
        public void collect(ZNodeChange change, long timestamp) {
            assertThat(timestamp)
                    .as("%s after %s", change, times)
                    .isGreaterThanOrEqualTo(times.getOrDefault(change.path(), 0L));
            times.put(change.path(), timestamp);
            if (change.type() == EventType.DELETED) {
                assertThat(table.remove(change.path())).as("%s", change).isNotNull();
            } else {
                assertThat(timestamp).as("%s after the watermark", change).isGreaterThan(watermark);
                table.put(change.path(), new String(change.data(), StandardCharsets.UTF_8));
            }
        }

        @Override
        public void emitWatermark(Watermark said) {
            watermark = Math.max(watermark, said.getTimestamp());
        }

        @Override
        public void collect(ZNodeChange change) {
            throw new AssertionError("without a time");
        }

        @Override
        public void markIdle() {
            // A tree without znodes.
        }

        @Override
        public void markActive() {
            // It has one.
        }
    }
}
