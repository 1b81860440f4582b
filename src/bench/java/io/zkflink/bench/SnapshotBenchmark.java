// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.cache.TreeCacheEvent;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.zookeeper.ZooKeeper;

/**
 * How fast a subtree is read once: through a whole SQL pipeline, by the raw client at its best, by Curator's caches, by
 * one request per znode. All against one server, in turns; only the ratios mean something. Run by
 * {@code mvn -Pbench verify}.
 */
public final class SnapshotBenchmark {

    private static final String PAYLOAD = "x".repeat(100);
    /** Of fewer znodes there is nothing to measure but the start of a job. */
    private static final int[] SIZES = Benchmarks.FULL ? new int[] {10_000, 100_000, 1_000_000} : new int[] {10_000};
    /** The others take minutes for more. */
    private static final int CACHE_SIZE = 100_000;

    private static final int NAIVE_SIZE = 10_000;
    private static final int CHILDREN = 100;
    private static final int OPS = 500;
    /**
     * A smaller tree is read several times in a row. Once is over before it can be measured, and the JIT compiler,
     * which is not done with Flink before dozens of jobs, would be what is measured.
     */
    private static final int ROWS = Benchmarks.FULL ? 600_000 : 200_000;

    private static final String RAW = "raw client, multi of 500";

    private final Figures figures = new Figures("snapshot", RAW);

    private SnapshotBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        SnapshotBenchmark benchmark = new SnapshotBenchmark();
        for (int size : SIZES) {
            benchmark.run(size);
        }
        benchmark.figures.save();
        System.exit(0);
    }

    private void run(int size) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("4g")
                        .property("jute.maxbuffer", String.valueOf(64 * 1024 * 1024))
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            fill(zk, size);
            TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
            table(sql, server, "t", "/bench/{a}/{b}");
            table(sql, server, "nothing", "/nothing/{a}/{b}");
            sql.executeSql("CREATE TABLE sink (a STRING, b STRING, v STRING) WITH ('connector' = 'blackhole')");
            figures.rounds(counts -> round(counts, size, server, zk, sql));
        }
    }

    private void round(boolean counts, int size, ZooKeeperProcess server, ZooKeeperAdmin zk, TableEnvironment sql)
            throws Exception {
        int times = Math.max(1, ROWS / size);
        Timing.Usage raw = Timing.Usage.NOTHING;
        Timing.Usage pipeline = Timing.Usage.NOTHING;
        for (int i = 0; i < times; i++) {
            raw = raw.plus(Timing.usage(server, () -> RawClient.read(zk.zooKeeper(), "/bench", OPS)));
            pipeline = pipeline.minus(Timing.usage(server, () -> insert(sql, "nothing")));
            pipeline = pipeline.plus(Timing.usage(server, () -> insert(sql, "t")));
        }
        if (!counts) {
            return;
        }
        String at = "%,d znodes".formatted(size);
        figures.noteRows(RAW, at, times * size, raw);
        figures.noteRows("pipeline", at, times * size, pipeline);
        // The others take long enough to be measured, and to become warm, in one turn.
        if (size <= CACHE_SIZE) {
            figures.noteRows("CuratorCache", at, size, Timing.usage(server, () -> curatorCache(server, size)));
        }
        if (size <= NAIVE_SIZE) {
            figures.noteRows("Curator's TreeCache", at, size, Timing.usage(server, () -> treeCache(server)));
            figures.noteRows("one request per znode", at, size, Timing.usage(server, () -> naive(zk.zooKeeper())));
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

    private static void naive(ZooKeeper zk) throws Exception {
        for (String parent : zk.getChildren("/bench", false)) {
            for (String child : zk.getChildren("/bench/" + parent, false)) {
                zk.getData("/bench/" + parent + "/" + child, false, null);
            }
        }
    }

    /** What the service registries of old are made with. */
    @SuppressWarnings("deprecation")
    private static void treeCache(ZooKeeperProcess server) throws Exception {
        try (CuratorFramework client =
                CuratorFrameworkFactory.newClient(server.connectString(), new RetryOneTime(100))) {
            client.start();
            client.blockUntilConnected();
            try (TreeCache cache = TreeCache.newBuilder(client, "/bench").build()) {
                CountDownLatch initialized = new CountDownLatch(1);
                cache.getListenable().addListener((any, event) -> {
                    if (event.getType() == TreeCacheEvent.Type.INITIALIZED) {
                        initialized.countDown();
                    }
                });
                cache.start();
                initialized.await();
            }
        }
    }

    private static void curatorCache(ZooKeeperProcess server, int size) throws Exception {
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
