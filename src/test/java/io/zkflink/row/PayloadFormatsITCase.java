// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written in a format, compressed or not, is what queries read: by scans, lookups, caches, after restores. */
class PayloadFormatsITCase {

    private static final String COLUMNS = "k STRING, a INT, b STRING, c BIGINT, d ROW<x INT, y STRING>, e ARRAY<INT>";
    private static final String VALUES = "('p', 1, 'one', CAST(10 AS BIGINT), ROW(7, 'seven'), ARRAY[1, 2]),"
            + " ('q', 2, 'two', CAST(20 AS BIGINT), ROW(8, 'eight'), ARRAY[3])";

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    /** Columns of the table t, and what they are of its two rows. */
    private record Query(String columns, String where, List<String> rows) {}

    private static List<Query> queries() {
        return List.of(
                new Query("t.c", "TRUE", List.of("+I[10]", "+I[20]")),
                new Query("t.c, t.a, t.b", "TRUE", List.of("+I[10, 1, one]", "+I[20, 2, two]")),
                new Query("t.d.y, t.k", "TRUE", List.of("+I[seven, p]", "+I[eight, q]")),
                new Query("t.b, t.e[1]", "t.d.x = 8", List.of("+I[two, 3]")),
                new Query("t.k", "t.b = 'two'", List.of("+I[q]")));
    }

    @Test
    void avroIsReadAsItWasWritten() throws Exception {
        table("written", "format=avro");
        insert("written");
        for (Query query : queries()) {
            isRead(query, "format=avro");
        }
        for (String[] lookup : new String[][] {
            {"lookup.async=true"},
            {"lookup.cache=PARTIAL", "lookup.partial-cache.max-rows=9"},
            {"lookup.cache=PARTIAL", "lookup.partial-cache.max-rows=9", "lookup.partial-cache.invalidation=ttl"},
            {"lookup.cache=FULL"}
        }) {
            isLookedUp(queries().get(1), with(lookup, "format=avro"));
            isLookedUp(queries().get(3), with(lookup, "format=avro"));
        }
    }

    @Test
    void compressedDataIsReadAsItWasWritten() throws Exception {
        for (String compression : List.of("gzip", "zlib")) {
            table(compression, "format=json", "payload.compression=" + compression);
            insert(compression);
            assertThat(zk.zooKeeper().getData(root + "/p", false, null)[0] & 0xff)
                    .isEqualTo(compression.equals("gzip") ? 0x1f : 0x78);
            isRead(queries().get(1), "format=json", "payload.compression=" + compression);
            isRead(queries().get(1), "format=json", "payload.compression=auto");
        }
    }

    @Test
    void aZNodeThatWasSkippedComesBackWithARestore(@TempDir Path savepoints) {
        zk.create(root + "/p", "[]");
        zk.create(root + "/q", "{\"a\":2}");
        String columns = "k STRING, a INT, PRIMARY KEY (k) NOT ENFORCED";
        NodeTables.create(sql, "t", columns, root + "/{k}", "format=json", "scan.parse-errors=skip");
        String savepoint;
        try (ScanRun run = ScanRun.upsert(sql, "SELECT k, a FROM t", "k")) {
            run.awaitRows("+[q, 2]");
            savepoint = run.stopWithSavepoint(savepoints.toUri().toString());
        }
        StreamTableEnvironment restored = SharedMiniCluster.tableEnvironment(
                1, Configuration.fromMap(Map.of("execution.state-recovery.path", savepoint)));
        NodeTables.create(restored, "t", columns, root + "/{k}", "format=json", "scan.parse-errors=null");
        try (ScanRun run = ScanRun.upsert(restored, "SELECT k, a FROM t", "k")) {
            run.awaitRows("+[p, null]");
        }
    }

    private void insert(String table) throws Exception {
        sql.executeSql("INSERT INTO " + table + " VALUES " + VALUES).await();
    }

    private void isRead(Query query, String... options) throws Exception {
        drop();
        table("t", with(options, "scan.bounded.mode=snapshot"));
        isFound(query, "SELECT " + query.columns() + " FROM t WHERE " + query.where());
        isLookedUp(query, options);
    }

    private void isLookedUp(Query query, String... options) throws Exception {
        drop();
        table("t", options);
        sql.executeSql("CREATE TEMPORARY VIEW l AS SELECT key, PROCTIME() AS pt FROM (VALUES ('p'), ('q')) AS v (key)");
        isFound(
                query,
                "SELECT " + query.columns() + " FROM l JOIN t FOR SYSTEM_TIME AS OF l.pt AS t ON t.k = l.key WHERE "
                        + query.where());
    }

    private void isFound(Query query, String text) throws Exception {
        List<String> rows = new ArrayList<>();
        try (CloseableIterator<Row> result = sql.executeSql(text).collect()) {
            result.forEachRemaining(row -> rows.add(row.toString()));
        }
        assertThat(rows).as(text).containsExactlyInAnyOrderElementsOf(query.rows());
    }

    private void drop() {
        sql.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        sql.executeSql("DROP TEMPORARY VIEW IF EXISTS l");
    }

    private static String[] with(String[] options, String... more) {
        return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
    }

    private void table(String name, String... options) {
        NodeTables.create(sql, name, COLUMNS, root + "/{k}", options);
    }
}
