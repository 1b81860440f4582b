// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Contender;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RunningJobs;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows queue, run and enter, beside Curator's own recipes, and whatever befalls the job, each has one node. */
class RecipeWriteITCase {

    private static final Logger LOG = LoggerFactory.getLogger(RecipeWriteITCase.class);
    private static final long SEED = Long.getLong("recipewrite.seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("recipewrite.rounds", 4);

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @RegisterExtension
    final RunningJobs jobs = new RunningJobs();

    private static int tests;

    @TempDir
    Path savepoints;

    private final ZooKeeperAdmin zk = ZK.admin();
    private final String root = "/t" + tests++;
    private CuratorFramework curator;
    /** Short where sessions expire. */
    private String sessionTimeout = "4 s";

    @BeforeEach
    void createRoot() {
        zk.create(root + "/wanted", "");
        curator = CuratorFrameworkFactory.newClient(ZK.directConnectString(), new RetryOneTime(10));
        curator.start();
    }

    @AfterEach
    void reset() {
        ZK.reset();
        curator.close();
    }

    @Test
    void rowsQueueInTheOrderInWhichTheyComeAndReleaseWhenTheyGo() {
        want("wanted", "a", "x");
        start("lock");
        awaitQueue("a", "x");
        want("wanted", "a", "y");
        awaitQueue("a", "x", "y");
        want("wanted", "b", "x");
        awaitQueue("b", "x");
        long second = token("a", "y");

        unwant("wanted", "a", "x");

        awaitQueue("a", "y");
        assertThat(token("a", "y")).isEqualTo(second);
        assertThat(zk.children(root + "/locks/a").get(0)).matches("_c_[0-9a-f-]{36}-lock-\\d{10}");
    }

    @Test
    void curatorsMutexAndRowsWaitForEachOther() throws Exception {
        InterProcessMutex mutex = new InterProcessMutex(curator, root + "/locks/a");
        mutex.acquire();
        want("wanted", "a", "x");
        start("lock");
        Await.until("the row waits", () -> queue("a").size() == 2);
        assertThat(queue("a").get(1)).isEqualTo("x");
        mutex.release();
        awaitQueue("a", "x");

        assertThat(mutex.acquire(300, TimeUnit.MILLISECONDS))
                .as("the row holds the lock")
                .isFalse();
        unwant("wanted", "a", "x");
        assertThat(mutex.acquire(30, TimeUnit.SECONDS)).isTrue();
        mutex.release();
    }

    @Test
    void aFailoverLosesNeitherLockNorPlace() throws Exception {
        sessionTimeout = "20 s";
        want("wanted", "a", "x");
        startFrom("wanted", RunningJobs.sql(SharedMiniCluster.restarting("100 ms")), "lock");
        awaitQueue("a", "x");
        try (Contender other = new Contender(ZK.directConnectString())) {
            other.lock(root + "/locks/a", "other");
            want("wanted", "a", "y");
            awaitQueue("a", "x", "other", "y");
            List<String> before = nodes("a");

            SharedMiniCluster.replaceTaskManager();
            want("wanted", "b", "x");

            awaitQueue("b", "x");
            assertThat(nodes("a")).isEqualTo(before);
        }
    }

    /**
     * Rows of a session that has expired queue anew. Where CURATOR-604 has two hold one lock, the node of the expired
     * session is still there, as a server might show it that has not heard of the end yet. It is not taken for that of
     * the new session, and not waited for; and that of another job, which has the same owner, is left alone.
     */
    @Test
    @Tag("nightly")
    void whatAnExpiredSessionLeftBehindIsNeitherTakenForOursNorWaitedFor() {
        want("wanted", "a", "x");
        JobClient job = startFrom("wanted", RunningJobs.sql(SharedMiniCluster.restarting("100 ms")), "lock");
        awaitQueue("a", "x");
        want("wanted", "a", "y");
        awaitQueue("a", "x", "y");
        try (Contender other = new Contender(ZK.directConnectString())) {
            long token = token("a", "y");
            String foreign = other.lock(root + "/locks/a", "x");
            List<String> before = nodes("a").subList(0, 2);

            ZK.expireSessions(() -> before.forEach(node -> leaveBehind(other, node)));
            awaitQueuedAnewBehind(foreign);
            assertThat(RunningJobs.status(job)).isEqualTo(JobStatus.RUNNING);
            List<String> inBetween = nodes("a").subList(1, 3);
            assertThat(inBetween)
                    .allSatisfy(node -> assertThat(zk.stat(node).getCzxid()).isGreaterThan(token));
            ZK.expireSessions(() -> {
                inBetween.forEach(node -> leaveBehind(other, node));
                replaceTaskManager();
            });

            awaitQueuedAnewBehind(foreign);
            assertThat(nodes("a")).doesNotContainAnyElementsOf(inBetween);
        }
    }

    /** Creates the node of an owned row again, as that of a session that lives. */
    private static void leaveBehind(Contender other, String node) {
        other.create(node.substring(0, node.length() - 10), "left behind", CreateMode.EPHEMERAL_SEQUENTIAL);
    }

    private void awaitQueuedAnewBehind(String foreign) {
        Await.untilAsserted("the rows queue anew", () -> {
            assertThat(nodes("a")).startsWith(foreign);
            assertThat(queue("a")).hasSize(3).containsExactlyInAnyOrder("x", "x", "y");
        });
    }

    private static void replaceTaskManager() {
        try {
            SharedMiniCluster.replaceTaskManager();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void contendersThatNumberNodesDifferentlyAreNotQueuedBehind() {
        try (Contender other = new Contender(ZK.directConnectString())) {
            zk.create(root + "/locks/a");
            String node = other.kazooLock(root + "/locks/a", "kazoo");
            want("wanted", "a", "x");

            assertThat(RunningJobs.failure(start("lock")))
                    .isEqualTo("The lock '" + root + "/locks/a' has the contender '"
                            + node.substring(node.lastIndexOf('/') + 1) + "', which kazoo made: it and a contender of"
                            + " 'lock.dialect' = 'curator' would not see who of them is first, and both might hold the"
                            + " lock. Set 'lock.dialect' to what the other programs use, or use another 'path'.");
            JobClient kazoo = start("lock", "lock.dialect=kazoo");
            awaitQueue("a", "kazoo", "x");
            assertThat(RunningJobs.status(kazoo)).isEqualTo(JobStatus.RUNNING);

            zk.create(root + "/locks/b");
            other.lock(root + "/locks/b", "curator");
            want("wanted", "b", "x");
            assertThat(RunningJobs.failure(kazoo))
                    .startsWith("The lock '" + root + "/locks/b' has the contender '")
                    .contains(
                            "', which Curator or go-zookeeper made: it and a contender of 'lock.dialect' = 'kazoo' would");
        }
    }

    @Test
    void anOfficeGoesFromARowToCuratorsLatch() throws Exception {
        want("wanted", "a", "x");
        start("election");
        awaitQueue("a", "x");
        try (LeaderLatch latch = new LeaderLatch(curator, root + "/locks/a", "latch")) {
            latch.start();
            awaitQueue("a", "x", "latch");
            assertThat(latch.getLeader().getId()).isEqualTo("x");

            unwant("wanted", "a", "x");

            Await.until("the latch leads", latch::hasLeadership);
        }
    }

    @Test
    void aBarrierLinesUpTwoJobsAndACuratorProgram() {
        zk.create(root + "/wanted2", "");
        // Left over from a round whose members died.
        zk.create(root + "/locks/a/ready", "");
        want("wanted", "a", "x");
        start("barrier", "barrier.members=3");
        Await.until("one has entered", () -> members("a").equals(List.of("x")));
        assertThat(zk.exists(root + "/locks/a/ready")).isFalse();
        startFrom("wanted2", "barrier", "barrier.members=3");
        DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(curator, root + "/locks/a", 3);
        CompletableFuture<Void> entered = run(barrier::enter);
        Await.until("two have entered", () -> zk.children(root + "/locks/a").size() == 2);
        assertThat(entered).isNotDone();

        want("wanted2", "a", "y");
        Await.result(entered);
        Await.until("the barrier is open", () -> zk.exists(root + "/locks/a/ready"));

        CompletableFuture<Void> left = run(barrier::leave);
        unwant("wanted", "a", "x");
        // Whether Curator's leave() deletes its node before the others have left depends on the order of the names.
        Await.until(
                "only the row is gone that is not wanted", () -> !members("a").contains("x"));
        assertThat(members("a")).contains("y");
        unwant("wanted2", "a", "y");
        Await.result(left);
        Await.until("the barrier is closed", () -> !zk.exists(root + "/locks/a/ready"));
    }

    @Test
    void aBarrierOfRowsOpensAndCloses() {
        want("wanted", "a", "x");
        want("wanted", "a", "y");
        start("barrier", "barrier.members=2");
        Await.until("the barrier is open", () -> zk.exists(root + "/locks/a/ready"));
        assertThat(members("a")).containsExactlyInAnyOrder("x", "y");

        unwant("wanted", "a", "x");
        Await.until("one has left", () -> members("a").equals(List.of("y")));
        assertThat(zk.exists(root + "/locks/a/ready")).isTrue();
        unwant("wanted", "a", "y");

        Await.until("the barrier is closed", () -> !zk.exists(root + "/locks/a/ready"));
    }

    @Test
    void rowsReleaseWhenTheInputEnds() {
        want("wanted", "a", "x");
        JobClient job = start("lock");
        awaitQueue("a", "x");

        Await.result(job.stopWithSavepoint(true, savepoints.toString(), SavepointFormatType.CANONICAL));

        assertThat(held()).isEmpty();
    }

    /** Commands that are only ever appended: the last one that names a row says whether there is one. */
    @Test
    void theLastCommandOfEachAcquiresOrReleases() {
        zk.create(root + "/commands", "");
        StreamTableEnvironment sql = RunningJobs.sql(SharedMiniCluster.restarting("100 ms", 2));
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "commands",
                "n INT, resource STRING, worker STRING, command STRING, told AS PROCTIME()",
                root + "/commands/{n}",
                "scan.changelog-mode=append",
                "format=json");
        recipe(sql, "lock");
        jobs.submit(
                sql,
                "INSERT INTO locks (resource, owner) SELECT resource, worker FROM (SELECT *, ROW_NUMBER() OVER"
                        + " (PARTITION BY resource, worker ORDER BY told DESC) AS latest FROM commands)"
                        + " WHERE latest = 1 AND command = 'ACQUIRE'");

        command(1, "a", "x", "ACQUIRE");
        awaitQueue("a", "x");
        command(2, "a", "y", "ACQUIRE");
        awaitQueue("a", "x", "y");
        long token = token("a", "x");
        command(3, "a", "x", "ACQUIRE");
        command(4, "b", "x", "ACQUIRE");
        awaitQueue("b", "x");
        assertThat(token("a", "x")).isEqualTo(token);
        command(5, "a", "x", "RELEASE");
        awaitQueue("a", "y");
        command(6, "a", "x", "ACQUIRE");
        awaitQueue("a", "y", "x");
        assertThat(queue("b")).containsExactly("x");
    }

    private void command(int n, String resource, String worker, String command) {
        zk.create(
                root + "/commands/" + n,
                "{\"resource\": \"%s\", \"worker\": \"%s\", \"command\": \"%s\"}".formatted(resource, worker, command));
    }

    @Test
    @Tag("nightly")
    void thousandsOfLocks() {
        Map<String, String> wanted = new LinkedHashMap<>();
        for (int i = 0; i < 3_000; i++) {
            wanted.put(root + "/wanted/r" + i, "");
        }
        zk.createAll(wanted);
        Map<String, String> owners = new LinkedHashMap<>();
        wanted.keySet().forEach(path -> owners.put(path + "/x", ""));
        zk.createAll(owners);
        long start = System.nanoTime();
        start("lock");
        Await.until("all are held", () -> held().size() == 3_000);
        LOG.info("3000 locks in {} ms, the start of the job included", (System.nanoTime() - start) / 1_000_000);

        zk.deleteTree(root + "/wanted");

        Await.until("all are released", () -> held().isEmpty());
    }

    /** One node for each row, and none without. */
    @Test
    void nodesEqualTheRowsWhateverBreaks() throws Exception {
        LOG.info("Seed {}", SEED);
        Random random = new Random(SEED);
        JobClient job = startFrom("wanted", RunningJobs.sql(SharedMiniCluster.restarting("100 ms")), "lock");
        for (int round = 1; round <= ROUNDS; round++) {
            int fault = ZK.strike(random, () -> change(random));
            String what = "round %d, seed %d, fault %d".formatted(round, SEED, fault);
            Map<String, List<String>> wanted = wanted();
            Await.untilAsserted(
                    "each row has its node", () -> assertThat(held()).as(what).isEqualTo(wanted));
        }
        assertThat(RunningJobs.status(job)).isEqualTo(JobStatus.RUNNING);
    }

    private void change(Random random) {
        for (int i = 0; i < 10; i++) {
            String resource = "r" + random.nextInt(5);
            String owner = "o" + random.nextInt(5);
            if (zk.exists(root + "/wanted/" + resource + "/" + owner)) {
                unwant("wanted", resource, owner);
            } else {
                want("wanted", resource, owner);
            }
        }
    }

    private Map<String, List<String>> wanted() {
        return owners("/wanted", false);
    }

    /** The owners of each resource, sorted. */
    private Map<String, List<String>> held() {
        return owners("/locks", true);
    }

    private Map<String, List<String>> owners(String table, boolean byData) {
        Map<String, List<String>> owners = new TreeMap<>();
        zk.tree(root + table).forEach((path, data) -> {
            String[] segments = path.substring((root + table).length() + 1).split("/", -1);
            if (segments.length == 2) {
                owners.computeIfAbsent(segments[0], any -> new ArrayList<>()).add(byData ? data : segments[1]);
            }
        });
        owners.values().forEach(list -> list.sort(null));
        return owners;
    }

    private void want(String table, String resource, String owner) {
        zk.create(root + "/" + table + "/" + resource + "/" + owner, "");
    }

    private void unwant(String table, String resource, String owner) {
        zk.delete(root + "/" + table + "/" + resource + "/" + owner);
    }

    /** The nodes of a resource in the order of their sequence. */
    private List<String> nodes(String resource) {
        String path = root + "/locks/" + resource;
        if (!zk.exists(path)) {
            return List.of();
        }
        List<String> nodes = new ArrayList<>(zk.tree(path).keySet());
        nodes.sort((one, two) -> one.substring(one.length() - 10).compareTo(two.substring(two.length() - 10)));
        return nodes;
    }

    /** The owners in a resource's queue. */
    private List<String> queue(String resource) {
        Map<String, String> data = zk.tree(root + "/locks/" + resource);
        return nodes(resource).stream()
                .map(node -> data.getOrDefault(node, "?"))
                .toList();
    }

    private List<String> members(String resource) {
        return new TreeMap<>(zk.tree(root + "/locks/" + resource))
                .entrySet().stream()
                        .filter(znode -> !znode.getKey().endsWith("/ready"))
                        .map(Map.Entry::getValue)
                        .toList();
    }

    private void awaitQueue(String resource, String... owners) {
        Await.untilAsserted("the queue", () -> assertThat(queue(resource)).containsExactly(owners));
    }

    private long token(String resource, String owner) {
        return nodes(resource).stream()
                .filter(node -> zk.get(node).equals(owner))
                .mapToLong(node -> zk.stat(node).getCzxid())
                .findFirst()
                .orElse(-1);
    }

    private JobClient start(String recipe, String... options) {
        return startFrom("wanted", recipe, options);
    }

    private JobClient startFrom(String wanted, String recipe, String... options) {
        return startFrom(wanted, RunningJobs.sql(SharedMiniCluster.restarting("100 ms", 2)), recipe, options);
    }

    private JobClient startFrom(String wanted, StreamTableEnvironment sql, String recipe, String... options) {
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "wanted",
                "resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED",
                root + "/" + wanted + "/{resource}/{owner}",
                "session-timeout=" + sessionTimeout,
                "retry-wait=100 ms");
        recipe(sql, recipe, options);
        return jobs.submit(sql, "INSERT INTO locks SELECT resource, owner FROM wanted");
    }

    private void recipe(StreamTableEnvironment sql, String recipe, String... options) {
        String[] all = Arrays.copyOf(options, options.length + 4);
        all[options.length] = "recipe=" + recipe;
        all[options.length + 1] = "session-timeout=" + sessionTimeout;
        all[options.length + 2] = "retry-wait=100 ms";
        all[options.length + 3] = "sink.commit-path=/epochs" + root;
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "locks",
                "resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED",
                root + "/locks/{resource}",
                all);
    }

    private static CompletableFuture<Void> run(Await.ThrowingRunnable task) {
        return CompletableFuture.runAsync(() -> {
            try {
                task.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
