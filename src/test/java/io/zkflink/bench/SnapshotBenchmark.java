// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooKeeper;

/**
 * How fast a subtree is read once: through a whole SQL pipeline, by the raw client at its best, by Curator's cache. All
 * against one server, in turns; only the ratios mean something. Run by {@code mvn -Pbench verify}.
 */
public final class SnapshotBenchmark {

    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final String PAYLOAD = "x".repeat(100);
    private static final int CURATOR_SIZE = 100_000;
    private static final int CHILDREN = 100;
    private static final int OPS = 500;

    private final PrintStream out;

    private SnapshotBenchmark(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        int[] sizes = Arrays.stream(
                        System.getProperty("bench.sizes", "10000,100000").split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
        SnapshotBenchmark benchmark = new SnapshotBenchmark(System.out);
        for (int size : sizes) {
            benchmark.run(size);
        }
        System.exit(0);
    }

    private void run(int size) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("3g")
                        .property("jute.maxbuffer", String.valueOf(64 * 1024 * 1024))
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            fill(zk, size);
            TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
            table(sql, server, "t", "/bench/{a}/{b}");
            table(sql, server, "nothing", "/nothing/{a}/{b}");
            sql.executeSql("CREATE TABLE sink (a STRING, b STRING, v STRING) WITH ('connector' = 'blackhole')");
            double[] flink = new double[ROUNDS];
            double[] raw = new double[ROUNDS];
            double[] curator = new double[ROUNDS];
            for (int round = -2; round < ROUNDS; round++) {
                double start = Timing.seconds(() -> insert(sql, "nothing"));
                double whole = Timing.seconds(() -> insert(sql, "t"));
                double rawSeconds = Timing.seconds(() -> raw(zk.zooKeeper(), size));
                // Curator takes minutes for more.
                double curatorSeconds = size <= CURATOR_SIZE ? Timing.seconds(() -> curator(server, size)) : Double.NaN;
                if (round >= 0) {
                    flink[round] = whole - start;
                    raw[round] = rawSeconds;
                    curator[round] = curatorSeconds;
                }
            }
            out.printf(
                    "snapshot of %,d znodes, 100 B each, median of %d: pipeline %.2f s, raw multi %.2f s (pipeline at"
                            + " %.2f of raw), CuratorCache %.2f s (pipeline %.0f times as fast)%n",
                    size,
                    ROUNDS,
                    Timing.median(flink),
                    Timing.median(raw),
                    Timing.median(raw) / Timing.median(flink),
                    Timing.median(curator),
                    Timing.median(curator) / Timing.median(flink));
        }
    }

    private static void table(TableEnvironment sql, ZooKeeperProcess server, String name, String path) {
        sql.executeSql("""
                CREATE TABLE %s (a STRING, b STRING, v STRING, PRIMARY KEY (a, b) NOT ENFORCED) WITH (
                  'connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s',
                  'scan.bounded.mode' = 'snapshot')
                """.formatted(name, server.connectString(), path));
    }

    private static void insert(TableEnvironment sql, String table) throws Exception {
        sql.executeSql("INSERT INTO sink SELECT * FROM " + table).await();
    }

    private static void fill(ZooKeeperAdmin zk, int size) {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            znodes.put("/bench/" + i / CHILDREN + "/" + i % CHILDREN, PAYLOAD);
        }
        zk.createAll(znodes);
    }

    /** The ceiling of FACTS: lists and data as multi reads of 500, two in flight. */
    private static void raw(ZooKeeper zk, int size) throws Exception {
        List<String> parents = zk.getChildren("/bench", false);
        List<Op> lists =
                parents.stream().map(name -> Op.getChildren("/bench/" + name)).toList();
        List<String> leaves = new ArrayList<>(size);
        for (int from = 0; from < lists.size(); from += OPS) {
            List<Op> some = lists.subList(from, Math.min(lists.size(), from + OPS));
            var results = zk.multi(some);
            for (int i = 0; i < results.size(); i++) {
                for (String name : ((org.apache.zookeeper.OpResult.GetChildrenResult) results.get(i)).getChildren()) {
                    leaves.add(some.get(i).getPath() + "/" + name);
                }
            }
        }
        Semaphore inFlight = new Semaphore(2);
        int batches = (leaves.size() + OPS - 1) / OPS;
        CountDownLatch done = new CountDownLatch(batches);
        for (int from = 0; from < leaves.size(); from += OPS) {
            List<Op> some = leaves.subList(from, Math.min(leaves.size(), from + OPS)).stream()
                    .map(Op::getData)
                    .toList();
            inFlight.acquire();
            zk.multi(
                    some,
                    (rc, path, ctx, results) -> {
                        inFlight.release();
                        done.countDown();
                    },
                    null);
        }
        done.await();
    }

    private static void curator(ZooKeeperProcess server, int size) throws Exception {
        try (CuratorFramework client =
                CuratorFrameworkFactory.newClient(server.connectString(), new RetryOneTime(100))) {
            client.start();
            client.blockUntilConnected();
            try (CuratorCache cache = CuratorCache.build(client, "/bench")) {
                CountDownLatch initialized = new CountDownLatch(1);
                cache.listenable()
                        .addListener(CuratorCacheListener.builder()
                                .forInitialized(initialized::countDown)
                                .build());
                cache.start();
                initialized.await();
                Await.until("all is cached", Duration.ofMinutes(2), () -> cache.size() >= size);
            }
        }
    }
}
