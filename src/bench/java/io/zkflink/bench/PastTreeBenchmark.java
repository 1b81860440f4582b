// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.api.TableEnvironment;

/**
 * How fast a table is read FOR SYSTEM_TIME AS OF a moment, from a snapshot and what was changed since, beside the
 * bounded scan of the same table on the live server. Only the ratios mean something. Run by {@code mvn -Pbench verify}.
 */
public final class PastTreeBenchmark {

    private static final String LIVE = "live bounded scan";
    private static final String PAST = "FOR SYSTEM_TIME AS OF";
    private static final String PAYLOAD = "x".repeat(100);
    private static final int[] SIZES = Benchmarks.FULL ? new int[] {100_000, 1_000_000} : new int[] {10_000};
    private static final int CHILDREN = 100;
    /** One in so many znodes is changed after the snapshot. */
    private static final int CHANGED = 100;
    /** A smaller tree is read several times in a row; see {@link SnapshotBenchmark}. */
    private static final int ROWS = Benchmarks.FULL ? 300_000 : 200_000;

    private final Figures figures = new Figures("past-tree", LIVE);

    private PastTreeBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        PastTreeBenchmark benchmark = new PastTreeBenchmark();
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
                .start()) {
            fill(server, size);
            TableEnvironment sql = SharedMiniCluster.batchTableEnvironment(1);
            sql.executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '" + server.connectString()
                    + "', 'history.path' = '" + server.dataDirectory() + "')");
            sql.executeSql("USE CATALOG zk");
            sql.executeSql("CREATE TABLE sink (a STRING, b STRING, data STRING) WITH ('connector' = 'blackhole')");
            figures.rounds(counts -> round(counts, size, server, sql));
        }
    }

    private void round(boolean counts, int size, ZooKeeperProcess server, TableEnvironment sql) throws Exception {
        int times = Math.max(1, ROWS / size);
        String at = "%,d znodes".formatted(size);
        Map<String, String> clauses = new LinkedHashMap<>();
        clauses.put(LIVE, "");
        clauses.put(PAST, " FOR SYSTEM_TIME AS OF TIMESTAMP '2100-01-01 00:00:00'");
        for (Map.Entry<String, String> clause : clauses.entrySet()) {
            Timing.Usage usage = Timing.Usage.NOTHING;
            for (int i = 0; i < times; i++) {
                usage = usage.minus(Timing.usage(server, () -> insert(sql, "/nothing/{a}/{b}", "")));
                usage = usage.plus(Timing.usage(server, () -> insert(sql, "/bench/{a}/{b}", clause.getValue())));
            }
            if (counts) {
                figures.noteRows(clause.getKey(), at, times * size, usage);
            }
        }
    }

    private static void insert(TableEnvironment sql, String template, String clause) throws Exception {
        sql.executeSql("INSERT INTO sink SELECT a, b, data FROM tree.`" + template + "`" + clause)
                .await();
    }

    /** A server takes a snapshot when it starts. */
    private static void fill(ZooKeeperProcess server, int size) {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            znodes.put("/bench/" + i / CHILDREN + "/" + i % CHILDREN, PAYLOAD);
        }
        try (ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            zk.createAll(znodes);
        }
        server.restart();
        try (ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            for (int i = 0; i < size / CHANGED; i++) {
                zk.set("/bench/" + i + "/0", PAYLOAD + i);
            }
        }
    }
}
