// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree is a table like any other for batch jobs: read once, joined, aggregated, copied. */
class BatchITCase {

    @TempDir
    Path directory;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment sql = SharedMiniCluster.batchTableEnvironment(2);

    @BeforeEach
    void tables() {
        table("parts", "topic STRING, part INT, leader INT", "/topics/{topic}/{part}", "scan.parallelism=2");
        table("brokers", "id INT, host STRING", "/brokers/{id}");
        for (String topic : List.of("a", "b")) {
            for (int part = 0; part < 3; part++) {
                zk.create(root + "/topics/" + topic + "/" + part, "{\"leader\":" + part % 2 + "}");
            }
        }
        zk.create(root + "/brokers/0", "{\"host\":\"zero\"}");
        zk.create(root + "/brokers/1", "{\"host\":\"one\"}");
        zk.create(root + "/brokers/2", "{\"host\":\"idle\"}");
    }

    @Test
    void joins() {
        assertThat(rows("SELECT topic, part, host FROM parts JOIN brokers ON leader = id"))
                .containsExactlyInAnyOrder(
                        "+I[a, 0, zero]",
                        "+I[a, 1, one]",
                        "+I[a, 2, zero]",
                        "+I[b, 0, zero]",
                        "+I[b, 1, one]",
                        "+I[b, 2, zero]");
        assertThat(rows("SELECT host, COUNT(part) FROM brokers LEFT JOIN parts ON leader = id GROUP BY host"))
                .containsExactlyInAnyOrder("+I[zero, 4]", "+I[one, 2]", "+I[idle, 0]");
        assertThat(rows("SELECT host FROM brokers WHERE id NOT IN (SELECT leader FROM parts)"))
                .containsExactly("+I[idle]");
    }

    @Test
    void aggregatesAndOrder() {
        assertThat(rows("SELECT topic, COUNT(*), MAX(part), SUM(leader) FROM parts GROUP BY topic ORDER BY topic DESC"))
                .containsExactly("+I[b, 3, 2, 1]", "+I[a, 3, 2, 1]");
        assertThat(rows("SELECT topic, part FROM parts ORDER BY part DESC, topic LIMIT 3"))
                .containsExactly("+I[a, 2]", "+I[b, 2]", "+I[a, 1]");
    }

    @Test
    void aTableIsCreatedAsSelected() throws Exception {
        sql.executeSql("CREATE TABLE copied WITH ('connector' = 'filesystem', 'path' = '" + directory
                        + "', 'format' = 'csv') AS SELECT topic, part, leader FROM parts WHERE part > 0")
                .await();
        assertThat(lines()).containsExactlyInAnyOrder("a,1,1", "a,2,0", "b,1,1", "b,2,0");
    }

    @Test
    void rowsAreInsertedAsSelected() throws Exception {
        sql.executeSql("CREATE TABLE counts (host STRING, parts BIGINT) WITH ('connector' = 'filesystem', 'path' = '"
                + directory + "', 'format' = 'csv')");
        sql.executeSql("INSERT INTO counts SELECT host, COUNT(*) FROM parts JOIN brokers ON leader = id GROUP BY host")
                .await();
        assertThat(lines()).containsExactlyInAnyOrder("zero,4", "one,2");
    }

    @Test
    void rowsAreDeletedWhereACondition() throws Exception {
        table(
                "keyed",
                "topic STRING, part INT, leader INT, PRIMARY KEY (topic, part) NOT ENFORCED",
                "/topics/{topic}/{part}");
        sql.executeSql("DELETE FROM keyed WHERE leader = 1 OR (topic = 'b' AND part = 0)")
                .await();
        assertThat(zk.tree(root + "/topics"))
                .containsOnlyKeys(
                        root + "/topics/a",
                        root + "/topics/a/0",
                        root + "/topics/a/2",
                        root + "/topics/b",
                        root + "/topics/b/2");

        table("tree", "node STRING, v STRING, PRIMARY KEY (node) NOT ENFORCED", "/topics/{*node}", "format=raw");
        sql.executeSql("DELETE FROM tree WHERE node = 'a' OR node LIKE 'a/%'").await();
        assertThat(zk.tree(root + "/topics")).containsOnlyKeys(root + "/topics/b", root + "/topics/b/2");

        assertThatThrownBy(() -> sql.executeSql("DELETE FROM parts"))
                .hasStackTraceContaining(
                        "DELETE needs to know which columns say which znode: declare PRIMARY KEY (topic,"
                                + " part) NOT ENFORCED.");
    }

    private void table(String name, String columns, String path, String... options) {
        NodeTables.create(
                sql,
                name,
                columns,
                root + path,
                List.of(options).contains("format=raw")
                        ? options
                        : Stream.concat(Stream.of("format=json"), Stream.of(options))
                                .toArray(String[]::new));
    }

    private List<String> rows(String query) {
        try (Changelog changes = new Changelog(sql.executeSql(query))) {
            return changes.awaitEnd();
        }
    }

    private List<String> lines() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .flatMap(file -> {
                        try {
                            return Files.readAllLines(file).stream();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }
}
