// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tables of a catalog as they were, from what the server has written down. */
class TimeTravelITCase {

    private static final ZooKeeperProcess SERVER = ZooKeeperProcess.builder()
            .property("zookeeper.snapCount", "40")
            .property("zookeeper.preAllocSize", "64")
            .build();
    private static final String FLAGS = "CREATE TABLE flags (service STRING, flag STRING, enabled BOOLEAN,"
            + " version INT METADATA VIRTUAL, `owner` BIGINT METADATA FROM 'ephemeral-owner' VIRTUAL,"
            + " changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,"
            + " PRIMARY KEY (service, flag) NOT ENFORCED) WITH ('path' = '/flags/{service}/{flag}', 'format' = 'json')";

    /** By name: when it was, in milliseconds since the epoch. */
    private static final Map<String, Long> MOMENTS = new TreeMap<>();

    private static final List<TableEnvironment> SESSIONS = new ArrayList<>();

    @BeforeAll
    static void aHistory() throws Exception {
        SERVER.start();
        try (ZooKeeperAdmin admin = new ZooKeeperAdmin(SERVER.connectString())) {
            moment("nothing", () -> admin.create("/other", "x"));
            moment("created", () -> {
                admin.create("/flags/cart/new-ui", "{\"enabled\":true}");
                admin.create("/flags/cart/beta", "{\"enabled\":true}");
                try (ZooKeeperAdmin session = new ZooKeeperAdmin(SERVER.connectString())) {
                    session.createEphemeral("/flags/cart/mine", "{\"enabled\":true}");
                    MOMENTS.put("ephemeral", after());
                }
            });
            moment("changed", () -> {
                admin.set("/flags/cart/new-ui", "{\"enabled\":false}");
                admin.delete("/flags/cart/beta");
            });
            for (int i = 0; i < 100; i++) {
                admin.set("/other", "y" + i);
            }
            moment("again", () -> admin.create("/flags/cart/beta", "{\"enabled\":false}"));
        }
        session().executeSql(FLAGS);
    }

    private static void moment(String name, Runnable actions) {
        actions.run();
        MOMENTS.put(name, after());
    }

    /** A moment after all that was done, and before all that will be. */
    private static long after() {
        long now = System.currentTimeMillis();
        while (System.currentTimeMillis() <= now) {
            Thread.onSpinWait();
        }
        return now;
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    private static TableEnvironment session() {
        return session(
                SharedMiniCluster.batchTableEnvironment(1),
                "zk",
                SERVER.connectString(),
                ", 'history.path' = '" + SERVER.dataDirectory() + "'");
    }

    private static TableEnvironment session(TableEnvironment session, String name, String servers, String options) {
        session.executeSql("CREATE CATALOG " + name + " WITH ('type' = 'zookeeper', 'connect-string' = '" + servers
                + "'" + options + ")");
        session.executeSql("USE CATALOG " + name);
        SESSIONS.add(session);
        return session;
    }

    @AfterEach
    void dropCatalogs() {
        for (TableEnvironment session : SESSIONS) {
            session.executeSql("USE CATALOG default_catalog");
            session.executeSql("DROP CATALOG zk");
        }
        SESSIONS.clear();
    }

    private static String asOf(String moment, ZoneId zone) {
        return " FOR SYSTEM_TIME AS OF TIMESTAMP '"
                + LocalDateTime.ofInstant(Instant.ofEpochMilli(MOMENTS.get(moment)), zone)
                        .toString()
                        .replace('T', ' ')
                + "'";
    }

    private static String asOf(TableEnvironment sql, String moment) {
        return asOf(moment, sql.getConfig().getLocalTimeZone());
    }

    private static List<String> rows(TableEnvironment sql, String query) throws Exception {
        List<String> rows = new ArrayList<>();
        try (CloseableIterator<Row> results = sql.executeSql(query).collect()) {
            results.forEachRemaining(row -> rows.add(row.toString()));
        }
        return rows.stream().sorted().toList();
    }

    @Test
    void theTableIsAsItWas() throws Exception {
        TableEnvironment sql = session();
        assertThat(rows(sql, "SELECT * FROM flags" + asOf(sql, "nothing"))).isEmpty();
        assertThat(rows(sql, "SELECT flag, enabled, version FROM flags" + asOf(sql, "created")))
                .containsExactly("+I[beta, true, 0]", "+I[new-ui, true, 0]");
        assertThat(rows(sql, "SELECT flag, `owner` <> 0 FROM flags" + asOf(sql, "ephemeral")))
                .containsExactly("+I[beta, false]", "+I[mine, true]", "+I[new-ui, false]");
        assertThat(rows(sql, "SELECT flag, enabled, version FROM flags" + asOf(sql, "changed") + " AS f"))
                .containsExactly("+I[new-ui, false, 1]");
        assertThat(rows(sql, "SELECT enabled FROM flags" + asOf(sql, "again") + " WHERE flag = 'beta'"))
                .containsExactly("+I[false]");
        assertThat(rows(sql, "SELECT * FROM flags FOR SYSTEM_TIME AS OF TIMESTAMP '2100-01-01 00:00:00'"))
                .hasSize(2)
                .isEqualTo(rows(sql, "SELECT * FROM flags"));
        assertThat(rows(sql, "SELECT data, version, num_children FROM tree.`/flags/{*path}`" + asOf(sql, "changed")))
                .containsExactly("+I[null, 0, 1]", "+I[{\"enabled\":false}, 1, 0]");
        assertThat(rows(sql, "SELECT flag FROM flags" + asOf(sql, "created") + " LIMIT 1"))
                .hasSize(1);
    }

    /** Flink would read one of the two twice. */
    @Test
    void twoMomentsInOneQueryNeedTwoNames() throws Exception {
        TableEnvironment sql = session();
        String created = "SELECT * FROM flags" + asOf(sql, "created");
        String changed = "SELECT * FROM flags" + asOf(sql, "changed");
        for (String query : List.of(
                created + " UNION ALL " + changed,
                created + " EXCEPT SELECT * FROM flags",
                "SELECT * FROM flags EXCEPT " + created,
                created + " AS a JOIN flags AS b ON a.flag = b.flag",
                created + " AS a JOIN flags" + asOf(sql, "changed") + " AS b ON a.flag = b.flag",
                "SELECT * FROM (" + created + ") AS a JOIN (" + changed + ") AS b ON a.flag = b.flag")) {
            assertThatThrownBy(() -> sql.executeSql(query))
                    .as(query)
                    .hasStackTraceContaining(
                            "`default`.`flags` is read FOR SYSTEM_TIME AS OF a moment and as of another")
                    .hasStackTraceContaining("Give it a second name");
            assertThat(rows(sql, changed)).hasSize(1);
        }
        assertThat(rows(sql, created + " UNION ALL " + created)).hasSize(4);
        sql.executeSql("CREATE TABLE flags_then LIKE flags");
        assertThat(rows(
                        sql,
                        "SELECT a.flag, a.enabled, b.enabled FROM flags" + asOf(sql, "created")
                                + " AS a LEFT JOIN flags_then" + asOf(sql, "changed")
                                + " AS b ON a.service = b.service AND a.flag = b.flag"))
                .containsExactly("+I[beta, true, null]", "+I[new-ui, true, false]");
        assertThat(rows(
                        sql,
                        "SELECT flag, enabled FROM flags_then" + asOf(sql, "created")
                                + " EXCEPT SELECT flag, enabled FROM flags"))
                .containsExactly("+I[beta, true]", "+I[new-ui, true]");
        assertThat(rows(
                        sql,
                        "SELECT path FROM tree.`/flags/{*path}`" + asOf(sql, "created")
                                + " EXCEPT SELECT p FROM tree.`/flags/{*p}`" + asOf(sql, "changed")))
                .containsExactly("+I[cart/beta]");
        sql.executeSql("DROP TABLE flags_then");
    }

    @Test
    void theMomentIsInTheTimeZoneOfTheSession() throws Exception {
        for (String zone : List.of("UTC", "Asia/Kolkata", "America/New_York")) {
            TableEnvironment sql = session();
            sql.getConfig().setLocalTimeZone(ZoneId.of(zone));
            assertThat(rows(sql, "SELECT flag FROM flags" + asOf("changed", ZoneId.of(zone))))
                    .containsExactly("+I[new-ui]");
            assertThat(rows(sql, "SELECT flag FROM flags" + asOf("created", ZoneId.of(zone)) + " + INTERVAL '1' DAY"))
                    .hasSize(2);
            dropCatalogs();
        }
    }

    @Test
    void noServerIsNeeded() throws Exception {
        TableEnvironment sql = session(
                SharedMiniCluster.batchTableEnvironment(1),
                "zk",
                "localhost:1/flags",
                ", 'namespace' = 'cart', 'connection-timeout' = '100 ms', 'max-retry-attempts' = '1', 'history.path' = '"
                        + SERVER.dataDirectory() + "/version-2'");
        assertThat(rows(sql, "SELECT path, flag, data FROM tree.`/{flag}`" + asOf(sql, "created")))
                .containsExactly("+I[/beta, beta, {\"enabled\":true}]", "+I[/new-ui, new-ui, {\"enabled\":true}]");
        assertThat(rows(sql, "SELECT num_children FROM tree.`/`" + asOf(sql, "created")))
                .containsExactly("+I[2]");
    }

    @Test
    void whatIsNotWantedIsNotDecoded() throws Exception {
        TableEnvironment sql = session();
        sql.executeSql("CREATE TEMPORARY VIEW numbers AS SELECT * FROM tree.`/other`" + asOf(sql, "again"));
        assertThat(rows(sql, "SELECT data FROM numbers")).containsExactly("+I[y99]");
        sql.executeSql(
                "CREATE TABLE wrong (data INT, `path` STRING METADATA VIRTUAL) WITH ('path' = '/other', 'format' = 'json',"
                        + " 'scan.bounded.mode' = 'unbounded')");
        assertThat(rows(sql, "SELECT `path` FROM wrong" + asOf(sql, "again"))).containsExactly("+I[/other]");
        assertThatThrownBy(() -> rows(sql, "SELECT * FROM wrong" + asOf(sql, "again")))
                .hasStackTraceContaining("The data of the znode '/other' (version 100) could not be decoded");
        sql.executeSql("DROP TABLE wrong");
    }

    @Test
    void oneZNodeIsRestored() throws Exception {
        TableEnvironment sql = session();
        sql.executeSql("CREATE TABLE copies (service STRING, flag STRING, enabled BOOLEAN, PRIMARY KEY (service, flag)"
                + " NOT ENFORCED) WITH ('path' = '/copies/{service}/{flag}', 'format' = 'json')");
        sql.executeSql("INSERT INTO copies VALUES ('cart', 'new-ui', FALSE)").await();
        sql.executeSql("INSERT INTO copies SELECT service, flag, enabled FROM flags" + asOf(sql, "created")
                        + " WHERE service = 'cart' AND flag = 'new-ui'")
                .await();
        assertThat(rows(sql, "SELECT * FROM copies")).containsExactly("+I[cart, new-ui, true]");
        sql.executeSql("INSERT INTO copies SELECT * FROM copies" + asOf(sql, "again"))
                .await();
        sql.executeSql("DROP TABLE copies");
    }

    @Test
    void mistakesAreExplained() throws Exception {
        TableEnvironment sql = session();
        assertThatThrownBy(() -> rows(sql, "SELECT * FROM flags FOR SYSTEM_TIME AS OF TIMESTAMP '2001-01-01 00:00:00'"))
                .hasStackTraceContaining("The tree as of 2001-01-01")
                .hasStackTraceContaining("answers exist from about");
        sql.executeSql("CREATE TABLE locks (resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED)"
                + " WITH ('recipe' = 'lock', 'path' = '/locks/{resource}')");
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM locks" + asOf(sql, "created")))
                .hasStackTraceContaining("FOR SYSTEM_TIME AS OF can be asked of tables of znodes only");
        sql.executeSql("DROP TABLE locks");
        sql.executeSql("CREATE TABLE elsewhere (a STRING) WITH ('connector' = 'zookeeper', 'connect-string' ="
                + " 'localhost:1', 'path' = '/a')");
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM elsewhere" + asOf(sql, "created")))
                .hasStackTraceContaining("of its own ensemble only");
        sql.executeSql("DROP TABLE elsewhere");
        sql.executeSql("CREATE VIEW all_flags AS SELECT * FROM flags");
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM all_flags" + asOf(sql, "created")))
                .hasStackTraceContaining("view");
        sql.executeSql("DROP VIEW all_flags");
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM tree.`/a/{b}/{b}`" + asOf(sql, "created")))
                .hasStackTraceContaining("the column 'b' appears twice");
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM missing" + asOf(sql, "created")))
                .hasStackTraceContaining("missing");

        TableEnvironment streaming = session(
                SharedMiniCluster.tableEnvironment(1),
                "zk",
                SERVER.connectString(),
                ", 'history.path' = '" + SERVER.dataDirectory() + "'");
        assertThatThrownBy(() -> streaming.executeSql("SELECT * FROM flags" + asOf(streaming, "created")))
                .hasStackTraceContaining("SET 'execution.runtime-mode' = 'batch'");
        TableEnvironment without =
                session(SharedMiniCluster.batchTableEnvironment(1), "zk", SERVER.connectString(), "");
        for (String alias : List.of("", " AS f")) {
            assertThatThrownBy(() -> without.executeSql("SELECT * FROM flags" + asOf(without, "created") + alias))
                    .hasStackTraceContaining("Missing option 'history.path' of the catalog 'zk'");
        }
        assertThatThrownBy(() -> SharedMiniCluster.batchTableEnvironment(1)
                        .executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = 'localhost:1',"
                                + " 'history.path' = ';')"))
                .hasStackTraceContaining("Invalid value ';' for option 'history.path': it must name a folder");
    }
}
