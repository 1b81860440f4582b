// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.Contender;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who holds what, row by row, as contenders come and go: Curator's own, and nodes that are named like a library's. */
class RecipeScanITCase {

    private static final String COLUMNS = "resource STRING, owner STRING, `state` STRING METADATA VIRTUAL,"
            + " token BIGINT METADATA FROM 'fencing-token' VIRTUAL, `position` INT METADATA VIRTUAL,"
            + " `name` STRING METADATA VIRTUAL";
    private static final String KEY = ", PRIMARY KEY (resource, owner) NOT ENFORCED";
    private static final String STATES = "SELECT owner, `state` FROM t";

    @TempDir
    Path savepoints;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final String a = root + "/a";
    private final Contender one = new Contender(SharedZooKeeper.connectString());
    private final Contender two = new Contender(SharedZooKeeper.connectString());

    @BeforeEach
    void resource() {
        zk.create(a);
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
    }

    private StreamTableEnvironment table(int parallelism, String savepoint, String columns, String... options) {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.OPERATOR_CHAINING, false);
        configuration.set(PipelineOptions.MAX_PARALLELISM, 128);
        if (savepoint != null) {
            configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(parallelism, configuration);
        NodeTables.create(sql, "t", columns, root + "/{resource}", options);
        return sql;
    }

    private ScanRun start(String query, String... options) {
        return ScanRun.all(table(1, null, COLUMNS + KEY, options), query);
    }

    private static CuratorFramework curator() {
        CuratorFramework curator =
                CuratorFrameworkFactory.newClient(SharedZooKeeper.connectString(), new RetryOneTime(100));
        curator.start();
        return curator;
    }

    @Test
    void aLossComesBeforeTheNextGrant() {
        String first = one.lock(a, "u");
        try (ScanRun run = start(STATES, "recipe=lock")) {
            run.awaitExactRows("+I[u, HELD]");
            two.lock(a, "v");
            run.awaitExactRows("+I[u, HELD]", "+I[v, WAITING]");
            one.release(first);
            run.awaitRows("+[u, HELD]", "+[v, WAITING]", "-[u, HELD]", "-[v, WAITING]", "+[v, HELD]");
        }
    }

    @Test
    void allOfASessionThatEndsGoAtOnceAndNoneOfThemIsGranted() {
        one.lock(a, "u");
        one.lock(a, "v");
        two.lock(a, "w");
        try (ScanRun run = start(STATES, "recipe=lock")) {
            run.awaitTable("[u, HELD]", "[v, WAITING]", "[w, WAITING]");
            one.close();
            run.awaitTable("[w, HELD]");
            assertThat(run.rows()).doesNotContain("+[v, HELD]").endsWith("-[w, WAITING]", "+[w, HELD]");
        }
    }

    @Test
    void columnsOfALock() {
        String first = one.lock(a, "u");
        String second = one.kazooLock(a, "v");
        String third = one.lock(a, "w");
        try (ScanRun run =
                start("SELECT owner, `state`, token, `position`, name FROM t", "recipe=lock", "lock.max-leases=2")) {
            run.awaitTable(
                    row("u", "HELD", one.token(first), 0, name(first)),
                    row("v", "HELD", one.token(second), 1, name(second)),
                    row("w", "WAITING", one.token(third), 2, name(third)));
            assertThat(one.token(third)).isGreaterThan(one.token(second));
            long token = one.token(second);
            one.release(first);
            run.awaitTable(
                    row("v", "HELD", token, 0, name(second)), row("w", "HELD", one.token(third), 1, name(third)));
        }
    }

    private static String row(Object... fields) {
        return Row.of(fields).toString().substring(2);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    @Test
    void nodesOfOneOwnerAreOneRowAndTheFirstSpeaks() {
        String first = one.lock(a, "u");
        two.lock(a, "v");
        String again = one.lock(a, "u");
        try (ScanRun run = start(STATES, "recipe=lock")) {
            run.awaitTable("[u, HELD]", "[v, WAITING]");
            one.release(first);
            run.awaitTable("[u, WAITING]", "[v, HELD]");
            one.release(again);
            run.awaitTable("[v, HELD]");
            assertThat(run.rows())
                    .endsWith("-[u, HELD]", "+[u, WAITING]", "-[v, WAITING]", "+[v, HELD]", "-[u, WAITING]");
        }
    }

    @Test
    void withoutAKeyEachNodeIsARowAndNoDataIsNobody() {
        String first = one.create(a + "/lock-", "", CreateMode.EPHEMERAL_SEQUENTIAL);
        String second = one.lock(a, "u");
        String third = one.lock(a, "u");
        StreamTableEnvironment sql = table(1, null, COLUMNS, "recipe=lock");
        try (ScanRun run = ScanRun.all(sql, "SELECT owner, `state`, name FROM t")) {
            run.awaitTable(
                    row("", "HELD", name(first)), row("u", "WAITING", name(second)), row("u", "WAITING", name(third)));
            one.release(second);
            one.release(first);
            run.awaitTable(row("u", "HELD", name(third)));
        }
    }

    @Test
    void theOwnerOfANodeMayChange() {
        String first = one.lock(a, "u");
        two.lock(a, "w");
        try (ScanRun run = start(STATES, "recipe=lock")) {
            run.awaitTable("[u, HELD]", "[w, WAITING]");
            zk.set(first, "v");
            run.awaitTable("[v, HELD]", "[w, WAITING]");
            assertThat(run.rows()).endsWith("-[u, HELD]", "+[v, HELD]");
        }
    }

    @Test
    void whatTakesNoPartIsNoRowAndIsCounted() {
        zk.create(a + "/leases");
        zk.create(a + "/_c_x-lock-1");
        one.lock(a, "u");
        try (ScanRun run = start(STATES, "recipe=lock")) {
            run.awaitTable("[u, HELD]");
            zk.create(a + "/ready");
            Await.untilAsserted("they are counted", () -> assertThat(
                            RecordingReporter.value(run.job().toHexString(), "zookeeper.skippedZNodes"))
                    .isEqualTo(3));
            assertThat(run.rows()).hasSize(1);
        }
    }

    @Test
    void theOrderIsThatOfTheServersCounterAlsoWhenItOverflows() {
        zk.create(a + "/_c_z-lock-2147483646", "u");
        zk.create(a + "/_c_y-lock-2147483647", "v");
        zk.create(a + "/_c_x-lock--2147483648", "w");
        zk.create(a + "/_c_w-lock--2147483647", "x");
        try (ScanRun run = start("SELECT owner, `state`, `position` FROM t", "recipe=lock")) {
            run.awaitTable("[u, HELD, 0]", "[v, WAITING, 1]", "[w, WAITING, 2]", "[x, WAITING, 3]");
        }
    }

    /** A queue of 10,000: what a change costs. */
    @Test
    void aChangeInALongQueueCostsAFewRows() {
        Map<String, String> waiters = new LinkedHashMap<>();
        String first = one.lock(a, "first");
        for (int i = 1; i <= 10_000; i++) {
            waiters.put(a + "/_c_x-lock-%010d".formatted(i), "w" + i);
        }
        zk.createAll(waiters);
        try (ScanRun run = start(STATES, "recipe=lock");
                ScanRun owners = start("SELECT owner FROM t", "recipe=lock")) {
            Await.until(
                    "all are there",
                    () -> run.copy().size() == 10_001 && owners.copy().size() == 10_001);
            assertThat(run.rows().stream().filter(row -> row.contains("HELD"))).containsExactly("+[first, HELD]");
            one.release(first);
            zk.delete(a + "/_c_x-lock-0000005000");
            Await.until("both are told", () -> run.copy().size() >= 10_005);
            assertThat(run.rows().subList(10_001, 10_005))
                    .containsExactlyInAnyOrder("-[first, HELD]", "-[w1, WAITING]", "+[w1, HELD]", "-[w5000, WAITING]");
            Await.until("both are gone", () -> owners.copy().size() >= 10_003);
            assertThat(owners.rows().subList(10_001, 10_003)).containsExactlyInAnyOrder("-[first]", "-[w5000]");
        }
    }

    @Test
    void locksOfCurator() throws Exception {
        try (CuratorFramework first = curator();
                CuratorFramework second = curator()) {
            InterProcessMutex mutex = new Mutex(first, a, "u");
            InterProcessMutex other = new Mutex(second, a, "v");
            mutex.acquire();
            try (ScanRun run = start(STATES, "recipe=lock")) {
                run.awaitRows("+[u, HELD]");
                CompletableFuture<Boolean> acquired = CompletableFuture.supplyAsync(() -> {
                    try {
                        boolean held = other.acquire(60, TimeUnit.SECONDS);
                        other.release();
                        return held;
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                });
                run.awaitTable("[u, HELD]", "[v, WAITING]");
                mutex.release();
                assertThat(Await.result(acquired)).isTrue();
                run.awaitTable();
            }
        }
    }

    /** The readers at the head hold together; a writer has the lock alone; and whoever comes behind one waits. */
    @Test
    void readersAndWritersOfCurator() throws Exception {
        InterProcessReadWriteLock[] locks = new InterProcessReadWriteLock[3];
        try (CuratorFramework curator = curator();
                ScanRun run = start(STATES, "recipe=lock", "lock.max-leases=3")) {
            for (int i = 0; i < locks.length; i++) {
                locks[i] = new InterProcessReadWriteLock(
                        curator, a, String.valueOf(i).getBytes(StandardCharsets.UTF_8));
            }
            locks[0].readLock().acquire();
            locks[1].readLock().acquire();
            run.awaitTable("[0, HELD]", "[1, HELD]");
            CompletableFuture<Void> writer = queue(() -> locks[2].writeLock().acquire());
            run.awaitTable("[0, HELD]", "[1, HELD]", "[2, WAITING]");
            two.create(a + "/_c_x-__READ__", "late", CreateMode.EPHEMERAL_SEQUENTIAL);
            two.create(a + "/_c_x-__WRIT__", "last", CreateMode.EPHEMERAL_SEQUENTIAL);
            run.awaitTable("[0, HELD]", "[1, HELD]", "[2, WAITING]", "[late, WAITING]", "[last, WAITING]");
            locks[0].readLock().release();
            run.awaitTable("[1, HELD]", "[2, WAITING]", "[late, WAITING]", "[last, WAITING]");
            assertThat(writer).isNotDone();
            locks[1].readLock().release();
            Await.result(writer);
            run.awaitTable("[2, HELD]", "[late, WAITING]", "[last, WAITING]");
        }
    }

    @Test
    void leasesOfCuratorsSemaphore() throws Exception {
        try (CuratorFramework curator = curator();
                ScanRun run = start(
                        "SELECT owner, `state` FROM t WHERE resource = 'leases'", "recipe=lock", "lock.max-leases=2")) {
            InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(curator, root, 2);
            semaphore.setNodeData("first".getBytes(StandardCharsets.UTF_8));
            Lease first = semaphore.acquire();
            semaphore.setNodeData("second".getBytes(StandardCharsets.UTF_8));
            semaphore.acquire();
            semaphore.setNodeData("third".getBytes(StandardCharsets.UTF_8));
            CompletableFuture<Void> third = queue(semaphore::acquire);
            run.awaitTable("[first, HELD]", "[second, HELD]", "[third, WAITING]");
            first.close();
            Await.result(third);
            run.awaitTable("[second, HELD]", "[third, HELD]");
        }
    }

    private static CompletableFuture<Void> queue(ThrowingRunnable acquisition) {
        return CompletableFuture.runAsync(() -> {
            try {
                acquisition.run();
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }

    @FunctionalInterface
    private interface ThrowingRunnable {
        void run() throws Exception;
    }

    private static final class Mutex extends InterProcessMutex {
        private final String owner;

        Mutex(CuratorFramework client, String path, String owner) {
            super(client, path);
            this.owner = owner;
        }

        @Override
        protected byte[] getLockNodeBytes() {
            return owner.getBytes(StandardCharsets.UTF_8);
        }
    }

    @Test
    void anElectionOfCurator() throws Exception {
        try (CuratorFramework curator = curator();
                LeaderLatch first = new LeaderLatch(curator, a, "u");
                ScanRun run = start(STATES, "recipe=election")) {
            first.start();
            run.awaitRows("+[u, LEADER]");
            two.lock(a, "no candidate");
            LeaderLatch second = new LeaderLatch(curator, a, "v");
            second.start();
            run.awaitTable("[u, LEADER]", "[v, CANDIDATE]");
            first.close();
            run.awaitTable("[v, LEADER]");
            assertThat(second.await(60, TimeUnit.SECONDS)).isTrue();
            second.close();
            run.awaitTable();
            // So that it can be closed once more.
            first.getState();
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("Already closed");
        }
    }

    @Test
    void aBarrierOfCurator() throws Exception {
        try (CuratorFramework first = curator();
                CuratorFramework second = curator();
                ScanRun run = ScanRun.all(
                        table(1, null, COLUMNS, "recipe=barrier", "barrier.members=2"), "SELECT `state` FROM t")) {
            DistributedDoubleBarrier u = new DistributedDoubleBarrier(first, a, 2);
            DistributedDoubleBarrier v = new DistributedDoubleBarrier(second, a, 2);
            CompletableFuture<Boolean> entered = enter(u);
            run.awaitTable("[WAITING]");
            assertThat(Await.result(enter(v))).isTrue();
            assertThat(Await.result(entered)).isTrue();
            run.awaitTable("[READY]", "[READY]");
            // The one whose name is lower stays until the other has left.
            Thread leaving = new Thread(() -> leave(u));
            leaving.start();
            leave(v);
            leaving.join();
            run.awaitTable();
        }
    }

    private static CompletableFuture<Boolean> enter(DistributedDoubleBarrier barrier) {
        CompletableFuture<Boolean> entered = new CompletableFuture<>();
        new Thread(() -> {
                    try {
                        entered.complete(barrier.enter(60, TimeUnit.SECONDS));
                    } catch (Exception e) {
                        entered.completeExceptionally(e);
                    }
                })
                .start();
        return entered;
    }

    private static void leave(DistributedDoubleBarrier barrier) {
        try {
            barrier.leave(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aReadyThatACrashLeftBehindLetsNobodyIn() {
        zk.create(a + "/ready");
        one.create(a + "/1", "u", CreateMode.EPHEMERAL);
        try (ScanRun run = start(STATES, "recipe=barrier", "barrier.members=2")) {
            run.awaitRows("+[u, WAITING]");
            two.create(a + "/2", "v", CreateMode.EPHEMERAL);
            run.awaitTable("[u, READY]", "[v, READY]");
            // One of them leaves, and one comes late.
            one.release(a + "/1");
            run.awaitTable("[v, READY]");
            one.create(a + "/3", "w", CreateMode.EPHEMERAL);
            run.awaitTable("[v, READY]", "[w, READY]");
            one.release(a + "/3");
            two.release(a + "/2");
            run.awaitTable();
            one.create(a + "/4", "x", CreateMode.EPHEMERAL);
            run.awaitTable("[x, WAITING]");
        }
    }

    @Test
    void whoDiesBeforeTheLastComesDoesNotCount() {
        one.create(a + "/1", "u", CreateMode.EPHEMERAL);
        try (ScanRun run = start(STATES, "recipe=barrier", "barrier.members=2")) {
            run.awaitRows("+[u, WAITING]");
            one.close();
            run.awaitTable();
            two.create(a + "/2", "v", CreateMode.EPHEMERAL);
            run.awaitTable("[v, WAITING]");
            two.create(a + "/3", "w", CreateMode.EPHEMERAL);
            run.awaitTable("[v, WAITING]", "[w, WAITING]");
            two.create(a + "/ready", "", CreateMode.PERSISTENT);
            run.awaitTable("[v, READY]", "[w, READY]");
        }
    }

    /** With the key alone in the deletes; normalised by Flink where metadata are read, so here they are not. */
    @Test
    void upsert() {
        String first = one.lock(a, "u");
        StreamTableEnvironment sql = table(
                1,
                null,
                "resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED",
                "recipe=lock",
                "scan.changelog-mode=upsert");
        try (ScanRun run = ScanRun.upsert(sql, "SELECT * FROM t", "resource", "owner")) {
            run.awaitRows("+[a, u]");
            one.release(first);
            run.awaitRows("+[a, u]", "-[a, u]");
        }
    }

    @Test
    void aSnapshotIsWhatIsThere() {
        one.lock(a, "u");
        one.lock(a, "v");
        zk.create(root + "/b");
        one.lock(root + "/b", "w");
        StreamTableEnvironment sql = table(2, null, COLUMNS + KEY, "recipe=lock", "scan.bounded.mode=snapshot");
        try (Changelog rows = new Changelog(sql.executeSql("SELECT resource, owner, `state` FROM t"))) {
            assertThat(rows.awaitEnd())
                    .containsExactlyInAnyOrder("+I[a, u, HELD]", "+I[a, v, WAITING]", "+I[b, w, HELD]");
        }
        try (Changelog rows = new Changelog(sql.executeSql("SELECT owner, `state` FROM t WHERE resource = 'b'"))) {
            assertThat(rows.awaitEnd()).containsExactly("+I[w, HELD]");
        }
        assertThat(sql.explainSql("SELECT owner FROM t WHERE resource = 'b'"))
                .contains("filter=[=(resource, _UTF-16LE'b'");
    }

    @Test
    void polled() {
        String first = one.lock(a, "u");
        one.lock(a, "v");
        try (ScanRun run = start(STATES, "recipe=lock", "scan.watch-mode=poll", "scan.poll-interval=20 ms")) {
            run.awaitTable("[u, HELD]", "[v, WAITING]");
            one.release(first);
            run.awaitTable("[v, HELD]");
            assertThat(run.rows()).endsWith("-[u, HELD]", "-[v, WAITING]", "+[v, HELD]");
        }
    }

    @Test
    void aRestoreAtAnotherParallelismSaysWhatWasMissed() {
        List<String> held = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            zk.create(root + "/r" + i);
            held.add(one.lock(root + "/r" + i, "u" + i));
            two.lock(root + "/r" + i, "v" + i);
        }
        String query = "SELECT resource, owner, `state` FROM t";
        String savepoint;
        try (ScanRun run = ScanRun.all(table(1, null, COLUMNS + KEY, "recipe=lock", "scan.parallelism=1"), query)) {
            Await.until("all are there", () -> run.copy().size() == 40);
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        for (int i = 0; i < 10; i++) {
            one.release(held.get(i));
        }
        String late = one.lock(root + "/r19", "w");
        List<String> missed = new ArrayList<>(List.of("+[r19, w, WAITING]"));
        for (int i = 0; i < 10; i++) {
            missed.add("-[r%d, u%d, HELD]".formatted(i, i));
            missed.add("-[r%d, v%d, WAITING]".formatted(i, i));
            missed.add("+[r%d, v%d, HELD]".formatted(i, i));
        }
        StreamTableEnvironment sql = table(3, savepoint, COLUMNS + KEY, "recipe=lock", "scan.parallelism=3");
        try (ScanRun run = ScanRun.all(sql, query)) {
            run.awaitRowsInAnyOrder(missed);
            for (int i = 0; i < 10; i++) {
                assertThat(run.rows().indexOf("-[r%d, u%d, HELD]".formatted(i, i)))
                        .isLessThan(run.rows().indexOf("+[r%d, v%d, HELD]".formatted(i, i)));
            }
            one.release(late);
            missed.add("-[r19, w, WAITING]");
            run.awaitRowsInAnyOrder(missed);
        }
    }

    @Test
    void aLookupIsRefusedWithAReason() {
        StreamTableEnvironment sql = table(1, null, COLUMNS + KEY, "recipe=lock");
        sql.executeSql("CREATE TABLE orders (id STRING, p AS PROCTIME()) WITH ('connector' = 'datagen')");
        assertThatThrownBy(() -> sql.explainSql(
                        "SELECT * FROM orders AS o JOIN t FOR SYSTEM_TIME AS OF o.p AS t" + " ON t.resource = o.id"))
                .hasStackTraceContaining("A table of 'recipe' = 'lock' cannot be looked up: who holds what changes with"
                        + " others' znodes, and an answer would be outdated before it is used. Join it as a changelog,"
                        + " without FOR SYSTEM_TIME AS OF.");
    }
}
