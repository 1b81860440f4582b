// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Each transaction is made once, whichever request breaks, whichever answer is lost, wherever the committer dies. */
public class TransactionCommitterTest {

    private static final String MARKERS = "/_flink/commits/job";
    private static final Acl ACL = Acl.parse("digest:job:hash:cdrwa,world:anyone:r");
    static final Delivery.ExactlyOnce DELIVERY = new Delivery.ExactlyOnce("job", "/_flink/commits", Duration.ofDays(7));
    private static final SinkSettings SETTINGS = new SinkSettings(
            new SinkSettings.Rows(ConflictPolicy.FAIL, true, false, ACL),
            new SinkSettings.Batching(500, 4, 10_000, 1 << 20, Duration.ofMillis(100)));

    private final FakeZooKeeper zk = new FakeZooKeeper();

    private static TransactionCommitter committer(ZooKeeperClient client) {
        return committer(client, SETTINGS);
    }

    private static TransactionCommitter committer(ZooKeeperClient client, SinkSettings settings) {
        RetryPolicy retries = new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1));
        return new TransactionCommitter(
                client, DELIVERY, settings, retries, new SinkMetrics(new UnregisteredMetricsGroup()));
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
    void markersAreReadFromServersThatAreUpToDate() throws Exception {
        commit(zk, transaction("w", 1, append("a")));
        zk.lag();
        zk.set(MARKERS + "/w", "2");
        zk.create(MARKERS + "/v", "1");
        commit(zk, transaction("w", 3, append("c")));
        zk.lag();
        zk.set(MARKERS + "/v", "2");
        commit(zk, transaction("v", 2, append("committed before")));

        assertThat(queue()).containsExactly("a", "c");
    }

    @Test
    void allThatIsCreatedHasTheAcl() throws Exception {
        commit(zk, transaction("w", 1, put("/t/a/b", "1")));

        assertThat(zk.tree("/").keySet()).hasSize(7).allSatisfy(path -> assertThat(zk.acl(path))
                .isEqualTo(ACL));
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

    /** The first of a writer, too, which has no marker yet when its committer begins. */
    @Test
    void committerWhoseTurnIsOverWritesAndDeletesNothing() throws Exception {
        int steps = 0;
        for (boolean overtaken = true; overtaken; steps++) {
            zk.forget();
            zk.create("/t/a/foreign", "");
            Transaction first = transaction("w", 1, new RowWrite.Remove("/t/a"), put("/u/deep/b", "1"));
            Transaction second = transaction(
                    "w",
                    2,
                    put("/t/a", "2"),
                    put("/t/a/child", "2"),
                    new RowWrite.Remove("/u/deep"),
                    new RowWrite.Remove("/u"));
            Overtaken late = new Overtaken(zk, steps, () -> commit(zk, first, second));
            commit(late, first);
            overtaken = late.left < 0;
            if (overtaken) {
                assertThat(zk.tree("/t")).as("step %d", steps).containsOnlyKeys("/t/a", "/t/a/child");
                assertThat(zk.znode("/u")).as("step %d", steps).isEmpty();
            }
        }
        assertThat(steps).isGreaterThan(8);
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
    void severalAreUnderWayAtATime() throws Exception {
        List<Transaction> all = new ArrayList<>();
        for (int number = 1; number <= 20; number++) {
            all.add(transaction("w", number, append(String.valueOf(number))));
        }

        commit(new Crowd(zk, 3, 20), all.toArray(Transaction[]::new));

        assertThat(queue()).hasSize(20).first().isEqualTo("1");
        assertThat(queue()).last().isEqualTo("20");
    }

    /** Whatever znodes there are, so that requests are refused and those behind them, too, and whatever breaks. */
    @Test
    void manyAmountToTheirRowsInOrder() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 300; round++) {
            Random random = new Random(seed + round);
            zk.forget();
            Map<String, String> expected = new TreeMap<>();
            for (int i = 0; i < 5; i++) {
                if (random.nextBoolean()) {
                    zk.create("/t/" + i, "old");
                    expected.put("/t/" + i, "old");
                }
            }
            List<String> appended = new ArrayList<>();
            List<Transaction> all = new ArrayList<>();
            for (int number = 1; number <= 12; number++) {
                all.add(transaction("w", number, rows(random, number, expected, appended)));
            }
            Transaction[] transactions = all.toArray(Transaction[]::new);
            boolean dies = random.nextBoolean();
            ZooKeeperClient faulty = new Faulty(
                    zk, random.nextInt(40), random.nextBoolean(), dies ? Failure.CLOSED : Failure.CONNECTION_LOST);
            try {
                commit(faulty, transactions);
            } catch (ZooKeeperException e) {
                assertThat(dies).as("seed %d", seed + round).isTrue();
                commit(zk, transactions);
            }
            assertThat(queue()).as("seed %d", seed + round).containsExactlyElementsOf(appended);
            Map<String, String> tree = new TreeMap<>(zk.tree("/t"));
            tree.remove("/t");
            assertThat(tree).as("seed %d", seed + round).isEqualTo(expected);
        }
    }

    private static RowWrite[] rows(Random random, int number, Map<String, String> expected, List<String> appended) {
        List<RowWrite> rows = new ArrayList<>();
        appended.add(String.valueOf(number));
        rows.add(append(String.valueOf(number)));
        for (int i = 0; i < 5; i++) {
            String path = "/t/" + i;
            switch (random.nextInt(3)) {
                case 0 -> {
                    rows.add(put(path, String.valueOf(number)));
                    expected.put(path, String.valueOf(number));
                }
                case 1 -> {
                    rows.add(new RowWrite.Remove(path));
                    expected.remove(path);
                }
                default -> {}
            }
        }
        return rows.toArray(RowWrite[]::new);
    }

    /** As servers do whose limit is lower than the transactions of a checkpoint. */
    @Test
    void transactionThatBreaksTheConnectionIsDivided() throws Exception {
        List<RowWrite> rows = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            rows.add(append(i + "x".repeat(10_000)));
        }
        Transaction large = transaction("w", 1, rows.toArray(RowWrite[]::new));
        ForwardingClient small = new ForwardingClient(zk) {
            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                return request.get();
            }

            @Override
            public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
                return writes.stream().mapToInt(ZNodeWrite::bytes).sum() < 100_000
                        ? super.writeAndTell(writes)
                        : CompletableFuture.failedFuture(
                                new ZooKeeperException(Failure.CONNECTION_LOST, "Too large for the test."));
            }
        };

        commit(small, large, transaction("w", 2, append("end")));
        commit(zk, large);

        assertThat(queue()).hasSize(31).last().isEqualTo("end");
        assertThat(zk.tree(MARKERS)).containsEntry(MARKERS + "/w", "2");
    }

    /**
     * The way out where a checkpoint holds what the servers do not take: what it divides into is not in the checkpoint.
     */
    @Test
    void transactionOfACheckpointIsDividedAsALowerOptionSays() throws Exception {
        RowWrite[] rows = IntStream.range(0, 30)
                .mapToObj(i -> append(i + "x".repeat(10_000)))
                .toArray(RowWrite[]::new);
        Transaction large = transaction("w", 1, rows);
        List<Integer> sizes = new ArrayList<>();
        ForwardingClient measuring = new ForwardingClient(zk) {
            @Override
            protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
                return request.get();
            }

            @Override
            public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
                sizes.add(writes.stream().mapToInt(ZNodeWrite::bytes).sum());
                return super.writeAndTell(writes);
            }
        };
        SinkSettings lower = new SinkSettings(
                SETTINGS.rows(), new SinkSettings.Batching(500, 4, 10_000, 50_000, Duration.ofMillis(100)));

        Transaction restored = TransactionSerializer.INSTANCE.deserialize(
                TransactionSerializer.INSTANCE.getVersion(), TransactionSerializer.INSTANCE.serialize(large));
        committer(measuring, lower).commit(List.of(new Request(restored)));
        commit(zk, large);

        assertThat(sizes).hasSizeGreaterThan(7).allMatch(bytes -> bytes < 51_000);
        assertThat(queue()).hasSize(30);
        assertThat(zk.tree(MARKERS)).containsEntry(MARKERS + "/w", "1");
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

    /** As after the restore of an old snapshot of the ensemble, or a new ensemble. */
    @Test
    void markerThatIsMissingThoughItCannotBeOldEnoughFailsTheJob() throws Exception {
        long now = System.currentTimeMillis();
        long young = now - Duration.ofDays(7).toMillis() + 60_000;
        Transaction next = after(young, transaction("w", 3, append("c")));

        assertThatThrownBy(() -> commit(zk, next))
                .hasMessage(
                        "Transaction 3 cannot be committed: the marker '/_flink/commits/job/w' is missing, though the"
                                + " transaction before it was prepared at " + Instant.ofEpochMilli(young)
                                + " and 'sink.commit-retention' (PT168H) keeps markers for longer. The ensemble has forgotten"
                                + " commits, or somebody has deleted the marker. Restore the ensemble, or restart the job without"
                                + " its state.");
        assertThat(zk.znode("/queue")).isEmpty();

        commit(zk, after(now - Duration.ofDays(8).toMillis(), transaction("v", 3, append("old"))));
        commit(zk, transaction("u", 1, append("first")));
        assertThat(queue()).containsExactly("old", "first");
    }

    private static Transaction after(long predecessor, Transaction each) {
        return new Transaction(each.markerPath(), each.number(), predecessor, each.rows(), each.removals());
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
    public record Request(Transaction getCommittable) implements CommitRequest<Transaction> {
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
    private static final class Faulty extends ForwardingClient {
        private final boolean made;
        private final Failure failure;
        private int left;

        Faulty(ZooKeeperClient client, int step, boolean made, Failure failure) {
            super(client);
            this.left = step;
            this.made = made;
            this.failure = failure;
        }

        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            if (left-- != 0) {
                return request.get();
            }
            CompletableFuture<?> answered = made ? request.get() : CompletableFuture.completedFuture(null);
            return answered.thenCompose(
                    answer -> CompletableFuture.failedFuture(new ZooKeeperException(failure, "Broken by the test.")));
        }
    }

    /** Has something happen before one of the requests. */
    private static final class Overtaken extends ForwardingClient {
        private final Executable overtaking;
        private int left;

        Overtaken(ZooKeeperClient client, int step, Executable overtaking) {
            super(client);
            this.left = step;
            this.overtaking = overtaking;
        }

        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            if (left-- == 0) {
                try {
                    overtaking.execute();
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
            }
            return request.get();
        }
    }

    /** Answers some of the writes, told by what they append, only when another one is under way. */
    private static final class Crowd extends ForwardingClient {
        private final int first;
        private final int last;
        private final Deque<Runnable> unanswered = new ArrayDeque<>();

        Crowd(ZooKeeperClient client, int first, int last) {
            super(client);
            this.first = first;
            this.last = last;
        }

        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            return request.get();
        }

        @Override
        public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
            CompletableFuture<WriteResult> made = super.writeAndTell(writes);
            CompletableFuture<WriteResult> answer = new CompletableFuture<>();
            unanswered.add(() -> answer.complete(made.join()));
            int number = writes.get(writes.size() - 1) instanceof ZNodeWrite.Create create && create.data() != null
                    ? Integer.parseInt(new String(create.data(), StandardCharsets.UTF_8))
                    : 0;
            while (unanswered.size() > (number >= first && number < last ? 1 : 0)) {
                unanswered.remove().run();
            }
            return answer;
        }
    }
}
