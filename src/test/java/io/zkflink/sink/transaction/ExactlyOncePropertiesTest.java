// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.AtLeastOncePropertiesTest;
import io.zkflink.sink.RandomRows;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tree ends as if the rows had been applied one at a time, in their order, however they fall into checkpoints and
 * transactions, whichever answers are lost, and wherever the job fails.
 */
class ExactlyOncePropertiesTest {

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

    /** What a checkpoint holds. */
    private record Checkpoint(int next, List<Transaction> transactions, List<WaitingRemovals> state) {}

    private static final class Run {
        private final FakeZooKeeper zk = new FakeZooKeeper();
        private final Random random;
        private final RandomRows rows;
        private final boolean faulty;
        private TransactionalWriter<RowWrite> writer;
        private TransactionCommitter committer;
        private int next;
        private boolean checkpointedInBurst;
        private int failures;
        private Checkpoint last = new Checkpoint(0, List.of(), List.of());
        private List<Transaction> uncommitted = new ArrayList<>();

        Run(int seed, boolean deleteChildren) {
            this.random = new Random(seed);
            this.rows = new RandomRows(random, deleteChildren, 20 + random.nextInt(60));
            this.faulty = random.nextInt(4) > 0;
        }

        void toTheEnd() throws Exception {
            start();
            while (true) {
                try {
                    if (next < rows.rows().size()) {
                        act();
                    } else {
                        checkpoint(true);
                        commit();
                        return;
                    }
                } catch (ZooKeeperException e) {
                    assertThat(e.failure()).isEqualTo(Failure.CLOSED);
                    fail();
                }
            }
        }

        private void act() throws Exception {
            if (!rows.isWithinBurst(next)) {
                checkpointedInBurst = false;
            }
            switch (random.nextInt(10)) {
                case 0 -> {
                    if (!checkpointedInBurst) {
                        checkpoint(false);
                        checkpointedInBurst = true;
                    }
                }
                case 1, 2 -> commit();
                case 3 -> {
                    if (faulty && random.nextInt(4) == 0) {
                        fail();
                    }
                }
                default -> writer.write(rows.rows().get(next++), null);
            }
        }

        private void checkpoint(boolean endOfInput) throws IOException {
            writer.flush(endOfInput);
            for (Transaction transaction : writer.prepareCommit()) {
                TransactionSerializer serializer = TransactionSerializer.INSTANCE;
                uncommitted.add(serializer.deserialize(serializer.getVersion(), serializer.serialize(transaction)));
            }
            List<WaitingRemovals> state = new ArrayList<>();
            for (WaitingRemovals removals : writer.snapshotState(1)) {
                WaitingRemovalsSerializer serializer = WaitingRemovalsSerializer.INSTANCE;
                state.add(serializer.deserialize(serializer.getVersion(), serializer.serialize(removals)));
            }
            last = new Checkpoint(next, List.copyOf(uncommitted), state);
        }

        /** What the checkpoint holds stays in it. */
        private void commit() throws IOException, InterruptedException {
            List<CommitRequest<Transaction>> requests = new ArrayList<>();
            uncommitted.forEach(transaction -> requests.add(new TransactionCommitterTest.Request(transaction)));
            committer.commit(requests);
            uncommitted.clear();
        }

        private void fail() throws Exception {
            if (++failures > 200) {
                throw new AssertionError("Fails for ever.");
            }
            next = last.next;
            checkpointedInBurst = rows.isWithinBurst(next);
            uncommitted = new ArrayList<>(last.transactions);
            start();
            try {
                commit();
            } catch (ZooKeeperException e) {
                fail();
            }
        }

        private void start() {
            SinkSettings settings = new SinkSettings(
                    new SinkSettings.Rows(
                            ConflictPolicy.FAIL, rows.deletesChildren(), random.nextInt(4) == 0, Acl.OPEN),
                    new SinkSettings.Batching(500, 4, 10_000, 200 + random.nextInt(3_000), Duration.ofMillis(50)));
            committer = new TransactionCommitter(
                    new Faulty(),
                    TransactionCommitterTest.DELIVERY,
                    settings,
                    new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1)),
                    new SinkMetrics(new UnregisteredMetricsGroup()));
            writer = new TransactionalWriter<>(
                    new AtLeastOncePropertiesTest.Rows(),
                    TransactionCommitterTest.DELIVERY,
                    settings,
                    new SinkMetrics(UnregisteredMetricsGroup.createSinkWriterMetricGroup()));
            writer.restore(last.state);
        }

        /** Loses some answers, of requests that are made and of such that are not, or ends the committer. */
        private final class Faulty extends ForwardingClient {
            Faulty() {
                super(zk);
            }

            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                if (!faulty || random.nextInt(20) > 0) {
                    return request.get();
                }
                Failure failure = random.nextInt(3) == 0 && failures < 20 ? Failure.CLOSED : Failure.CONNECTION_LOST;
                CompletableFuture<?> sent =
                        random.nextBoolean() ? request.get() : CompletableFuture.completedFuture(null);
                return sent.thenCompose(
                        answer -> CompletableFuture.failedFuture(new ZooKeeperException(failure, "Lost by the test.")));
            }

            @Override
            public void close() {}
        }
    }
}
