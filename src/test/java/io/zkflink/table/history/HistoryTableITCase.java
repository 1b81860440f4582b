// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Transaction logs as tables. */
class HistoryTableITCase {

    private static final ZooKeeperProcess SERVER =
            ZooKeeperProcess.builder().property("zookeeper.preAllocSize", "64").build();

    private final TableEnvironment batch = SharedMiniCluster.batchTableEnvironment(1);
    private final TableEnvironment streaming = SharedMiniCluster.tableEnvironment(1);

    @BeforeAll
    static void aHistory() throws Exception {
        SERVER.start();
        try (ZooKeeperAdmin admin = new ZooKeeperAdmin(SERVER.connectString())) {
            admin.create("/flags/cart/new-ui", "{\"enabled\":true}");
            admin.set("/flags/cart/new-ui", "{\"enabled\":false}");
            admin.zooKeeper().setACL("/flags/cart/new-ui", ZooDefs.Ids.READ_ACL_UNSAFE, -1);
            admin.zooKeeper()
                    .multi(List.of(
                            Op.check("/flags", -1),
                            Op.create("/flags/cart/beta", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                            Op.delete("/flags/cart/new-ui", -1)));
            admin.createEphemeral("/flags/cart/mine", "{}");
        }
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    private static String table(String columns, String... options) {
        return "CREATE TEMPORARY TABLE t (" + columns + ") WITH ('connector' = 'zookeeper-log', 'log.path' = '"
                + SERVER.dataDirectory() + "'" + String.join("", options) + ")";
    }

    private static final String FLAGS = "service STRING, flag STRING, enabled BOOLEAN, op STRING METADATA VIRTUAL,"
            + " zxid BIGINT METADATA VIRTUAL, `ordinal` INT METADATA VIRTUAL, `session` BIGINT METADATA VIRTUAL,"
            + " version INT METADATA VIRTUAL, create_mode STRING METADATA VIRTUAL, acl STRING METADATA VIRTUAL,"
            + " `time` TIMESTAMP_LTZ(3) METADATA VIRTUAL, WATERMARK FOR `time` AS SOURCE_WATERMARK()";
    private static final String FLAGS_OPTIONS = ", 'path' = '/flags/{service}/{flag}', 'format' = 'json'";

    @Test
    void eachChangeIsARow() {
        batch.executeSql(table(FLAGS, FLAGS_OPTIONS));
        assertThat(rows(
                        batch,
                        "SELECT flag, enabled, op, `ordinal`, version, create_mode, acl FROM t WHERE service = 'cart'"))
                .containsExactly(
                        "+I[new-ui, true, CREATE, 0, 0, persistent, world:anyone:cdrwa]",
                        "+I[new-ui, false, SET, 0, 1, null, null]",
                        "+I[new-ui, null, SET_ACL, 0, null, null, world:anyone:r]",
                        "+I[beta, null, CREATE, 1, 0, persistent, world:anyone:cdrwa]",
                        "+I[new-ui, null, DELETE, 2, null, null, null]",
                        "+I[mine, null, CREATE, 0, 0, ephemeral, world:anyone:cdrwa]",
                        "+I[mine, null, DELETE, 0, null, null, null]");
        assertThat(rows(batch, "SELECT op FROM t WHERE flag = 'beta' AND service = 'cart'"))
                .containsExactly("+I[CREATE]");
        assertThat(rows(batch, "SELECT COUNT(DISTINCT `session`) FROM t WHERE service = 'cart'"))
                .containsExactly("+I[1]");
    }

    @Test
    void withoutAPathEveryZNodeIsThere() {
        batch.executeSql(table("path STRING, data BYTES, op STRING METADATA VIRTUAL"));
        assertThat(rows(batch, "SELECT path, CAST(data AS STRING), op FROM t"))
                .contains("+I[/flags, null, CREATE]", "+I[/flags/cart/new-ui, {\"enabled\":true}, CREATE]");
    }

    @Test
    void rangesOfTransactionsAndTimes() {
        batch.executeSql(table(FLAGS, FLAGS_OPTIONS));
        List<Row> all = collect(batch, "SELECT zxid, `time` FROM t WHERE service = 'cart'");
        long third = (Long) all.get(2).getField(0);
        assertThat(rows(batch, "SELECT op FROM t WHERE zxid >= " + third + " AND zxid < " + (third + 2)))
                .containsExactly("+I[SET_ACL]", "+I[CREATE]", "+I[DELETE]");
        assertThat(rows(batch, "SELECT op FROM t WHERE `time` < TIMESTAMP '2020-01-01 00:00:00'"))
                .isEmpty();
        assertThat(batch.explainSql("SELECT op FROM t WHERE zxid >= 5 AND `time` < TIMESTAMP '2020-01-01 00:00:00'"))
                .contains("filter=[");
        batch.executeSql("DROP TEMPORARY TABLE t");
        batch.executeSql(table(
                FLAGS,
                FLAGS_OPTIONS,
                ", 'scan.startup.mode' = 'specific-offset', 'scan.startup.specific-offset.zxid' = '" + third + "'"));
        assertThat(rows(batch, "SELECT op FROM t WHERE service = 'cart'"))
                .hasSize(5)
                .startsWith("+I[SET_ACL]");
        batch.executeSql("DROP TEMPORARY TABLE t");
        batch.executeSql(table(
                FLAGS,
                FLAGS_OPTIONS,
                ", 'scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '"
                        + (System.currentTimeMillis() + 1000) + "'"));
        assertThat(rows(batch, "SELECT op FROM t")).isEmpty();
    }

    @Test
    void newTransactionsAreFollowed() throws Exception {
        streaming.executeSql(
                table(FLAGS, FLAGS_OPTIONS, ", 'scan.startup.mode' = 'latest-offset', 'log.poll-interval' = '20 ms'"));
        TableResult result = streaming.executeSql("SELECT flag, op FROM t WHERE service = 'live'");
        try (CloseableIterator<Row> rows = result.collect();
                ZooKeeperAdmin admin = new ZooKeeperAdmin(SERVER.connectString())) {
            SharedMiniCluster.awaitDeployed(result.getJobClient().orElseThrow().getJobID());
            List<String> seen = new ArrayList<>();
            // Until the job has begun it does not know where the log ended.
            Thread reader = new Thread(() -> rows.forEachRemaining(row -> {
                synchronized (seen) {
                    seen.add(row.toString());
                }
            }));
            reader.setDaemon(true);
            reader.start();
            int[] next = {0};
            Await.until("a change is seen", () -> {
                admin.create("/flags/live/f" + next[0]++, "{}");
                synchronized (seen) {
                    return !seen.isEmpty();
                }
            });
            int last = next[0] - 1;
            Await.until("the last change is seen", () -> {
                synchronized (seen) {
                    return seen.contains("+I[f" + last + ", CREATE]");
                }
            });
            result.getJobClient().orElseThrow().cancel().get();
        }
    }

    @Test
    void mistakesAreTold() {
        assertThatThrownBy(() -> explain("x INT", ""))
                .hasMessageContaining("without 'path' every change of any znode is a row");
        assertThatThrownBy(() -> explain("path STRING", ", 'format' = 'json'"))
                .hasMessageContaining("Invalid value 'json' for option 'format'");
        assertThatThrownBy(() -> explain("path STRING", ", 'scan.startup.mode' = 'timestamp'"))
                .hasMessageContaining("Missing option 'scan.startup.timestamp-millis'");
        assertThatThrownBy(() -> explain("path STRING", ", 'scan.startup.mode' = 'initial'"))
                .hasMessageContaining("'earliest-offset', 'latest-offset', 'timestamp', 'specific-offset'");
        assertThatThrownBy(() -> explain("path STRING", ", 'wrong' = '1'")).hasMessageContaining("wrong");
        assertThatThrownBy(() -> explain("path STRING, PRIMARY KEY (path) NOT ENFORCED", ""))
                .hasMessageContaining("a history has several rows per znode");
    }

    private void explain(String columns, String options) {
        batch.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        batch.executeSql(table(columns, options));
        try {
            batch.explainSql("SELECT * FROM t");
        } catch (Exception e) {
            StringBuilder messages = new StringBuilder();
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                messages.append(cause.getMessage()).append('\n');
            }
            throw new IllegalStateException(messages.toString(), e);
        }
    }

    private static List<String> rows(TableEnvironment sql, String query) {
        return collect(sql, query).stream().map(Row::toString).toList();
    }

    private static List<Row> collect(TableEnvironment sql, String query) {
        List<Row> rows = new ArrayList<>();
        sql.executeSql(query).collect().forEachRemaining(rows::add);
        return rows;
    }
}
