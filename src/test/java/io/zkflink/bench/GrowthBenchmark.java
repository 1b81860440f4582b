// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;

/**
 * What becomes of reading and writing when payloads grow, when more subtasks look up, and when the server forces what
 * it writes to disk or not: whole SQL pipelines beside the raw client. Run by
 * {@code mvn -Pbench verify -Dbench=GrowthBenchmark}.
 */
public final class GrowthBenchmark {

    private static final int[] PAYLOADS = {10, 100, 1_000, 10_000, 100_000};
    private static final int[] SUBTASKS = {1, 2, 4, 8};
    private static final int MAX_ROWS = 50_000;
    private static final int MAX_BYTES = 50_000_000;
    private static final int REQUEST_BYTES = 800_000;
    private static final int CHILDREN = 100;
    private static final int LOOKUPS = 100_000;
    private static final int KEYS = 10_000;
    private static final String RAW = "raw client";
    private static final String PIPELINE = "pipeline";

    private final Figures reads = new Figures("payload-read", RAW);
    private final Figures writes = new Figures("payload-write", RAW);
    private final Figures subtasks = new Figures("subtasks", "NONE, lookup.async");
    private final Figures disk = new Figures("disk", RAW);
    private int roots;

    private GrowthBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        GrowthBenchmark benchmark = new GrowthBenchmark();
        benchmark.server("no", benchmark::run);
        for (String forced : new String[] {"yes", "no"}) {
            benchmark.server(forced, (server, zk) -> {
                String at = forced.equals("yes") ? "forced to disk" : "not forced";
                benchmark.rounds(
                        benchmark.disk, counts -> benchmark.write(counts, benchmark.disk, at, server, zk, 100));
            });
        }
        benchmark.reads.save();
        benchmark.writes.save();
        benchmark.subtasks.save();
        benchmark.disk.save();
        System.exit(0);
    }

    /** What is done with a server. */
    private interface Use {
        void of(ZooKeeperProcess server, ZooKeeperAdmin zk) throws Exception;
    }

    /** What is measured in each round. */
    private interface Round {
        void run(boolean counts) throws Exception;
    }

    private void server(String forceSync, Use use) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("4g")
                        .property("forceSync", forceSync)
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            use.of(server, zk);
        }
    }

    private void rounds(Figures figures, Round round) throws Exception {
        for (int i = -1; i < Benchmarks.ROUNDS; i++) {
            if (i >= 0) {
                figures.beginRound();
            }
            round.run(i >= 0);
        }
    }

    private void run(ZooKeeperProcess server, ZooKeeperAdmin zk) throws Exception {
        for (int bytes : PAYLOADS) {
            String at = "%,d bytes".formatted(bytes);
            rounds(writes, counts -> write(counts, writes, at, server, zk, bytes));
            String root = "/read-" + bytes;
            fill(zk, root, rows(bytes), bytes);
            rounds(reads, counts -> read(counts, at, server, zk, root, bytes));
            zk.deleteTree(root);
        }
        fill(zk, "/keys", KEYS, 100);
        for (int each : SUBTASKS) {
            rounds(subtasks, counts -> lookUp(counts, server, each));
        }
    }

    private static int rows(int bytes) {
        return Math.min(MAX_ROWS, MAX_BYTES / bytes);
    }

    private static int opsPerRequest(int bytes, int most) {
        return Math.max(1, Math.min(most, REQUEST_BYTES / bytes));
    }

    private static void fill(ZooKeeperAdmin zk, String root, int rows, int bytes) {
        String payload = "x".repeat(bytes);
        Map<String, String> some = new LinkedHashMap<>();
        for (int i = 0; i < rows; i++) {
            some.put(root + "/" + i / CHILDREN + "/" + i % CHILDREN, payload);
            // A batch of the kit's must fit into one request.
            if (some.size() == opsPerRequest(bytes, CHILDREN)) {
                zk.createAll(some);
                some.clear();
            }
        }
        zk.createAll(some);
    }

    private void read(boolean counts, String at, ZooKeeperProcess server, ZooKeeperAdmin zk, String root, int bytes)
            throws Exception {
        int rows = rows(bytes);
        Timing.Usage raw = Timing.usage(server, () -> RawClient.read(zk.zooKeeper(), root, opsPerRequest(bytes, 500)));
        Timing.Usage pipeline = sql(server, 1, root + "/{a}/{b}", "SELECT a, b, v FROM t");
        if (counts) {
            reads.noteRows(RAW, at, rows, raw);
            reads.noteRows(PIPELINE, at, rows, pipeline);
        }
    }

    private Timing.Usage sql(ZooKeeperProcess server, int parallelism, String path, String query) throws Exception {
        Timing.Usage nothing = job(server, parallelism, "/nothing" + path.substring(path.indexOf("/{")), query);
        return job(server, parallelism, path, query).minus(nothing);
    }

    private static Timing.Usage job(ZooKeeperProcess server, int parallelism, String path, String query)
            throws Exception {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(parallelism);
        sql.executeSql("CREATE TABLE t (a STRING, b STRING, v STRING) WITH ('connector' = 'zookeeper',"
                + " 'connect-string' = '" + server.connectString() + "', 'path' = '" + path
                + "', 'scan.bounded.mode' = 'snapshot')");
        sql.executeSql("CREATE TABLE nothing (a STRING, b STRING, v STRING) WITH ('connector' = 'blackhole')");
        return Timing.usage(
                server, () -> sql.executeSql("INSERT INTO nothing " + query).await());
    }

    private void write(
            boolean counts, Figures figures, String at, ZooKeeperProcess server, ZooKeeperAdmin zk, int bytes)
            throws Exception {
        int rows = rows(bytes);
        byte[] payload = new byte[bytes];
        String rawRoot = root(zk);
        Timing.Usage raw = Timing.usage(
                server,
                () -> RawClient.write(
                        zk.zooKeeper(),
                        row -> Op.create(
                                rawRoot + "/" + row, payload, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                        rows,
                        opsPerRequest(bytes, 100),
                        8));
        zk.deleteTree(rawRoot);
        String root = root(zk);
        Timing.Usage nothing = insert(server, root, 0, bytes);
        Timing.Usage pipeline = insert(server, root, rows, bytes).minus(nothing);
        zk.deleteTree(root);
        if (counts) {
            figures.noteRows(RAW, at, rows, raw);
            figures.noteRows(PIPELINE, at, rows, pipeline);
        }
    }

    private String root(ZooKeeperAdmin zk) {
        String root = "/written-" + roots++;
        zk.create(root);
        return root;
    }

    private static Timing.Usage insert(ZooKeeperProcess server, String root, int rows, int bytes) throws Exception {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("CREATE TABLE numbers (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',"
                + " 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '" + Math.max(rows, 1)
                + "')");
        sql.executeSql("CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + server.connectString() + "', 'path' = '" + root + "/{k}')");
        return Timing.usage(server, () -> sql.executeSql("INSERT INTO t SELECT i, REPEAT('x', " + bytes
                        + ") FROM numbers" + (rows == 0 ? " WHERE i < 0" : ""))
                .await());
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
