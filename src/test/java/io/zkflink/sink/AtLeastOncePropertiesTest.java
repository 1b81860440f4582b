// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.batch.Guard;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.sink.transaction.WaitingRemovals;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import io.zkflink.testkit.ManualTask;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tree ends as if the rows had been applied one at a time, in their order, however they fall into batches, whenever
 * checkpoints are taken, whichever answers are lost, and whatever is written again after a failure.
 */
public class AtLeastOncePropertiesTest {

    private static final int SEEDS = Integer.getInteger("sink.seeds", 300);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void treeIsThatOfTheRowsOneAtATime(boolean deleteChildren) throws Exception {
        for (int seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(seed, deleteChildren);
            try {
                run.toTheEnd();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + ", rows " + run.rows.rows(), e);
            }
            assertThat(RandomRows.pruned(run.zk.tree("/t")))
                    .as("seed %d, rows %s", seed, run.rows.rows())
                    .isEqualTo(run.rows.expected());
        }
    }

    /** A job that writes rows, takes checkpoints, fails, and goes on where the last checkpoint was. */
    private static final class Run {
        private final FakeZooKeeper zk = new FakeZooKeeper();
        private final Random random;
        private final RandomRows rows;
        private final boolean faulty;
        private ManualTask task;
        private UpsertWriter<RowWrite> writer;
        private int next;
        private int checkpoint;
        private boolean checkpointedInBurst;
        private int failures;
        private List<WaitingRemovals> state = List.of();

        Run(int seed, boolean deleteChildren) {
            this.random = new Random(seed);
            this.rows = new RandomRows(random, deleteChildren, 20 + random.nextInt(60));
            this.faulty = random.nextInt(4) > 0;
            if (random.nextBoolean()) {
                zk.holdReads();
            }
        }

        void toTheEnd() throws Exception {
            start();
            boolean done = false;
            while (!done) {
                try {
                    if (next < rows.rows().size()) {
                        act();
                    } else {
                        writer.flush(true);
                        done = true;
                    }
                } catch (IOException | ManualTask.TaskFailure e) {
                    // A removal that is written again may meet what later rows have put below: they will come.
                    if (failures == 0 || ++failures > 1_000) {
                        throw e;
                    }
                    fail();
                }
            }
        }

        private void act() throws Exception {
            if (!rows.isWithinBurst(next)) {
                checkpointedInBurst = false;
            }
            switch (random.nextInt(12)) {
                case 0 -> checkpoint();
                case 1 -> {
                    if (faulty && random.nextInt(4) == 0 && failures < 10) {
                        fail();
                    }
                }
                case 2 -> task.advance(random.nextInt(200));
                case 3 -> task.drain();
                case 4, 5 -> answer();
                default -> writer.write(rows.rows().get(next++), null);
            }
        }

        private void checkpoint() throws Exception {
            if (!checkpointedInBurst) {
                writer.flush(false);
                state = writer.snapshotState(1);
                checkpoint = next;
                checkpointedInBurst = true;
            }
        }

        private void fail() {
            failures++;
            next = checkpoint;
            checkpointedInBurst = false;
            // What is under way is made or is not, but never later.
            while (!zk.held().isEmpty() && random.nextBoolean()) {
                zk.answerNext();
            }
            zk.lose();
            zk.reconnect();
            start();
        }

        private boolean answer() {
            boolean any = !zk.held().isEmpty();
            if (any) {
                zk.answerNext();
            }
            return any;
        }

        private void start() {
            task = new ManualTask(this::answer);
            SinkSettings settings = new SinkSettings(
                    new SinkSettings.Rows(
                            ConflictPolicy.FAIL, rows.deletesChildren(), random.nextInt(4) == 0, Acl.OPEN),
                    new SinkSettings.Batching(
                            1 + random.nextInt(8),
                            1 + random.nextInt(4),
                            1 + random.nextInt(40),
                            200 + random.nextInt(3_000),
                            Duration.ofMillis(50)));
            writer = new UpsertWriter<>(
                    new Faulty(),
                    new Rows(),
                    settings,
                    new RetryPolicy(Duration.ofHours(1), Duration.ofMillis(5)),
                    Guard.NONE,
                    new UpsertWriter.WriterContext(
                            task, task, new SinkMetrics(UnregisteredMetricsGroup.createSinkWriterMetricGroup())));
            writer.restore(state);
        }

        /** Loses some answers, of requests that are made and of such that are not. */
        private final class Faulty extends ForwardingClient {
            Faulty() {
                super(zk);
            }

            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                if (!faulty || random.nextInt(15) > 0) {
                    return request.get();
                }
                CompletableFuture<?> sent =
                        random.nextBoolean() ? request.get() : CompletableFuture.completedFuture(null);
                return sent.thenCompose(answer -> CompletableFuture.failedFuture(
                        new ZooKeeperException(Failure.CONNECTION_LOST, "Lost by the test.")));
            }

            @Override
            public void close() {}
        }
    }

    public static final class Rows implements RecordEncoder<RowWrite> {
        private static final long serialVersionUID = 1L;

        @Override
        public void open(SerializationSchema.InitializationContext context) {}

        @Override
        public RowWrite write(RowWrite row) {
            return row;
        }
    }
}
