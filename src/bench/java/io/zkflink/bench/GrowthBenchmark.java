// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import org.apache.flink.table.api.TableEnvironment;

/**
 * What becomes of reading and writing when payloads grow, and when more subtasks look up: whole SQL pipelines beside
 * the raw client. Run by {@code mvn -Pbench verify -Dbench=GrowthBenchmark}.
 */
public final class GrowthBenchmark {

    private static final int[] PAYLOADS = {10, 100, 1_000, 10_000, 100_000};
    private static final int[] SUBTASKS = {1, 2, 4, 8, 16, 32, 64};
    private static final int MAX_ROWS = 50_000;
    private static final int MAX_BYTES = 50_000_000;
    private static final int CHILDREN = 100;
    private static final int LOOKUPS = 100_000;
    private static final int KEYS = 10_000;
    private static final String RAW = "raw client";
    private static final String PIPELINE = "pipeline";

    private final Figures reads = new Figures("payload-read", RAW);
    private final Figures writes = new Figures("payload-write", RAW);
    private final Figures subtasks = new Figures("subtasks", "NONE, lookup.async");
    private int roots;

    private GrowthBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        GrowthBenchmark benchmark = new GrowthBenchmark();
        // For as many subtasks.
        System.setProperty("zkflink.test.slots", String.valueOf(SUBTASKS[SUBTASKS.length - 1]));
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().heap("4g").build().start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            benchmark.run(server, zk);
        }
        benchmark.reads.save();
        benchmark.writes.save();
        benchmark.subtasks.save();
        System.exit(0);
    }

    private void run(ZooKeeperProcess server, ZooKeeperAdmin zk) throws Exception {
        for (int bytes : PAYLOADS) {
            String at = "%,d bytes".formatted(bytes);
            writes.rounds(counts -> write(counts, at, server, zk, bytes));
            String root = "/read-" + bytes;
            Pipeline.fill(zk, root, rows(bytes), bytes);
            reads.rounds(counts -> read(counts, at, server, zk, root, bytes));
            zk.deleteTree(root);
        }
        Pipeline.fill(zk, "/keys", KEYS, 100);
        for (int each : SUBTASKS) {
            subtasks.rounds(counts -> lookUp(counts, server, each));
        }
    }

    private static int rows(int bytes) {
        return Math.min(MAX_ROWS, MAX_BYTES / bytes);
    }

    private void read(boolean counts, String at, ZooKeeperProcess server, ZooKeeperAdmin zk, String root, int bytes)
            throws Exception {
        int rows = rows(bytes);
        Timing.Usage raw =
                Timing.usage(server, () -> RawClient.read(zk.zooKeeper(), root, Pipeline.opsPerRequest(bytes, 500)));
        Timing.Usage pipeline = Pipeline.on(server).read(root);
        if (counts) {
            reads.noteRows(RAW, at, rows, raw);
            reads.noteRows(PIPELINE, at, rows, pipeline);
        }
    }

    private void write(boolean counts, String at, ZooKeeperProcess server, ZooKeeperAdmin zk, int bytes)
            throws Exception {
        int rows = rows(bytes);
        String rawRoot = root(zk);
        Timing.Usage raw = Timing.usage(
                server,
                () -> RawClient.create(zk.zooKeeper(), rawRoot, rows, bytes, Pipeline.opsPerRequest(bytes, 100)));
        zk.deleteTree(rawRoot);
        String root = root(zk);
        Timing.Usage pipeline = Pipeline.on(server).write(root, rows, bytes);
        zk.deleteTree(root);
        if (counts) {
            writes.noteRows(RAW, at, rows, raw);
            writes.noteRows(PIPELINE, at, rows, pipeline);
        }
    }

    private String root(ZooKeeperAdmin zk) {
        String root = "/written-" + roots++;
        zk.create(root);
        return root;
    }

    private void lookUp(boolean counts, ZooKeeperProcess server, int parallelism) throws Exception {
        Timing.Usage start = join(server, parallelism, parallelism);
        Timing.Usage whole = join(server, parallelism, LOOKUPS);
        if (counts) {
            subtasks.noteRows(
                    "NONE, lookup.async",
                    parallelism + (parallelism == 1 ? " subtask" : " subtasks"),
                    LOOKUPS,
                    whole.minus(start));
        }
    }

    private static Timing.Usage join(ZooKeeperProcess server, int parallelism, int rows) throws Exception {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(parallelism);
        sql.executeSql("CREATE TABLE asked (a INT, b INT, pt AS PROCTIME()) WITH ('connector' = 'datagen',"
                + " 'fields.a.min' = '0', 'fields.a.max' = '" + (KEYS / CHILDREN - 1) + "', 'fields.b.min' = '0',"
                + " 'fields.b.max' = '" + (CHILDREN - 1) + "', 'rows-per-second' = '1000000000', 'number-of-rows' = '"
                + rows + "')");
        sql.executeSql("CREATE TABLE nothing (v STRING) WITH ('connector' = 'blackhole')");
        sql.executeSql("CREATE TABLE t (a INT, b INT, v STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + server.connectString() + "', 'path' = '/keys/{a}/{b}', 'lookup.async' = 'true')");
        return Timing.usage(server, () -> sql.executeSql(
                        "INSERT INTO nothing SELECT t.v FROM asked JOIN t FOR SYSTEM_TIME AS OF asked.pt"
                                + " ON t.a = asked.a AND t.b = asked.b")
                .await());
    }
}
