// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperProcess;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tables FOR SYSTEM_TIME AS OF a moment are what the tree was then, whatever was done to it before and since. */
class PastTablesITCase {

    private static final ZooKeeperProcess SERVER = ZooKeeperProcess.builder()
            .property("zookeeper.snapCount", "100")
            .property("zookeeper.preAllocSize", "64")
            .property("znode.container.checkIntervalMs", "200")
            .build();

    private static RandomTransactions transactions;
    private static TableEnvironment sql;

    @BeforeAll
    static void aHistory() throws Exception {
        SERVER.start();
        transactions = new RandomTransactions(61, SERVER.connectString());
        transactions.run(300);
        SERVER.restart();
        transactions.run(200);
        transactions.moments.add(RandomTransactions.moment(SERVER.connectString()));
        sql = catalog(SERVER.connectString(), List.of(SERVER.dataDirectory().toString()));
    }

    @AfterAll
    static void stop() {
        close(sql);
        SERVER.close();
    }

    /** A session whose catalog knows the past. */
    static TableEnvironment catalog(String servers, List<String> folders) {
        TableEnvironment session = SharedMiniCluster.batchTableEnvironment(1);
        session.executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '" + servers
                + "', 'history.path' = '" + String.join(";", folders) + "')");
        session.executeSql("USE CATALOG zk");
        return session;
    }

    static void close(TableEnvironment session) {
        session.executeSql("USE CATALOG default_catalog");
        session.executeSql("DROP CATALOG zk");
    }

    private static String asOf(TableEnvironment sql, long time) {
        return " FOR SYSTEM_TIME AS OF TIMESTAMP '"
                + LocalDateTime.ofInstant(
                                Instant.ofEpochMilli(time), sql.getConfig().getLocalTimeZone())
                        .toString()
                        .replace('T', ' ')
                + "'";
    }

    /** As {@link RandomTransactions#tree} has it. */
    private static SortedMap<String, String> tree(TableEnvironment sql, String table, String filter) throws Exception {
        SortedMap<String, String> tree = new TreeMap<>();
        String query =
                "SELECT '/' || path, COALESCE(data, ''), czxid, mzxid, ctime, mtime, version, cversion, aversion,"
                        + " ephemeral_owner, num_children, pzxid FROM " + table + filter;
        try (CloseableIterator<Row> rows = sql.executeSql(query).collect()) {
            while (rows.hasNext()) {
                Row row = rows.next();
                StringBuilder text = new StringBuilder().append(row.getField(1)).append(" [");
                for (int i = 2; i < row.getArity(); i++) {
                    Object field = row.getField(i);
                    text.append(i == 2 ? "" : ", ")
                            .append(field instanceof Instant time ? (Object) time.toEpochMilli() : field);
                }
                assertThat(tree.put((String) row.getField(0), text.append(']').toString()))
                        .isNull();
            }
        }
        return tree;
    }

    static SortedMap<String, String> treeAsOf(TableEnvironment sql, long time) throws Exception {
        return tree(sql, "tree.`/{*path}`" + asOf(sql, time), "");
    }

    static SortedMap<String, String> belowRoot(RandomTransactions.Moment moment) {
        SortedMap<String, String> tree = new TreeMap<>(moment.tree());
        tree.remove("/");
        return tree;
    }

    @Test
    void theTreeIsWhatItWas() throws Exception {
        int step = Math.max(1, transactions.moments.size() / 3);
        for (int i = 0; i < transactions.moments.size(); i += step) {
            RandomTransactions.Moment moment = transactions.moments.get(i);
            assertThat(treeAsOf(sql, moment.time())).isEqualTo(belowRoot(moment));
        }
    }

    @Test
    void nowIsWhatTheServerHas() throws Exception {
        SortedMap<String, String> now = tree(sql, "tree.`/{*path}`", "");
        assertThat(now).isNotEmpty();
        assertThat(tree(sql, "tree.`/{*path}`" + asOf(sql, System.currentTimeMillis() + 3_600_000), ""))
                .isEqualTo(now);
        assertThat(tree(sql, "tree.`/{*path}`" + asOf(sql, System.currentTimeMillis()), ""))
                .isEqualTo(now);
    }

    @Test
    void filtersAndProjectionsAreThoseOfTheTable() throws Exception {
        RandomTransactions.Moment moment = transactions.moments.get(transactions.moments.size() / 2);
        SortedMap<String, String> inA = belowRoot(moment);
        inA.keySet().removeIf(path -> !path.startsWith("/a/"));
        String table = "tree.`/{top}/{name}`" + asOf(sql, moment.time());
        assertThat(sql.explainSql("SELECT name FROM " + table + " WHERE top = 'a'"))
                .contains("project=[top, name], metadata=[]");
        assertThat(tree(sql, table, " WHERE top = 'a'").keySet())
                .isEqualTo(inA.keySet().stream().map(path -> "/" + path).collect(Collectors.toSet()));
        try (CloseableIterator<Row> rows = sql.executeSql("SELECT COUNT(*) FROM " + table + " WHERE top = 'a'")
                .collect()) {
            assertThat(rows.next().getField(0)).isEqualTo((long) inA.size());
        }
    }
}
