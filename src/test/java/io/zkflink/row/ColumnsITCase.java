// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which columns a query reads and in what order never changes what they say. */
class ColumnsITCase {

    private static final List<String> MODES = List.of("upsert", "all");

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @BeforeEach
    void tree() {
        zk.create(root + "/s/1", "{\"x\":1,\"y\":\"one\"}");
        zk.create(root + "/s/2", "{\"x\":2,\"y\":\"two\"}");
        zk.create(root + "/t/1", "{\"x\":3,\"y\":\"three\"}");
    }

    /** Columns in no order at all. */
    private void table(String name, String... options) {
        String[] all = java.util.Arrays.copyOf(options, options.length + 1);
        all[options.length] = "format=json";
        NodeTables.create(sql, name, """
                y STRING, ver BIGINT METADATA FROM 'version', b INT NOT NULL, twice AS x * 2,
                changed TIMESTAMP(3) METADATA FROM 'mtime', a STRING, x INT,
                size STRING METADATA FROM 'data-length', `name` STRING METADATA, kids BIGINT METADATA FROM 'num-children',
                PRIMARY KEY (b, a) NOT ENFORCED
                """, root + "/{a}/{b}", all);
    }

    private void churn() {
        zk.set(root + "/s/1", "{\"x\":10,\"y\":\"ten\"}");
        zk.delete(root + "/s/2");
        zk.create(root + "/u/7", "{\"x\":7}");
        NodeTables.recreate(zk, root + "/t/1", "{\"x\":4,\"y\":\"four\"}");
    }

    @Test
    void everyProjectionSaysTheSame() {
        for (String mode : MODES) {
            table("by_" + mode, "scan.changelog-mode=" + mode);
        }
        projection("a, b", List.of("[s, 1]", "[s, 2]", "[t, 1]"), List.of("[s, 1]", "[t, 1]", "[u, 7]"));
        projection("a", List.of("[s]", "[s]", "[t]"), List.of("[s]", "[t]", "[u]"));
        projection("ver", List.of("[0]", "[0]", "[0]"), List.of("[1]", "[0]", "[0]"));
        projection("x", List.of("[1]", "[2]", "[3]"), List.of("[10]", "[4]", "[7]"));
        projection("COUNT(*)", List.of("[3]"), List.of("[3]"));
        projection("1", List.of("[1]", "[1]", "[1]"), List.of("[1]", "[1]", "[1]"));
        projection(
                "twice, `name`, a, ver, size",
                List.of("[2, 1, s, 0, 17]", "[4, 2, s, 0, 17]", "[6, 1, t, 0, 19]"),
                List.of("[20, 1, s, 1, 18]", "[8, 1, t, 0, 18]", "[14, 7, u, 0, 7]"));
    }

    private void projection(String columns, List<String> before, List<String> after) {
        zk.deleteTree(root);
        tree();
        try (Changelog upsert = select("SELECT " + columns + " FROM by_upsert");
                Changelog all = select("SELECT " + columns + " FROM by_all")) {
            both(upsert, all, before.toArray(String[]::new));
            churn();
            both(upsert, all, after.toArray(String[]::new));
        }
    }

    private static void both(Changelog one, Changelog other, String... expected) {
        one.awaitTable(expected);
        other.awaitTable(expected);
    }

    @Test
    void aColumnOfTheMetadataMayBeNamedAndCastAsOneLikes() {
        zk.set(root + "/t/1", "{}");
        long czxid = zk.stat(root + "/t/1").getCzxid();
        List.of(
                        "TIMESTAMP(3) METADATA FROM 'mtime'=true",
                        "TIMESTAMP_LTZ(6) METADATA FROM 'mtime'=true",
                        "TIMESTAMP(9) METADATA FROM 'ctime'=true",
                        "STRING METADATA FROM 'version'=1",
                        "BIGINT METADATA FROM 'version'=1",
                        "SMALLINT METADATA FROM 'version'=1",
                        "DECIMAL(20, 0) METADATA FROM 'czxid'=" + czxid,
                        "STRING METADATA FROM 'czxid'=" + czxid,
                        "BOOLEAN METADATA FROM 'version'=true",
                        "VARCHAR(1) METADATA FROM 'name'=1",
                        "STRING METADATA FROM 'mtime'=true")
                .forEach(column -> {
                    String type = column.substring(0, column.lastIndexOf('='));
                    String expected = column.substring(column.lastIndexOf('=') + 1);
                    sql.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
                    NodeTables.create(
                            sql, "t", "a STRING, b INT, m " + type, root + "/{a}/{b}", "scan.bounded.mode=snapshot");
                    String shown = type.contains("time'") ? "CAST(m AS STRING) LIKE '20__-__-__ __:__:%'" : "m";
                    assertThat(end("SELECT " + shown + " FROM t WHERE a = 't'"))
                            .as(type)
                            .containsExactly("+I[" + expected + "]");
                });
    }

    @Test
    void aPathColumnMayHaveTheNameOfMetadata() {
        NodeTables.create(
                sql,
                "t",
                "`name` STRING, `version` INT, path STRING METADATA, v INT METADATA FROM 'version', n STRING METADATA"
                        + " FROM 'name', x INT, y STRING, PRIMARY KEY (`name`, `version`) NOT ENFORCED",
                root + "/{name}/{version}",
                "format=json");
        try (Changelog changes = select("SELECT `name`, `version`, v, n, x, y FROM t WHERE `name` = 't'")) {
            changes.awaitTable("[t, 1, 0, 1, 3, three]");
        }
    }

    @Test
    void aRowtimeFromMtimeSurvivesDeletesInUpsertMode() {
        rowtimes();
        try (Changelog upsert = select("SELECT a, b, x FROM w_upsert");
                Changelog whole = select("SELECT * FROM w_upsert")) {
            upsert.awaitTable("[s, 1, 1]", "[s, 2, 2]", "[t, 1, 3]");
            Await.until("all is read", () -> whole.table().size() == 3);
            churn();
            upsert.awaitTable("[s, 1, 10]", "[t, 1, 4]", "[u, 7, 7]");
            Await.until(
                    "three rows", () -> whole.rows().size() > 3 && whole.table().size() == 3);
        }
    }

    @Test
    void aRowtimeFromMtimeMayBeAggregatedInUpsertMode() {
        rowtimes();
        try (Changelog upsert = select("SELECT COUNT(*), MAX(x) FROM w_upsert")) {
            upsert.awaitTable("[3, 3]");
            churn();
            upsert.awaitTable("[3, 10]");
        }
    }

    private void rowtimes() {
        for (String mode : List.of("upsert", "all", "append", "keyless")) {
            NodeTables.create(
                    sql,
                    "w_" + mode,
                    "a STRING, b INT, x INT, y STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'mtime',"
                            + " WATERMARK FOR ts AS ts - INTERVAL '1' SECOND"
                            + (mode.equals("append") || mode.equals("keyless")
                                    ? ""
                                    : ", PRIMARY KEY (a, b) NOT ENFORCED"),
                    root + "/{a}/{b}",
                    "format=json",
                    "scan.changelog-mode=" + (mode.equals("keyless") ? "all" : mode));
        }
    }

    @Test
    void aRowtimeFromMtimeSurvivesDeletesInEveryMode() {
        rowtimes();
        try (Changelog all = select("SELECT a, b, x FROM w_all");
                Changelog keyless = select("SELECT a, b, x FROM w_keyless");
                Changelog keylessFull = select("SELECT * FROM w_keyless");
                Changelog append = select("SELECT a, b, x FROM w_append")) {
            for (Changelog changes : List.of(all, keyless)) {
                changes.awaitTable("[s, 1, 1]", "[s, 2, 2]", "[t, 1, 3]");
            }
            Await.until("the snapshot is in the log", () -> append.rows().size() == 3);
            churn();
            for (Changelog changes : List.of(all, keyless)) {
                changes.awaitTable("[s, 1, 10]", "[t, 1, 4]", "[u, 7, 7]");
            }
            for (Changelog changes : List.of(keylessFull)) {
                Await.until(
                        "three rows",
                        () -> changes.rows().size() > 3 && changes.table().size() == 3);
            }
            Await.until("the deletions are in the log", () -> append.rows().size() == 3 + 5);
        }
    }

    @Test
    void aWatermarkOnTheMtimeClosesWindows() {
        NodeTables.create(
                sql,
                "t",
                "a STRING, b INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'mtime', WATERMARK FOR ts AS ts",
                root + "/{a}/{b}",
                "scan.changelog-mode=append",
                "scan.bounded.mode=snapshot");
        assertThat(end("SELECT SUM(c) FROM (SELECT COUNT(*) c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts),"
                        + " INTERVAL '1' SECOND)) GROUP BY window_start, window_end)"))
                .last()
                .asString()
                .endsWith("[3]");
    }

    @Test
    void viewsJoinsUnionsAndGroupsEqualTheTree() {
        for (String mode : MODES) {
            table("t_" + mode, "scan.changelog-mode=" + mode);
        }
        sql.executeSql("CREATE TEMPORARY VIEW doubled AS SELECT a, b, twice FROM t_upsert WHERE x > 1");
        try (Changelog view = select("SELECT * FROM doubled");
                Changelog self =
                        select("SELECT l.a, l.b, r.a FROM t_upsert l JOIN t_upsert r ON l.b = r.b AND l.a <> r.a");
                Changelog mixed =
                        select("SELECT l.a, l.b, r.x FROM t_upsert l JOIN t_all r ON l.b = r.b AND l.a = r.a");
                Changelog union = select("SELECT a, x FROM t_upsert UNION ALL SELECT a, x FROM t_upsert"
                        + " UNION ALL SELECT a, -x FROM t_all");
                Changelog group = select("SELECT a, COUNT(*), SUM(x), MAX(ver) FROM t_upsert GROUP BY a");
                Changelog groupAll = select("SELECT a, COUNT(*), SUM(x), MAX(ver) FROM t_all GROUP BY a");
                Changelog anti =
                        select("SELECT a, b FROM t_upsert WHERE (a, b) NOT IN (SELECT a, b FROM t_all WHERE x < 3)")) {
            view.awaitTable("[s, 2, 4]", "[t, 1, 6]");
            self.awaitTable("[s, 1, t]", "[t, 1, s]");
            mixed.awaitTable("[s, 1, 1]", "[s, 2, 2]", "[t, 1, 3]");
            union.awaitTable(
                    "[s, 1]", "[s, 2]", "[t, 3]", "[s, 1]", "[s, 2]", "[t, 3]", "[s, -1]", "[s, -2]", "[t, -3]");
            both(group, groupAll, "[s, 2, 3, 0]", "[t, 1, 3, 0]");
            anti.awaitTable("[t, 1]");
            churn();
            view.awaitTable("[s, 1, 20]", "[t, 1, 8]", "[u, 7, 14]");
            self.awaitTable("[s, 1, t]", "[t, 1, s]");
            mixed.awaitTable("[s, 1, 10]", "[t, 1, 4]", "[u, 7, 7]");
            union.awaitTable(
                    "[s, 10]", "[t, 4]", "[u, 7]", "[s, 10]", "[t, 4]", "[u, 7]", "[s, -10]", "[t, -4]", "[u, -7]");
            both(group, groupAll, "[s, 1, 10, 1]", "[t, 1, 4, 0]", "[u, 1, 7, 0]");
            anti.awaitTable("[s, 1]", "[t, 1]", "[u, 7]");
        }
    }

    /**
     * Not so with {@code all} and a primary key: there the row of a deletion carries the time of the deletion, which
     * versioned tables need, and so differs in {@code mtime} from the row that it takes back. The docs say so.
     */
    @Test
    void groupsByMtimeEqualTheTree() {
        String columns = "a STRING, b INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'mtime'";
        NodeTables.create(
                sql,
                "g_upsert",
                columns + ", PRIMARY KEY (a, b) NOT ENFORCED",
                root + "/{a}/{b}",
                "scan.changelog-mode=upsert");
        NodeTables.create(sql, "g_all", columns, root + "/{a}/{b}", "scan.changelog-mode=all");
        try (Changelog upsert = select("SELECT SUM(c) FROM (SELECT ts, COUNT(*) c FROM g_upsert GROUP BY ts)");
                Changelog all = select("SELECT SUM(c) FROM (SELECT ts, COUNT(*) c FROM g_all GROUP BY ts)")) {
            both(upsert, all, "[3]");
            zk.delete(root + "/s/1");
            upsert.awaitTable("[2]");
            all.awaitTable("[2]");
        }
    }

    @Test
    void filtersAreNeverLost() {
        table("t", "scan.bounded.mode=snapshot");
        assertThat(end("SELECT a, b FROM t WHERE a = 's' AND b = 2")).containsExactly("+I[s, 2]");
        assertThat(end("SELECT a, b FROM t WHERE a IN ('s', 'nope') AND x = 1")).containsExactly("+I[s, 1]");
        assertThat(end("SELECT a, b FROM t WHERE a = ''")).isEmpty();
        assertThat(end("SELECT a, b FROM t WHERE a = 's/1'")).isEmpty();
        assertThat(end("SELECT a, b FROM t WHERE a IS NULL OR y = 'three'")).containsExactly("+I[t, 1]");
    }

    @Test
    void aLimitOfABoundedScanIsExact() {
        table("t", "scan.bounded.mode=snapshot");
        assertThat(end("SELECT a FROM t LIMIT 2")).hasSize(2);
        assertThat(end("SELECT a FROM t WHERE a = 't' LIMIT 2")).hasSize(1);
        assertThat(end("SELECT a FROM t LIMIT 0")).isEmpty();
        StreamTableEnvironment batch = SharedMiniCluster.batchTableEnvironment(2);
        NodeTables.create(
                batch, "t", "a STRING, b INT, x INT, y STRING", root + "/{a}/{b}", "format=json", "scan.parallelism=2");
        try (Changelog changes = new Changelog(batch.executeSql("SELECT a FROM t LIMIT 2"))) {
            assertThat(changes.awaitEnd()).hasSize(2);
        }
        try (Changelog changes = new Changelog(batch.executeSql("SELECT x FROM t ORDER BY x DESC LIMIT 1"))) {
            assertThat(changes.awaitEnd()).containsExactly("+I[3]");
        }
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }

    private List<String> end(String query) {
        try (Changelog changes = select(query)) {
            return changes.awaitEnd();
        }
    }
}
