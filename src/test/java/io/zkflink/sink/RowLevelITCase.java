// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.LogSearch;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DELETE and UPDATE of batch jobs hit the rows that their condition matches, however the table declares its columns.
 */
class RowLevelITCase {

    private static final TableEnvironment SQL = SharedMiniCluster.batchTableEnvironment(2);
    private static final String OPTIONS = ", PRIMARY KEY (g, n) NOT ENFORCED";

    private static final Pattern JSON_V = Pattern.compile(".*\"v\":(\\d+).*");
    private static final Pattern JSON_W = Pattern.compile(".*\"w\":\"([^\"]*)\".*");

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final Map<String, String> model = new TreeMap<>();

    /** A row of the model. */
    private record Row(String g, int n, int v, String w) {
        static Row of(Map.Entry<String, String> znode) {
            String[] key = znode.getKey().split("/", -1);
            String[] data = znode.getValue().split(",", -1);
            return new Row(key[1], Integer.parseInt(key[2]), Integer.parseInt(data[0]), data[1]);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "`mzxid` BIGINT METADATA VIRTUAL, g STRING, c AS v + 1, n INT, v INT, w STRING",
                "c AS CONCAT(w, g), v INT, `name` STRING METADATA VIRTUAL, n INT, w STRING, g STRING",
                "`version` INT METADATA, c AS n, w STRING, g STRING, p STRING METADATA FROM 'path' VIRTUAL, v INT, n INT",
                "w STRING, expected BIGINT METADATA FROM 'version', d AS 1, n INT, v INT, g STRING"
            })
    void rowsAreDeletedAndUpdatedWhateverTheColumns(String columns) {
        declare("t", columns + OPTIONS);
        for (String g : List.of("a", "b", "c")) {
            for (int n = 0; n < 4; n++) {
                zk.create(root + "/" + g + "/" + n, "{\"v\":%d,\"w\":\"%sw\"}".formatted(10 * n, g));
                model.put("/" + g + "/" + n, (10 * n) + "," + g + "w");
            }
        }

        delete("g = 'a' AND n = 1", row -> row.g.equals("a") && row.n == 1);
        delete(
                "v = 20 OR (w LIKE 'b%' AND n BETWEEN 3 AND 9)",
                row -> row.v == 20 || (row.g.equals("b") && row.n == 3));
        update("v = v + n + 1, w = CONCAT(g, '!')", "g <> 'a'", row -> !row.g.equals("a"));
        delete("n IN (SELECT x FROM (VALUES (0), (3)) AS s (x))", row -> row.n == 0 || row.n == 3);
        update("w = 'all'", "TRUE", row -> true);
        delete("TRUE", row -> true);
        assertThat(model).isEmpty();
    }

    private void declare(String name, String columns, String... options) {
        SQL.executeSql("DROP TEMPORARY TABLE IF EXISTS " + name);
        String[] all = new String[options.length + 1];
        all[0] = "format=json";
        System.arraycopy(options, 0, all, 1, options.length);
        NodeTables.create(SQL, name, columns, root + "/{g}/{n}", all);
    }

    private void delete(String condition, Predicate<Row> matches) {
        run("DELETE FROM t WHERE " + condition);
        model.entrySet().removeIf(znode -> matches.test(Row.of(znode)));
        check(condition);
    }

    private void update(String assignments, String condition, Predicate<Row> matches) {
        run("UPDATE t SET " + assignments + " WHERE " + condition);
        model.replaceAll((path, data) -> {
            Row row = Row.of(Map.entry(path, data));
            if (!matches.test(row)) {
                return data;
            }
            return assignments.startsWith("v") ? (row.v + row.n + 1) + "," + row.g + "!" : row.v + ",all";
        });
        check(assignments);
    }

    private void check(String statement) {
        Map<String, String> rows = new TreeMap<>();
        zk.tree(root).forEach((path, data) -> {
            String row = path.substring(root.length());
            if (row.chars().filter(c -> c == '/').count() == 2) {
                rows.put(
                        row,
                        JSON_V.matcher(data).replaceAll("$1") + ","
                                + JSON_W.matcher(data).replaceAll("$1"));
            }
        });
        assertThat(rows).as(statement).isEqualTo(model);
    }

    private static void run(String statement) {
        try {
            SQL.executeSql(statement).await();
        } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
            throw new AssertionError(statement, e);
        }
    }

    @Test
    void anUpdateHonoursTheVersionThatItHasRead() {
        declare("t", "g STRING, n INT, v INT, `version` INT METADATA" + OPTIONS);
        declare("stale", "g STRING, n INT, v INT, `version` INT METADATA" + OPTIONS, "sink.conflict=skip");
        zk.create(root + "/a/1", "{\"v\":1}");
        zk.set(root + "/a/1", "{\"v\":2}");
        run("UPDATE t SET v = v + 1");
        assertThat(zk.get(root + "/a/1")).isEqualTo("{\"v\":3}");
        assertThat(zk.stat(root + "/a/1").getVersion()).isEqualTo(2);

        // The row says another version than the znode has.
        run("UPDATE stale SET v = 9, `version` = 1 WHERE n = 1");
        assertThat(zk.get(root + "/a/1")).isEqualTo("{\"v\":3}");
        assertThatThrownBy(() -> run("UPDATE t SET v = 9, `version` = 1 WHERE n = 1"))
                .hasStackTraceContaining("has version 2, and the row to be written expects version 1");
    }

    /** Those are left alone that no library names so. */
    @Test
    void aRowIsDeletedWhateverLibraryNamedItsZNode() {
        for (String encoding : List.of("url", "uri")) {
            String path = root + "-" + encoding;
            NodeTables.create(
                    SQL,
                    encoding,
                    "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                    path + "/{k}",
                    "path.encoding=" + encoding);
            for (String name : List.of("a%20b", "c%2A", "plain", "e%3Af", "g%20h", "%69")) {
                zk.create(path + "/" + name, "v");
            }
            run("DELETE FROM " + encoding + " WHERE k <> 'g h'");
            assertThat(zk.children(path)).as(encoding).containsExactlyInAnyOrder("g%20h", "%69");
        }
    }

    @Test
    void aSingleZNodeIsARow() {
        NodeTables.create(SQL, "single", "v INT, w STRING", root + "/single", "format=csv");
        zk.create(root + "/single", "1,x");
        run("UPDATE single SET v = 2 WHERE w = 'x'");
        assertThat(zk.get(root + "/single")).isEqualTo("2,x");
        run("DELETE FROM single WHERE v = 1");
        assertThat(zk.exists(root + "/single")).isTrue();
        run("DELETE FROM single WHERE v = 2");
        assertThat(zk.exists(root + "/single")).isFalse();
    }

    /** A count is NOT NULL, and so is the column that is made of it: it can be written, and no znode need have it. */
    @Test
    void aTableMadeOfAQueryCanBeReadIfItsTypesAllowIt() throws Exception {
        String with = " WITH ('connector' = 'zookeeper', 'connect-string' = '" + SharedZooKeeper.connectString()
                + "', 'format' = 'json', 'path' = '" + root
                + "/%s/{k}') AS SELECT k, COUNT(*) AS n FROM (VALUES ('a'), ('a'),"
                + " ('b')) AS t(k) GROUP BY k";
        try (LogSearch warnings = new LogSearch(message -> message.contains("can be written and not be read"))) {
            SQL.executeSql("CREATE TABLE inferred (PRIMARY KEY (k) NOT ENFORCED)" + with.formatted("i"))
                    .await();
            assertThat(warnings.found())
                    .singleElement()
                    .asString()
                    .contains("its column 'n' of the data is BIGINT NOT NULL", "MODIFY `n` BIGINT");
            SQL.executeSql("CREATE TABLE declared (n BIGINT, PRIMARY KEY (k) NOT ENFORCED)" + with.formatted("d"))
                    .await();
            assertThat(warnings.found()).hasSize(1);
        }
        assertThatThrownBy(() -> SQL.executeSql("SELECT * FROM inferred")).hasStackTraceContaining("MODIFY `n` BIGINT");
        SQL.executeSql("ALTER TABLE inferred MODIFY `n` BIGINT");
        for (String table : List.of("inferred", "declared")) {
            List<String> rows = new ArrayList<>();
            SQL.executeSql("SELECT k, n FROM " + table).collect().forEachRemaining(row -> rows.add(row.toString()));
            assertThat(rows).containsExactlyInAnyOrder("+I[a, 2]", "+I[b, 1]");
        }
    }
}
