// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionStatistics;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.metrics.SinkMetrics;
import io.zkflink.row.RowWrite;
import io.zkflink.testkit.FakeZooKeeper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

/** Each transaction is made once, whichever request breaks, whichever answer is lost, wherever the committer dies. */
class TransactionCommitterTest {

    private static final String MARKERS = "/_flink/commits/job";
    private static final SinkSettings SETTINGS = new SinkSettings(
            new SinkSettings.Transactions("job", "/_flink/commits", Duration.ofDays(7)),
            new SinkSettings.Rows(Conflict.FAIL, true, false, Acl.OPEN),
            new SinkSettings.Batching(500, 4, 10_000, 1 << 20, Duration.ofMillis(100)));

    private final FakeZooKeeper zk = new FakeZooKeeper();

    private static TransactionCommitter committer(ZooKeeperClient client) {
        Patience patience = new Patience(Duration.ofSeconds(10), Duration.ofMillis(1));
        return new TransactionCommitter(client, SETTINGS, patience, new SinkMetrics(new UnregisteredMetricsGroup()));
    }

    private static void commit(ZooKeeperClient client, Transaction... transactions)
            throws IOException, InterruptedException {
        List<CommitRequest<Transaction>> requests = new ArrayList<>();
        for (Transaction transaction : transactions) {
            requests.add(new Request(transaction));
        }
        Collections.shuffle(requests);
        committer(client).commit(requests);
    }

    private static Transaction transaction(String writer, long number, RowWrite... rows) {
        return new Transaction(MARKERS + "/" + writer, number, List.of(rows));
    }

    private static RowWrite append(String data) {
        return new RowWrite.Put(
                "/queue/n-", data.getBytes(StandardCharsets.UTF_8), true, null, CreateMode.PERSISTENT_SEQUENTIAL, 0);
    }

    private static RowWrite put(String path, String data) {
        return new RowWrite.Put(path, data.getBytes(StandardCharsets.UTF_8), true, null, CreateMode.PERSISTENT, 0);
    }

    private Collection<String> queue() {
        return zk.tree("/queue").values();
    }

    @Test
    void eachIsMadeOnceInTheirOrder() throws Exception {
        Transaction[] all = {
            transaction("w", 1, append("a"), append("b")),
            transaction("w", 2, append("c")),
            transaction("w", 10, append("z"))
        };

        commit(zk, all[0], all[1]);
        commit(zk, all[1], all[0]);

        assertThat(queue()).containsExactly("a", "b", "c");
        assertThatThrownBy(() -> commit(zk, all[2]))
                .hasMessage(
                        "Transaction 10 cannot be committed: the marker '/_flink/commits/job/w' says that the last one"
                                + " was 2, so those between are lost. The ensemble has forgotten commits, or somebody has changed"
                                + " the marker. Restore the ensemble, or restart the job without its state.");
    }

    @Test
    void markerIsReadOnceUnlessSomebodyElseChangesIt() throws Exception {
        TransactionCommitter committer = committer(zk);
        committer.commit(List.of(new Request(transaction("w", 1, append("1")))));
        List<String> before = List.copyOf(zk.answered());
        committer.commit(List.of(new Request(transaction("w", 2, append("2")))));
        committer.commit(List.of(new Request(transaction("w", 3, append("3")))));
        assertThat(zk.answered().subList(before.size(), zk.answered().size()))
                .isNotEmpty()
                .noneMatch(request -> request.startsWith("read"));

        commit(zk, transaction("w", 4, append("4")));
        committer.commit(List.of(new Request(transaction("w", 4, append("4")))));
        committer.commit(List.of(new Request(transaction("w", 5, append("5")))));
        assertThat(queue()).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void rowsAndMarkerAreOneTransaction() throws Exception {
        zk.create("/t/old", "1");
        zk.create("/t/gone", "1");
        commit(zk, transaction("w", 1, put("/t/old", "2"), put("/t/new/deep", "2"), new RowWrite.Remove("/t/gone")));

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/old", "/t/new", "/t/new/deep");
        long zxid = zk.znode(MARKERS + "/w").orElseThrow().stat().mzxid();
        assertThat(zk.znode("/t/old").orElseThrow().stat().mzxid()).isEqualTo(zxid);
        assertThat(zk.znode("/t/new/deep").orElseThrow().stat().czxid()).isEqualTo(zxid);
    }

    @Test
    void childrenOfWhatIsDeletedGoBeforeTheTransactionAndAreNoneOfIt() throws Exception {
        zk.create(MARKERS + "/w", "1");
        zk.create("/t/a/foreign/deep", "");
        commit(zk, transaction("w", 2, new RowWrite.Remove("/t/a"), put("/t/b", "1")));
        zk.create("/u/a/foreign", "");
        commit(zk, transaction("fresh", 1, new RowWrite.Remove("/u/a"), put("/u/b", "1")));

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/b");
        assertThat(zk.tree("/u")).containsOnlyKeys("/u/b");
        assertThat(zk.tree(MARKERS)).containsEntry(MARKERS + "/w", "2").containsEntry(MARKERS + "/fresh", "1");
    }

    @Test
    void answersThatAreLostAreAskedFor() throws Exception {
        for (int step = 0; step < 20; step++) {
            for (boolean made : new boolean[] {false, true}) {
                zk.forget();
                Faulty faulty = new Faulty(zk, step, made, Failure.CONNECTION_LOST);
                commit(
                        faulty,
                        transaction("v", 1, append("a"), put("/t/x", "1")),
                        transaction("w", 1, append("b")),
                        transaction("w", 2, append("c"), new RowWrite.Remove("/t/none")));
                assertThat(queue()).as("step %d, made %s", step, made).containsExactly("a", "b", "c");
            }
        }
    }

    @Test
    void committersThatDieAreFollowedByOthers() throws Exception {
        int steps = 0;
        for (boolean died = true; died; steps++) {
            for (boolean made : new boolean[] {false, true}) {
                zk.forget();
                Transaction[] all = {
                    transaction("v", 1, append("a"), put("/t/x", "1")),
                    transaction("w", 1, append("b")),
                    transaction("w", 2, append("c"), new RowWrite.Remove("/t/none"))
                };
                Faulty faulty = new Faulty(zk, steps, made, Failure.CLOSED);
                try {
                    commit(faulty, all);
                    died = false;
                } catch (ZooKeeperException e) {
                    assertThat(e.failure()).isEqualTo(Failure.CLOSED);
                }
                commit(zk, all);
                assertThat(queue()).as("step %d, made %s", steps, made).containsExactly("a", "b", "c");
            }
        }
        assertThat(steps).isGreaterThan(10);
    }

    @Test
    void oldMarkersAreDeletedAndTheirWritersGoOn() throws Exception {
        zk.setClock(1_000_000_000_000L);
        commit(zk, transaction("old", 1, append("a")));
        zk.setClock(1_000_000_000_000L + Duration.ofDays(6).toMillis());
        commit(zk, transaction("idle", 1, append("b")));
        zk.setClock(1_000_000_000_000L + Duration.ofDays(8).toMillis());
        commit(zk, transaction("new", 1, append("c")));

        assertThat(zk.tree(MARKERS)).containsOnlyKeys(MARKERS + "/idle", MARKERS + "/new");
        commit(zk, transaction("old", 2, append("d")));
        assertThat(queue()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void foreignMarkerIsNotOverwritten() {
        zk.create(MARKERS + "/w", "theirs");
        assertThatThrownBy(() -> commit(zk, transaction("w", 1, append("a"))))
                .hasMessage(
                        "The marker '/_flink/commits/job/w' holds 'theirs' instead of a number: 'sink.commit-path' must"
                                + " name a znode that nobody else writes below.");
    }

    @Test
    void checkpointsKeepEverythingOfATransaction() throws Exception {
        Transaction transaction = transaction(
                "ä",
                7,
                put("/t/" + "x".repeat(70_000), "1"),
                new RowWrite.Put("/t/y", null, false, RowWrite.ABSENT, CreateMode.PERSISTENT_WITH_TTL, 5),
                new RowWrite.Remove("/t/z"));
        TransactionSerializer serializer = TransactionSerializer.INSTANCE;

        Transaction restored = serializer.deserialize(serializer.getVersion(), serializer.serialize(transaction));

        assertThat(restored).usingRecursiveComparison().isEqualTo(transaction);
        assertThatThrownBy(() -> serializer.deserialize(99, new byte[0])).hasMessageContaining("version 99");
    }

    /** A request that the committer is to deal with by itself. */
    private record Request(Transaction getCommittable) implements CommitRequest<Transaction> {
        @Override
        public int getNumberOfRetries() {
            return 0;
        }

        @Override
        public void signalFailedWithKnownReason(Throwable reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void signalFailedWithUnknownReason(Throwable reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void retryLater() {
            throw new AssertionError();
        }

        @Override
        public void updateAndRetryLater(Transaction changed) {
            throw new AssertionError();
        }

        @Override
        public void signalAlreadyCommitted() {
            throw new AssertionError();
        }
    }

    /** Breaks one request: it is made and its answer lost, or not made. */
    private static final class Faulty implements ZooKeeperClient {
        private final ZooKeeperClient client;
        private final boolean made;
        private final Failure failure;
        private int left;

        Faulty(ZooKeeperClient client, int step, boolean made, Failure failure) {
            this.client = client;
            this.left = step;
            this.made = made;
            this.failure = failure;
        }

        private <T> CompletableFuture<T> faulty(Supplier<CompletableFuture<T>> request) {
            if (left-- != 0) {
                return request.get();
            }
            CompletableFuture<?> answered = made ? request.get() : CompletableFuture.completedFuture(null);
            return answered.thenCompose(
                    answer -> CompletableFuture.failedFuture(new ZooKeeperException(failure, "Broken by the test.")));
        }

        @Override
        public CompletableFuture<Optional<ZNode>> read(String path) {
            return faulty(() -> client.read(path));
        }

        @Override
        public CompletableFuture<Optional<List<String>>> children(String path) {
            return faulty(() -> client.children(path));
        }

        @Override
        public CompletableFuture<Optional<WriteRefusal>> write(List<ZNodeWrite> writes) {
            return faulty(() -> client.write(writes));
        }

        @Override
        public CompletableFuture<Void> createNamespace(Acl acl) {
            return client.createNamespace(acl);
        }

        @Override
        public CompletableFuture<Long> sync() {
            return client.sync();
        }

        @Override
        public Watch watch(String root, WatchListener listener) {
            return client.watch(root, listener);
        }

        @Override
        public Watch listen(WatchListener listener) {
            return client.listen(listener);
        }

        @Override
        public ConnectionStatistics statistics() {
            return client.statistics();
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
