// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Catalogs in programs of several versions of Flink, each a process with the shaded jar: what one defines the others
 * read, by the catalog store and by the definitions.
 */
class CatalogClientsITCase {

    @TempDir
    private Path directory;

    private final String root = SharedZooKeeper.freshRoot();

    @Test
    void whatOneVersionDefinesTheOthersRead() throws IOException {
        SharedZooKeeper.admin().create(root);
        SharedZooKeeper.admin().create(root + "/flags/cart/new-ui", "{\"enabled\":true,\"rollout\":10}");
        List<String> versions = Pattern.compile(",")
                .splitAsStream(System.getProperty("flink.versions", "2.3.0"))
                .toList();
        List<SqlProcess> sessions = new ArrayList<>();
        try {
            for (String version : versions) {
                sessions.add(open(version));
            }
            sessions.get(0)
                    .execute("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '"
                            + SharedZooKeeper.connectString() + root + "')");
            List<String> defined = new ArrayList<>();
            for (int i = 0; i < versions.size(); i++) {
                String name = "flags_" + versions.get(i).replace('.', '_');
                SqlProcess session = sessions.get(i);
                define(session, name);
                defined.add(name);
                for (SqlProcess other : sessions) {
                    assertSame(session, other, name);
                }
            }
            assertThat(sessions.get(0).execute("SHOW TABLES FROM zk.`default`")).contains(defined);
            refusesWhatItLacks(sessions, versions);
        } finally {
            sessions.forEach(SqlProcess::close);
        }
    }

    private SqlProcess open(String version) throws IOException {
        Path configuration = Files.createDirectories(directory.resolve(version));
        Files.writeString(configuration.resolve("config.yaml"), "parallelism.default: 1\n");
        FlinkCluster neverStarted = new FlinkCluster(version, configuration, 0, Map.of());
        SqlProcess session = new SqlProcess(neverStarted);
        session.configure(Map.of(
                "table.catalog-store.kind",
                "zookeeper",
                "table.catalog-store.zookeeper.connect-string",
                SharedZooKeeper.connectString() + root));
        return session;
    }

    private static void define(SqlProcess session, String name) {
        session.execute("CREATE TABLE zk.`default`." + name
                + " (service STRING COMMENT 'whose', flag STRING, enabled BOOLEAN,"
                + " rollout INT, twice AS rollout * 2 COMMENT 'computed', changed TIMESTAMP_LTZ(3) METADATA FROM 'mtime'"
                + " VIRTUAL, WATERMARK FOR changed AS changed - INTERVAL '5' SECOND, CONSTRAINT `a key` PRIMARY KEY"
                + " (service, flag) NOT ENFORCED) COMMENT 'of " + name + "' DISTRIBUTED BY HASH(service) INTO 3 BUCKETS"
                + " PARTITIONED BY (service) WITH ('path' = '/flags/{service}/{flag}', 'format' = 'json')");
        session.execute("CREATE VIEW zk.`default`.v_" + name + " AS SELECT service, twice FROM zk.`default`." + name);
        session.execute("CREATE FUNCTION zk.`default`.f_" + name + " AS 'org.example.F' LANGUAGE JAVA USING JAR"
                + " '/tmp/nowhere.jar'");
    }

    /** What one session has defined the others hear of by a watch, a moment later. */
    private static void awaitDefined(SqlProcess other, String question, String name) {
        Await.until(name + " is known", () -> other.execute(question).contains(name));
    }

    private static void assertSame(SqlProcess session, SqlProcess other, String name) {
        awaitDefined(other, "SHOW TABLES FROM zk.`default`", name);
        awaitDefined(other, "SHOW TABLES FROM zk.`default`", "v_" + name);
        awaitDefined(other, "SHOW USER FUNCTIONS IN zk.`default`", "f_" + name);
        for (String question : List.of(
                "DESCRIBE zk.`default`." + name,
                "SHOW COLUMNS FROM zk.`default`.v_" + name,
                "DESCRIBE zk.tree.`/flags/{service}/{flag}`",
                "SHOW USER FUNCTIONS IN zk.`default`")) {
            assertThat(other.execute(question)).as(question).isEqualTo(session.execute(question));
        }
        assertThat(other.execute("SHOW CREATE TABLE zk.`default`." + name))
                .contains(
                        "DISTRIBUTED BY HASH(`service`) INTO 3 BUCKETS",
                        "PARTITIONED BY (`service`)",
                        "COMMENT 'computed'")
                .contains("CONSTRAINT `a key` PRIMARY KEY")
                .doesNotContain("connect-string");
        assertThat(other.execute("EXPLAIN SELECT * FROM zk.`default`.v_" + name))
                .contains("Optimized");
    }

    /** A type of Flink 2.1 in a definition, read by 1.20. */
    private static void refusesWhatItLacks(List<SqlProcess> sessions, List<String> versions) {
        int old = versions.indexOf("1.20.3");
        int recent = versions.indexOf("2.3.0");
        if (old < 0 || recent < 0) {
            return;
        }
        sessions.get(recent).execute("CREATE TABLE zk.`default`.variants (v VARIANT) WITH ('connector' = 'blackhole')");
        awaitDefined(sessions.get(old), "SHOW TABLES FROM zk.`default`", "variants");
        assertThatThrownBy(() -> sessions.get(old).execute("DESCRIBE zk.`default`.variants"))
                .hasMessageContainingAll("table.variants", "Flink 2.3", "the type VARIANT", "this Flink 1.20");
    }
}
