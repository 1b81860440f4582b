// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.quickstart.Layouts;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The catalog, its checks, its database {@code tree}, past tables and the layouts on clusters of several versions. */
@Tag("nightly")
class CatalogVersionsITCase {

    @TempDir
    private static Path directory;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final String connectString = SharedZooKeeper.connectString() + root;
    private FlinkCluster cluster;
    private SqlProcess sql;

    static Stream<String> versions() {
        return Pattern.compile(",").splitAsStream(System.getProperty("flink.cluster.versions", "2.3.0"));
    }

    @ParameterizedTest(name = "Flink {0}")
    @MethodSource("versions")
    void theCatalogWorksOn(String version) throws IOException {
        Path configuration = Files.createDirectories(directory.resolve(version));
        Files.writeString(configuration.resolve("config.yaml"), """
                parallelism.default: 1
                taskmanager.numberOfTaskSlots: 4
                execution.runtime-mode: batch
                table.local-time-zone: UTC
                """);
        zk.create(root);
        zk.create(root + "/flags/cart/new-ui", "{\"enabled\":true,\"rollout\":10}");
        try (FlinkCluster started = new FlinkCluster(version, configuration, 1, Map.of()).start();
                SqlProcess client = new SqlProcess(started)) {
            cluster = started;
            sql = client;
            useCatalog();
            tablesAreCheckedWhenTheyAreCreated();
            definitionsAreAltered();
            tablesAreReadAndWritten(version);
            plansAreCompiled();
            layoutsAreDefinedAndPlanned();
        }
    }

    private void useCatalog() {
        sql.execute("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '" + connectString
                + "', 'history.path' = '" + SharedZooKeeper.process().dataDirectory() + "')");
        sql.execute("USE CATALOG zk");
    }

    private void tablesAreCheckedWhenTheyAreCreated() {
        refuses(
                "CREATE TABLE t (a STRING, b INT METADATA FROM 'no') WITH ('path' = '/a')",
                "Invalid metadata key 'no'");
        refuses(
                "CREATE TABLE t (a STRING, b ROW<x INT> METADATA FROM 'version') WITH ('path' = '/a')",
                "Invalid data type for metadata column 'b'");
        refuses("CREATE TABLE t (a STRING) WITH ('path' = 'a')", "it must be absolute; write '/a'.");
        refuses("CREATE TABLE t (a STRING) WITH ('path' = '/{b}')", "there is no physical column 'b'");
        refuses("CREATE TABLE t (a STRING) WITH ('path' = '/a', 'pith' = 'b')", "pith");
        refuses("SELECT * FROM tree.`/flags/{a}/{a}`", "the column 'a' appears twice");
        refuses("DROP TABLE tree.`/flags/{a}`", "cannot be created, altered, renamed or dropped");
        refuses("DROP DATABASE tree", "is always there and cannot be dropped");
    }

    private void refuses(String statement, String message) {
        assertThatThrownBy(() -> sql.execute(statement)).as(statement).hasMessageContaining(message);
    }

    private void definitionsAreAltered() {
        sql.execute("CREATE TABLE flags (service STRING, flag STRING, enabled BOOLEAN, changed_at TIMESTAMP_LTZ(3)"
                + " METADATA FROM 'mtime' VIRTUAL, PRIMARY KEY (service, flag) NOT ENFORCED) WITH ('path' ="
                + " '/flags/{service}/{flag}', 'format' = 'json')");
        sql.execute("ALTER TABLE flags ADD (rollout INT, twice AS rollout * 2)");
        sql.execute("ALTER TABLE flags SET ('json.ignore-parse-errors' = 'true')");
        sql.execute("ALTER TABLE flags RENAME TO `my flags`");
        sql.execute("CREATE VIEW open_flags AS SELECT service, flag, twice FROM `my flags` WHERE enabled");
        assertThat(sql.execute("SHOW CREATE TABLE `my flags`"))
                .contains("`rollout` INT", "`twice` AS", "METADATA FROM 'mtime' VIRTUAL", "ignore-parse-errors")
                .doesNotContain("connect-string");
        assertThat(sql.execute("SHOW TABLES")).contains("my flags", "open_flags");
        assertThat(sql.execute("DESCRIBE tree.`/flags/{service}/{flag}`")).contains("ephemeral_owner", "data_length");
        assertThat(sql.execute("SHOW TABLES FROM tree")).contains("/flags/{*path}");
    }

    private void tablesAreReadAndWritten(String version) {
        String onConflict = version.equals("2.3.0") ? " ON CONFLICT DO DEDUPLICATE" : "";
        insert("tree.`/copy/{service}/{flag}` SELECT service, flag, CAST(twice AS STRING) FROM open_flags");
        assertThat(zk.get(root + "/copy/cart/new-ui")).isEqualTo("20");
        insert("`my flags` (service, flag, enabled) VALUES ('cart', 'old-ui', FALSE)" + onConflict);
        assertThat(zk.get(root + "/flags/cart/old-ui")).contains("\"enabled\":false");
        long moment = Instant.now().toEpochMilli() + 1;
        Await.until("the moment is over", () -> Instant.now().toEpochMilli() > moment);
        zk.delete(root + "/flags/cart/new-ui");
        insert("tree.`/then/{service}/{flag}` SELECT service, flag, CAST(rollout AS STRING) FROM `my flags` FOR"
                + " SYSTEM_TIME AS OF TIMESTAMP '"
                + LocalDateTime.ofInstant(Instant.ofEpochMilli(moment), ZoneOffset.UTC)
                        .toString()
                        .replace('T', ' ')
                + "' WHERE enabled");
        assertThat(zk.get(root + "/then/cart/new-ui")).isEqualTo("10");
    }

    private void insert(String statement) {
        cluster.rest().awaitFinished(sql.execute("INSERT INTO " + statement));
    }

    /** Of a stream, which all versions can. Flink 1.20 leaves the options of a hint out of plans. */
    private void plansAreCompiled() {
        sql.configure(Map.of("execution.runtime-mode", "streaming"));
        useCatalog();
        sql.execute("CREATE TABLE bounded WITH ('scan.bounded.mode' = 'snapshot') LIKE `my flags`");
        Path plan = cluster.directory().resolve("plan.json");
        sql.execute("COMPILE PLAN '" + plan + "' FOR INSERT INTO tree.`/planned/{service}/{flag}` SELECT service, flag,"
                + " CAST(enabled AS STRING) FROM bounded");
        cluster.rest().awaitFinished(sql.execute("EXECUTE PLAN '" + plan + "'"));
        assertThat(zk.get(root + "/planned/cart/old-ui")).isEqualTo("FALSE");
    }

    private void layoutsAreDefinedAndPlanned() throws IOException {
        List<String> scripts;
        try (Stream<Path> files = Files.list(Layouts.DIRECTORY)) {
            scripts = files.map(file -> file.getFileName().toString()).sorted().toList();
        }
        for (String script : scripts) {
            for (String statement : Layouts.statements(script, connectString)) {
                if (statement.startsWith("SELECT")) {
                    assertThat(sql.execute("EXPLAIN " + statement)).contains("Optimized");
                } else if (!statement.startsWith("SET")) {
                    sql.execute(statement);
                }
            }
        }
    }
}
