// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Content;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.source.SchemaDecoder;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZNodeDeserializationSchema;
import io.zkflink.source.split.Buckets;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import io.zkflink.subtree.FeedSettings;
import io.zkflink.subtree.SubtreeFeed;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.testkit.FakeZooKeeper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.junit.jupiter.api.Test;

/** A snapshot tells each znode once, however often the walk begins anew and the task fails. */
class SnapshotEmitterTest {

    private static final long SEED = Long.getLong("scan.seed", System.nanoTime());
    private static final int RUNS = Integer.getInteger("scan.runs", 100);

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private PathTemplate template = template(PathEncoding.NONE);

    /** Of the attempt that runs. */
    private SubtreeFeed feed;

    private SnapshotEmitter<String> emitter;
    private Map<Integer, BucketState> states;
    private final ArrayDeque<FeedEvent> queue = new ArrayDeque<>();
    private Output output = new Output(new ArrayList<>());
    private boolean ended;

    // Of the last checkpoint.
    private List<SubtreeSplit> saved = List.of();
    private List<String> savedRows = new ArrayList<>();

    private static PathTemplate template(PathEncoding encoding) {
        return PathTemplate.parse("/r/{k}", encoding, name -> SegmentType.STRING);
    }

    @Test
    void eachZNodeIsToldOnce() throws Exception {
        for (int run = 0; run < RUNS; run++) {
            try {
                new SnapshotEmitterTest().run(new Random(SEED + run));
            } catch (AssertionError e) {
                throw new AssertionError("-Dscan.seed=" + (SEED + run), e);
            }
        }
    }

    private void run(Random random) throws Exception {
        List<String> rows = new ArrayList<>();
        zk.create("/r", "");
        for (int i = 0; i < 60; i++) {
            boolean isRow = random.nextInt(4) > 0;
            zk.create("/r/" + i, isRow ? "row" : "none");
            if (isRow) {
                rows.add("/r/" + i + " row");
            }
        }
        start("row");
        int faults = random.nextInt(8);
        zk.holdReads();
        while (!ended) {
            switch (random.nextInt(20)) {
                case 0, 1 -> queue.addAll(feed.poll(0));
                case 2, 3 -> task(random.nextInt(20));
                case 4 -> checkpoint();
                case 5 -> zk.set("/r/" + random.nextInt(60), "row");
                case 6 -> {
                    if (faults-- > 0) {
                        fault(random);
                    }
                }
                default -> answerNext();
            }
        }
        assertThat(output.rows).doesNotHaveDuplicates().containsAll(rows);
        feed.close();
    }

    private void fault(Random random) throws Exception {
        if (random.nextInt(3) == 0) {
            failOver();
        } else {
            zk.lose();
            queue.addAll(feed.poll(0));
            zk.reconnect();
        }
    }

    private void answerNext() {
        if (zk.statistics().connected() && !zk.held().isEmpty()) {
            zk.answerNext();
        }
    }

    @Test
    void whatIsNoRowIsTriedAgainAfterARestore() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "x");
        zk.create("/r/b", "y");
        start("x");
        finish();
        assertThat(output.rows).containsExactly("/r/a x");
        checkpoint();
        start("y");
        finish();
        assertThat(output.rows).containsExactly("/r/a x", "/r/b y");
    }

    @Test
    void twoZNodesOfOneKeyAreRefused() throws Exception {
        template = template(PathEncoding.URL);
        zk.create("/r", "");
        zk.create("/r/a%20b", "x");
        zk.create("/r/a+b", "x");
        start("x");
        assertThatThrownBy(this::finish).hasMessageContaining("have the same key");
    }

    private void start(String row) throws IOException {
        if (feed != null) {
            feed.close();
        }
        emitter = new SnapshotEmitter<>(
                new SchemaDecoder<>(template, new Texts(row), PayloadCompression.NONE),
                new RowLimit(Long.MAX_VALUE),
                new ScanMetrics(InternalSourceReaderMetricGroup.mock(new UnregisteredMetricsGroup())));
        states = new HashMap<>();
        List<SubtreeSplit> splits = new ArrayList<>(saved);
        while (splits.size() < Buckets.COUNT) {
            splits.add(SubtreeSplit.fresh(splits.size()));
        }
        for (SubtreeSplit split : splits) {
            states.put(split.bucket(), new BucketState(split, false));
            emitter.add(states.get(split.bucket()));
        }
        queue.clear();
        ended = false;
        feed = new SubtreeFeed(
                zk,
                template,
                path -> true,
                0,
                new FeedSettings(false, true, Duration.ofHours(1), Content.DATA, Duration.ZERO, false));
        feed.open();
    }

    private void checkpoint() throws IOException {
        SubtreeSplitSerializer serializer = SubtreeSplitSerializer.INSTANCE;
        saved = new ArrayList<>();
        for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
            saved.add(serializer.deserialize(
                    serializer.getVersion(),
                    serializer.serialize(states.get(bucket).toSplit())));
        }
        savedRows = new ArrayList<>(output.rows);
    }

    private void failOver() throws IOException {
        output = new Output(new ArrayList<>(savedRows));
        start("row");
    }

    private void finish() throws Exception {
        while (!ended) {
            queue.addAll(feed.poll(0));
            task(Integer.MAX_VALUE);
        }
    }

    private void task(int events) throws IOException {
        for (int i = 0; i < events && !queue.isEmpty() && !ended; i++) {
            FeedEvent next = queue.poll();
            if (next instanceof Observation observation) {
                int bucket = Buckets.of(template, observation.path(), false);
                emitter.observed(observation, states.get(bucket), output);
            } else {
                emitter.marked(next, output);
                ended = next instanceof WalkEnded;
            }
        }
    }

    /** Has only znodes of some data as rows. */
    private record Texts(String row) implements ZNodeDeserializationSchema<String> {
        @Override
        public String deserialize(ZNodeChange change) {
            String text = new String(change.data(), StandardCharsets.UTF_8);
            return text.equals(row) ? change.path() + " " + text : null;
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return Types.STRING;
        }
    }

    private record Output(List<String> rows) implements SourceOutput<String> {
        @Override
        public void collect(String row) {
            throw new AssertionError("without a time");
        }

        @Override
        public void collect(String row, long timestamp) {
            rows.add(row);
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            throw new AssertionError("of a snapshot");
        }

        @Override
        public void markIdle() {
            throw new AssertionError("of a snapshot");
        }

        @Override
        public void markActive() {
            throw new AssertionError("of a snapshot");
        }
    }
}
