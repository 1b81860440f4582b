// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

/** What a batch does when the tree is not as its writer thinks. */
class BatchWriteTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final KnownZNodes known = new KnownZNodes();
    private RetryPolicy retries = new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1));
    private boolean skipConflicts;
    private List<ZNodeWrite> guard = List.of();

    private BatchWrite batch(List<BatchedRow> rows) {
        return batch(zk, rows);
    }

    private BatchWrite batch(ZooKeeperClient client, List<BatchedRow> rows) {
        BatchContext context = new BatchContext(
                new GuardedClient(client, () -> guard),
                new WriteRules(skipConflicts, false, false, Acl.OPEN, Acl.OPEN),
                retries,
                known,
                new SinkMetrics(new UnregisteredMetricsGroup()),
                Runnable::run);
        return new BatchWrite(context, true, rows);
    }

    private BatchWrite batch(RowWrite... rows) {
        return batch(queue(rows).take(rows.length, Long.MAX_VALUE));
    }

    private static PathQueue<BatchedRow> queue(RowWrite... rows) {
        PathQueue<BatchedRow> queue = new PathQueue<>(false);
        for (RowWrite row : rows) {
            queue.add(new BatchedRow(row, Acl.OPEN));
        }
        return queue;
    }

    private void write(RowWrite... rows) throws IOException {
        PathQueue<BatchedRow> queue = queue(rows);
        while (!queue.isEmpty()) {
            List<BatchedRow> taken = queue.take(rows.length, Long.MAX_VALUE);
            BatchResult result = Await.result(batch(taken).write());
            if (result instanceof BatchResult.Failed failed) {
                throw failed.cause();
            }
            queue.release(taken, ((BatchResult.Written) result).notEmpty());
        }
    }

    private static RowWrite put(String path, String data) {
        return new RowWrite.Put(path, data.getBytes(StandardCharsets.UTF_8), true, null, CreateMode.PERSISTENT, 0);
    }

    private static RowWrite key(String path) {
        return new RowWrite.Put(path, null, false, null, CreateMode.PERSISTENT, 0);
    }

    private static RowWrite versioned(String path, int version) {
        return new RowWrite.Put(path, new byte[] {1}, true, version, CreateMode.PERSISTENT, 0);
    }

    @Test
    void keysAreCreatedWhateverIsGuessed() throws Exception {
        zk.create("/t/a", "theirs");
        write(put("/t/a", "1"));
        write(key("/t/a"), key("/t/b"));
        zk.delete("/t/b");
        write(key("/t/b"));

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/a", "/t/b").containsEntry("/t/a", "1");
    }

    private static RowWrite versionedKey(String path, int version) {
        return new RowWrite.Put(path, null, false, version, CreateMode.PERSISTENT, 0);
    }

    @Test
    void aKeyWithAVersionAsksForItAndLeavesTheDataAlone() throws Exception {
        zk.create("/t/a", "theirs");
        write(versionedKey("/t/a", 0), versionedKey("/t/b", RowWrite.ABSENT));
        assertThat(zk.tree("/t")).containsEntry("/t/a", "theirs").containsEntry("/t/b", "");

        // Unlike a write, it leaves the version as it was: the next one is somebody else's, never its own replay.
        zk.set("/t/b", "");
        assertThatThrownBy(() -> write(put("/t/c", "1"), versionedKey("/t/b", 0)))
                .hasMessageContaining("The znode '/t/b' has version 1, and the row to be written expects version 0.");
        assertThatThrownBy(() -> write(versionedKey("/t/gone", 0)))
                .hasMessageContaining("The znode '/t/gone' does not exist, and the row");
        skipConflicts = true;
        write(versionedKey("/t/b", 0), put("/t/d", "1"));
        assertThat(zk.tree("/t")).containsKey("/t/d").containsEntry("/t/a", "theirs");
    }

    @Test
    void znodesThatOthersCreatedAgainAreDeleted() throws Exception {
        zk.create("/t/a", "1");
        write(new RowWrite.Remove("/t/a"));
        zk.create("/t/a", "2");
        write(new RowWrite.Remove("/t/a"));

        assertThat(zk.tree("/t")).isEmpty();
    }

    @Test
    void parentsThatOthersDeletedAreCreatedAgain() throws Exception {
        write(put("/t/x/a", "1"), put("/t/y/a", "1"));
        zk.deleteTree("/t");
        write(put("/t/x/a", "2"), put("/t/y/b", "2"));

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/x", "/t/x/a", "/t/y", "/t/y/b");
    }

    @Test
    void anythingOnceMayBeSentAgain() throws Exception {
        Random random = new Random(7);
        Map<String, String> expected = new TreeMap<>();
        zk.create("/t", "");
        for (int round = 0; round < 300; round++) {
            // Others interfere, with what is about to be written anyway.
            String foreign = "/t/" + random.nextInt(20);
            Map<String, RowWrite> rows = new LinkedHashMap<>();
            for (int i = 0; i < 10; i++) {
                String path = "/t/" + random.nextInt(20);
                boolean remove = random.nextInt(3) == 0;
                rows.put(path, remove ? new RowWrite.Remove(path) : put(path, String.valueOf(round)));
            }
            rows.put(foreign, put(foreign, "mine"));
            if (zk.znode(foreign).isPresent()) {
                zk.delete(foreign);
            } else {
                zk.create(foreign, "foreign");
            }
            write(rows.values().toArray(RowWrite[]::new));
            rows.forEach((path, row) -> {
                if (row instanceof RowWrite.Put put) {
                    expected.put(path, new String(put.data(), StandardCharsets.UTF_8));
                } else {
                    expected.remove(path);
                }
            });
            assertThat(zk.tree("/t")).as("round %d", round).isEqualTo(expected);
        }
    }

    @Test
    void rowsWithoutConflictAreWrittenOnce() throws Exception {
        skipConflicts = true;
        zk.create("/t/a", "0");
        zk.create("/t/b", "0");
        List<RowWrite> rows = new ArrayList<>();
        rows.add(versioned("/t/a", 5));
        rows.add(versioned("/t/b", 0));
        rows.add(versioned("/t/c", RowWrite.ABSENT));
        rows.add(versioned("/t/d", 3));
        write(rows.toArray(RowWrite[]::new));

        assertThat(zk.znode("/t/a").orElseThrow().stat().version()).isZero();
        assertThat(zk.znode("/t/b").orElseThrow().stat().version()).isEqualTo(1);
        assertThat(zk.znode("/t/c")).isPresent();
        assertThat(zk.znode("/t/d")).isEmpty();
    }

    @Test
    void nothingIsWrittenPastTheGuard() throws Exception {
        guard = List.of(new ZNodeWrite.Check("/fence", 0));
        zk.create("/t/a", "0");

        BatchResult result =
                Await.result(batch(put("/t/a", "1"), put("/t/b", "1")).write());
        assertThat(((BatchResult.Failed) result).cause()).isInstanceOf(GuardException.class);
        assertThat(zk.tree("/t")).containsExactly(Map.entry("/t/a", "0"));
    }

    @Test
    void znodeThatAnotherRowNeedsStays() throws Exception {
        zk.create("/t/a/b", "0");
        write(new RowWrite.Remove("/t/a"), new RowWrite.Remove("/t/a/b"), put("/t/a/c/d", "1"));

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/a", "/t/a/c", "/t/a/c/d");
    }

    /** A server denies a creation before it says that the znode is there already. */
    @Test
    void parentsBelowOthersThatMayNotBeWrittenAreThere() throws Exception {
        zk.create("/config", "");
        ForwardingClient denied = new ForwardingClient(zk) {
            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                return request.get();
            }

            @Override
            public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
                for (int i = 0; i < writes.size(); i++) {
                    if (writes.get(i) instanceof ZNodeWrite.Create create
                            && create.path().lastIndexOf('/') == 0) {
                        return CompletableFuture.completedFuture(new WriteResult(
                                Optional.of(new WriteRefusal(
                                        i, new ZooKeeperException(Failure.NO_PERMISSION, "Denied by the test."))),
                                List.of()));
                    }
                }
                return super.writeAndTell(writes);
            }
        };
        RowWrite[] rows = {put("/config/a", "1"), put("/config/new/b", "1")};
        BatchResult result = Await.result(
                batch(denied, queue(rows).take(rows.length, Long.MAX_VALUE)).write());

        assertThat(result).isInstanceOf(BatchResult.Written.class);
        assertThat(zk.tree("/config")).containsOnlyKeys("/config/a", "/config/new", "/config/new/b");
        assertThat(Await.result(batch(denied, queue(put("/no/b", "1")).take(1, Long.MAX_VALUE))
                        .write()))
                .isInstanceOfSatisfying(BatchResult.Failed.class, failed -> assertThat(failed.cause())
                        .hasMessage("Denied by the test."));
    }

    /** Whoever creates the parent of another row's znode on the way must not create that row's. */
    @Test
    void parentsThatAreRowsThemselvesAreCreatedAsTheirRowSays() throws Exception {
        List<ZNodeWrite> created = new ArrayList<>();
        ForwardingClient recording = new ForwardingClient(zk) {
            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                return request.get();
            }

            @Override
            public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
                created.addAll(writes);
                return super.writeAndTell(writes);
            }
        };
        RowWrite container = new RowWrite.Put("/t/x/a", new byte[] {1}, true, null, CreateMode.CONTAINER, 0);
        RowWrite[] rows = {put("/t/x/a/b", "1"), container};
        Await.result(
                batch(recording, queue(rows).take(rows.length, Long.MAX_VALUE)).write());

        assertThat(created)
                .filteredOn(write -> write.path().equals("/t/x/a"))
                .isNotEmpty()
                .allSatisfy(
                        write -> assertThat(((ZNodeWrite.Create) write).mode()).isEqualTo(CreateMode.CONTAINER));
    }

    @Test
    void notEmptyZNodesAreToldOf() throws Exception {
        zk.create("/t/a/foreign", "");
        BatchWrite batch = batch(new RowWrite.Remove("/t/a"), put("/t/b", "1"));
        Await.result(batch.write());

        assertThat(batch.notEmpty()).extracting(BatchedRow::row).containsExactly(new RowWrite.Remove("/t/a"));
        assertThat(zk.znode("/t/b")).isPresent();
    }

    @Test
    void aRowThatServersTakeIsNotTakenForTooLargeBecauseTheConnectionBreaks() throws Exception {
        BatchWrite batch = batch(breaking(1_040_000, 5), List.of(row(1_040_000)));
        for (int i = 0; i < 5; i++) {
            assertThat(Await.result(batch.write())).isInstanceOf(BatchResult.Retry.class);
        }
        assertThat(Await.result(batch.write())).isInstanceOf(BatchResult.Written.class);
    }

    @Test
    void aRowThatIsTooLargeForItsServerIsToldAsSuch() {
        retries = new RetryPolicy(Duration.ofMillis(300), Duration.ofMillis(1));
        BatchWrite batch = batch(breaking(150_000, Integer.MAX_VALUE), List.of(row(150_000)));
        BatchResult result = Await.result(batch.write());
        while (result instanceof BatchResult.Retry) {
            result = Await.result(batch.write());
        }

        assertThat(((BatchResult.Failed) result).cause())
                .hasMessageMatching("The row of the znode '/t/a' makes a request of about 150\\d{3} bytes, and .*"
                        + "'jute.maxbuffer' limits requests.*");
    }

    private static BatchedRow row(int bytes) {
        return new BatchedRow(put("/t/a", "x".repeat(bytes)), Acl.OPEN);
    }

    /** Breaks the connection some times when a request is as large as this. */
    private ForwardingClient breaking(int bytes, int times) {
        return new ForwardingClient(zk) {
            private int left = times;

            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                return request.get();
            }

            @Override
            public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
                return writes.stream().mapToLong(ZNodeWrite::bytes).sum() < bytes || left-- <= 0
                        ? super.writeAndTell(writes)
                        : CompletableFuture.failedFuture(
                                new ZooKeeperException(Failure.CONNECTION_LOST, "Broken by the test."));
            }
        };
    }

    @Test
    void brokenBatchIsWrittenAgain() throws Exception {
        zk.lose();
        BatchWrite batch = batch(put("/t/a", "1"));
        assertThat(Await.result(batch.write())).isInstanceOf(BatchResult.Retry.class);
        zk.reconnect();
        assertThat(Await.result(batch.write())).isInstanceOf(BatchResult.Written.class);

        assertThat(zk.tree("/t")).containsEntry("/t/a", "1");
    }
}
