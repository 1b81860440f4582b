// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The catalog by SQL: definitions, tables of ZooKeeper and of others, the database {@code tree}. */
class CatalogITCase {

    private static final String SECRET = "s3cr3t";

    private final String root = SharedZooKeeper.freshRoot();
    private final List<TableEnvironment> sessions = new ArrayList<>();
    private TableEnvironment sql;

    @BeforeEach
    void createCatalog() {
        SharedZooKeeper.admin().create(root);
        sql = session();
    }

    private TableEnvironment session() {
        return session(SharedMiniCluster.batchTableEnvironment(1), "");
    }

    /** One that knows a secret, which shows nowhere. */
    private TableEnvironment secretSession(TableEnvironment session) {
        return session(session, ", 'auth.username' = 'flink', 'auth.password' = '" + SECRET + "'");
    }

    private TableEnvironment session(TableEnvironment session, String options) {
        session.executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '"
                + SharedZooKeeper.connectString() + root + "'" + options + ")");
        session.executeSql("USE CATALOG zk");
        sessions.add(session);
        return session;
    }

    @AfterEach
    void dropCatalog() {
        for (TableEnvironment session : sessions) {
            session.executeSql("USE CATALOG default_catalog");
            session.executeSql("DROP CATALOG zk");
        }
        assertThat(ZNodeMirror.mirrors()).isZero();
    }

    private List<String> rows(String query) throws Exception {
        List<String> rows = new ArrayList<>();
        try (CloseableIterator<Row> results = sql.executeSql(query).collect()) {
            results.forEachRemaining(row -> rows.add(row.toString()));
        }
        return rows;
    }

    private void createFlags() {
        sql.executeSql("CREATE TABLE flags (service STRING, flag STRING, enabled BOOLEAN, rollout INT,"
                + " PRIMARY KEY (service, flag) NOT ENFORCED)"
                + " WITH ('path' = '/flags/{service}/{flag}', 'format' = 'json')");
    }

    @Test
    void whatOneSessionDefinesAnotherOneUses() throws Exception {
        createFlags();
        sql.executeSql("CREATE VIEW open_flags AS SELECT service, flag FROM flags WHERE enabled");
        sql.executeSql("CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3')");
        sql.executeSql("CREATE FUNCTION shout AS '" + Shout.class.getName() + "'");
        sql.executeSql("INSERT INTO flags VALUES ('cart', 'new-ui', TRUE, 10), ('cart', 'old-ui', FALSE, 20)")
                .await();

        sql = session();
        assertThat(rows("SHOW TABLES")).containsExactly("+I[flags]", "+I[numbers]", "+I[open_flags]");
        assertThat(rows("SHOW VIEWS")).containsExactly("+I[open_flags]");
        assertThat(rows("SHOW USER FUNCTIONS")).containsExactly("+I[shout]");
        assertThat(rows("SHOW DATABASES")).containsExactly("+I[default]", "+I[tree]");
        assertThat(rows("SELECT shout(service), flag FROM open_flags")).containsExactly("+I[CART, new-ui]");
        assertThat(rows("SELECT COUNT(*) FROM numbers")).containsExactly("+I[3]");
        assertThat(rows("SHOW CREATE TABLE flags").get(0)).contains("'path' = '/flags/{service}/{flag}'");
    }

    @Test
    void anyPathTemplateIsATable() throws Exception {
        createFlags();
        sql.executeSql("INSERT INTO flags VALUES ('cart', 'new-ui', TRUE, 10), ('cart', 'old-ui', FALSE, 20)")
                .await();
        assertThat(rows("SELECT service, data, version FROM tree.`/flags/{service}/{flag}` WHERE flag = 'new-ui'"))
                .containsExactly("+I[cart, {\"enabled\":true,\"rollout\":10}, 0]");
        sql.executeSql("INSERT INTO tree.`/flags/{service}/{flag}` VALUES ('cart', 'third', '{}') ON CONFLICT DO"
                        + " DEDUPLICATE")
                .await();
        assertThat(rows("SELECT path, data_length FROM tree.`/flags/{*path}`"))
                .containsExactlyInAnyOrder(
                        "+I[cart, 0]", "+I[cart/new-ui, 29]", "+I[cart/old-ui, 30]", "+I[cart/third, 2]");
        assertThat(rows("SELECT path FROM tree.`/{*path}`")).noneMatch(row -> row.contains("_flink"));
        assertThat(rows("SELECT object FROM tree.`/_flink/catalog/{database}/{object}`"))
                .containsExactly("+I[table.flags]");
        assertThat(rows("SHOW TABLES FROM tree")).containsExactly("+I[/_flink/{*path}]", "+I[/flags/{*path}]");
        assertThat(rows("DESCRIBE tree.`/flags/{name}/{data}`").stream().map(row -> row.replaceAll(",.*", "")))
                .containsExactly(
                        "+I[name",
                        "+I[data",
                        "+I[path",
                        "+I[version",
                        "+I[cversion",
                        "+I[aversion",
                        "+I[czxid",
                        "+I[mzxid",
                        "+I[pzxid",
                        "+I[ctime",
                        "+I[mtime",
                        "+I[ephemeral_owner",
                        "+I[data_length",
                        "+I[num_children");
        assertThat(rows("SELECT path FROM tree.`/flags/{*path}` /*+ OPTIONS('scan.parallelism' = '2') */ LIMIT 2"))
                .hasSize(2);
    }

    @Test
    void whatIsZooKeepersOwnIsReadAndNeverWritten() throws Exception {
        TableEnvironment whole = SharedMiniCluster.batchTableEnvironment(1);
        whole.executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '"
                + SharedZooKeeper.connectString() + "', 'catalog.path' = '" + root + "-definitions', 'tree.data' ="
                + " 'bytes')");
        whole.executeSql("USE CATALOG zk");
        whole.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/a')");
        sessions.add(whole);
        sql = whole;
        assertThat(rows("SELECT data_length FROM tree.`/zookeeper/config`")).hasSize(1);
        assertThat(rows("SELECT path FROM tree.`/zookeeper/{*path}`")).contains("+I[config]", "+I[quota]");
        assertThat(rows("DESCRIBE tree.`/x`").get(0)).startsWith("+I[data, BYTES");
        assertThat(rows("SELECT path FROM tree.`/{*path}` /*+ OPTIONS('scan.unreadable' = 'skip') */"))
                .contains("+I[" + root.substring(1) + "]")
                .noneMatch(row -> row.contains("-definitions") || row.contains("zookeeper"));
        assertThatThrownBy(() -> sql.executeSql(
                        "INSERT INTO tree.`/zookeeper/quota/{x}` VALUES ('a', X'00') ON CONFLICT" + " DO DEDUPLICATE"))
                .hasStackTraceContaining("can be read and never be written: '/zookeeper' is ZooKeeper's own subtree");
    }

    @Test
    void aWrongTemplateIsExplained() {
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM tree.`/flags/{a}/{a}`"))
                .hasStackTraceContaining("the column 'a' appears twice");
        assertThatThrownBy(() -> sql.executeSql("SELECT * FROM tree.flags")).hasMessageContaining("not found");
        for (String statement : List.of(
                "DROP TABLE tree.`/flags/{a}`",
                "ALTER TABLE tree.`/flags/{a}` SET ('a' = 'b')",
                "ALTER TABLE tree.`/flags/{a}` RENAME TO b",
                "CREATE TABLE tree.`/flags/{a}` (a STRING)",
                "CREATE VIEW tree.v AS SELECT 1",
                "CREATE FUNCTION tree.f AS 'x'")) {
            assertThatThrownBy(() -> sql.executeSql(statement))
                    .as(statement)
                    .hasStackTraceContaining("are the path templates themselves and cannot be created, altered, renamed"
                            + " or dropped");
        }
        assertThatThrownBy(() -> sql.executeSql("DROP DATABASE tree"))
                .hasStackTraceContaining("is always there and cannot be dropped");
    }

    @Test
    void definitionsAreCheckedAsWhenTheyArePlanned() {
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = 'a')"))
                .hasStackTraceContaining("Invalid value 'a' for option 'path': it must be absolute; write '/a'.");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/{b}')"))
                .hasStackTraceContaining("there is no physical column 'b' for '{b}'");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/a', 'pith' = 'b')"))
                .hasStackTraceContaining("pith");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/a',"
                        + " 'sink.delivery-guarantee' = 'exactly-once')"))
                .hasStackTraceContaining("sink.transactional-id-prefix");
        sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/a')");
        assertThatThrownBy(() -> sql.executeSql("ALTER TABLE t SET ('format' = 'nonsense')"))
                .hasStackTraceContaining("nonsense");
        String large = "x".repeat(1_100_000);
        assertThatThrownBy(() -> sql.executeSql(
                        "CREATE TABLE too_large (a STRING COMMENT '" + large + "') WITH ('path' = '/a')"))
                .hasStackTraceContaining("`default`.`too_large`")
                .hasStackTraceContaining("1,048,575");
    }

    @Test
    void metadataColumnsAreCheckedAsWhenTheyArePlanned() {
        assertThatThrownBy(() -> sql.executeSql(
                        "CREATE TABLE m (a STRING, x INT METADATA FROM 'nonsense' VIRTUAL) WITH ('path' = '/m')"))
                .hasStackTraceContaining("Invalid metadata key 'nonsense' in column 'x' of table 'zk.default.m'")
                .hasStackTraceContaining("ephemeral-owner");
        assertThatThrownBy(() -> sql.executeSql(
                        "CREATE TABLE m (a STRING, `version` ROW<a INT> METADATA VIRTUAL) WITH ('path' = '/m')"))
                .hasStackTraceContaining("castable from metadata type 'INT'");
        assertThatThrownBy(() ->
                        sql.executeSql("CREATE TABLE m (a STRING, `ttl` ARRAY<INT> METADATA) WITH ('path' = '/m')"))
                .hasStackTraceContaining("castable to metadata type 'BIGINT'");
        assertThatThrownBy(() -> sql.executeSql(
                        "CREATE TABLE m (a STRING, `create-mode` STRING METADATA VIRTUAL) WITH ('path' = '/m')"))
                .hasStackTraceContaining("Invalid metadata key 'create-mode'");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE m (resource STRING, owner STRING, `ttl` BIGINT METADATA"
                        + " VIRTUAL) WITH ('path' = '/m/{resource}', 'recipe' = 'lock')"))
                .hasStackTraceContaining("Invalid metadata key 'ttl'")
                .hasStackTraceContaining("fencing-token");
        sql.executeSql(
                "CREATE TABLE m (a STRING, `create-mode` STRING METADATA, `version` STRING METADATA VIRTUAL) WITH"
                        + " ('path' = '/m')");
        assertThatThrownBy(() -> sql.executeSql("ALTER TABLE m ADD (x INT METADATA FROM 'nonsense' VIRTUAL)"))
                .hasStackTraceContaining("Invalid metadata key 'nonsense' in column 'x' of table 'zk.default.m'");
    }

    @Test
    void whatIsNotKeptIsRefusedInASentence() throws Exception {
        createFlags();
        sql.executeSql("CREATE TABLE parts (a STRING, p STRING) PARTITIONED BY (p) WITH ('connector' = 'blackhole')");
        for (String[] statement : new String[][] {
            {"ALTER TABLE parts ADD PARTITION (p = '1')", "A ZooKeeper catalog keeps no partitions."},
            {"ANALYZE TABLE flags COMPUTE STATISTICS", "A ZooKeeper catalog keeps no statistics."},
            {
                "CREATE MODEL m INPUT (a STRING) OUTPUT (b STRING) WITH ('provider' = 'x')",
                "A ZooKeeper catalog keeps no models."
            }
        }) {
            assertThatThrownBy(() -> sql.executeSql(statement[0]).await())
                    .as(statement[0])
                    .hasStackTraceContaining(statement[1]);
        }
        assertThat(rows("SHOW PARTITIONS parts")).isEmpty();
        assertThat(rows("SHOW MODELS")).isEmpty();
    }

    @Test
    void sessionsOfOneProcessShareOneMirror() throws Exception {
        for (int i = 0; i < 3; i++) {
            sql = session();
            assertThat(rows("SHOW TABLES")).isEmpty();
        }
        assertThat(ZNodeMirror.mirrors()).isEqualTo(1);
    }

    @Test
    void whatIsThereAlreadyIsNotChecked() {
        sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/t')");
        sql.executeSql("CREATE TABLE IF NOT EXISTS t (a STRING) WITH ('path' = 'nonsense')");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = 'nonsense')"))
                .hasStackTraceContaining("it must be absolute");
    }

    /** Who may read definitions and not write them hears which permission is missing, at once. */
    @Test
    void whoMayOnlyReadIsTold() throws Exception {
        sql = session(
                SharedMiniCluster.batchTableEnvironment(1),
                ", 'auth.username' = 'flink', 'auth.password' = '" + SECRET
                        + "', 'catalog.acl' = 'auth::cdrwa,world:anyone:r'");
        sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/t')");
        sql = session();
        assertThat(rows("SHOW TABLES")).containsExactly("+I[t]");
        for (String statement : List.of(
                "CREATE TABLE u (a STRING) WITH ('path' = '/t')",
                "CREATE DATABASE db",
                "ALTER TABLE t RENAME TO u",
                "ALTER TABLE t SET ('scan.parallelism' = '2')",
                "DROP TABLE t")) {
            assertThatThrownBy(() -> sql.executeSql(statement))
                    .as(statement)
                    .hasStackTraceContaining("its ACL denies this user the")
                    .hasStackTraceContaining("/_flink/catalog");
        }
    }

    @Test
    void definitionsThatNobodyMayChangeCanBeCreatedAndDropped() throws Exception {
        sql = session(SharedMiniCluster.batchTableEnvironment(1), ", 'catalog.acl' = 'read-only'");
        sql.executeSql("CREATE DATABASE db");
        sql.executeSql("CREATE TABLE db.t (a STRING) WITH ('path' = '/t')");
        sql.executeSql("CREATE TABLE u (a STRING) WITH ('path' = '/t')");
        assertThatThrownBy(() -> sql.executeSql("ALTER TABLE u SET ('scan.parallelism' = '2')"))
                .hasStackTraceContaining("its ACL denies this user the WRITE permission");
        sql.executeSql("DROP TABLE u");
        sql.executeSql("DROP DATABASE db CASCADE");
        assertThat(rows("SHOW DATABASES")).containsExactly("+I[default]", "+I[tree]");
    }

    @Test
    void anAclWithoutCredentialsIsExplained() {
        sql = session(SharedMiniCluster.batchTableEnvironment(1), ", 'catalog.acl' = 'creator'");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/t')"))
                .hasStackTraceContaining("(INVALIDACL). 'creator' needs credentials ('auth.*'");
    }

    @Test
    void mistakesInTheOptionsOfACatalogNameThem() {
        for (String[] mistake : new String[][] {
            {
                "'catalog.path' = 'x'",
                "Invalid value 'x' for option 'catalog.path': The path 'x' is not absolute; write"
                        + " '/x'; write a path like '/_flink/catalog'."
            },
            {"'default-database' = ' '", "Invalid value ' ' for option 'default-database': it must name a database."}
        }) {
            assertThatThrownBy(() -> sql.executeSql("CREATE CATALOG bad WITH ('type' = 'zookeeper', 'connect-string' ="
                            + " 'localhost:1', " + mistake[0] + ")"))
                    .hasStackTraceContaining(mistake[1]);
        }
    }

    @Test
    void allFormsOfDdlThatFlinkParses() throws Exception {
        sql.executeSql("CREATE DATABASE db COMMENT 'of a team' WITH ('owner' = 'team')");
        sql.executeSql("ALTER DATABASE db SET ('owner' = 'another')");
        sql.executeSql("USE db");
        sql.executeSql(
                "CREATE TABLE wide (id BIGINT NOT NULL COMMENT 'its number', name VARCHAR(10), price DECIMAL(10, 2),"
                        + " twice AS price * 2 COMMENT 'computed', parts ROW<a INT, b ARRAY<STRING NOT NULL>>,"
                        + " `at` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, topic STRING METADATA,"
                        + " WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND, CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED)"
                        + " COMMENT 'all there is' DISTRIBUTED BY HASH(id) INTO 4 BUCKETS PARTITIONED BY (name)"
                        + " WITH ('connector' = 'upsert-kafka', 'x' = 'y')");
        String before = rows("SHOW CREATE TABLE wide").get(0);
        sql = session();
        sql.executeSql("USE db");
        assertThat(rows("SHOW CREATE TABLE wide").get(0)).isEqualTo(before);
        assertThat(before)
                .contains("DISTRIBUTED BY HASH(`id`) INTO 4 BUCKETS", "PARTITIONED BY (`name`)", "COMMENT 'computed'");

        sql.executeSql("ALTER TABLE wide ADD (more INT COMMENT 'new' AFTER name)");
        sql.executeSql("ALTER TABLE wide MODIFY (more BIGINT FIRST)");
        sql.executeSql("ALTER TABLE wide RENAME more TO most");
        sql.executeSql("ALTER TABLE wide DROP (topic)");
        sql.executeSql("ALTER TABLE wide DROP WATERMARK");
        sql.executeSql("ALTER TABLE wide ADD WATERMARK FOR `at` AS `at`");
        sql.executeSql("ALTER TABLE wide DROP CONSTRAINT pk");
        sql.executeSql("ALTER TABLE wide ADD PRIMARY KEY (id) NOT ENFORCED");
        sql.executeSql("ALTER TABLE wide SET ('z' = '1', 'x' = '2')");
        sql.executeSql("ALTER TABLE wide RESET ('z')");
        sql.executeSql("ALTER TABLE wide RENAME TO `new name`");
        sql.executeSql("CREATE TABLE likewise (extra INT) WITH ('x' = '3') LIKE `new name` (OVERWRITING OPTIONS)");
        sql.executeSql("CREATE TABLE seen (id STRING) WITH ('path' = '/x')");
        sql.executeSql("CREATE VIEW v (a) COMMENT 'a view' AS SELECT id FROM seen");
        sql.executeSql("ALTER VIEW v RENAME TO w");
        sql.executeSql("ALTER VIEW w AS SELECT id || id FROM seen");
        sql.executeSql("CREATE FUNCTION f AS '" + Shout.class.getName() + "' LANGUAGE JAVA");
        sql.executeSql("ALTER FUNCTION f AS '" + Shout.class.getName() + "'");
        String after = rows("SHOW CREATE TABLE likewise").get(0)
                + rows("SHOW CREATE VIEW w").get(0);

        sql = session();
        sql.executeSql("USE db");
        assertThat(rows("SHOW CREATE TABLE likewise").get(0)
                        + rows("SHOW CREATE VIEW w").get(0))
                .isEqualTo(after);
        assertThat(after)
                .contains("`most` BIGINT", "'x' = '3'", "WATERMARK FOR `at` AS `at`")
                .doesNotContain("topic");
        assertThat(rows("SHOW TABLES")).containsExactly("+I[likewise]", "+I[new name]", "+I[seen]", "+I[w]");
        sql.executeSql("DROP VIEW w");
        sql.executeSql("DROP TABLE `new name`");
        sql.executeSql("DROP FUNCTION f");
        sql.executeSql("USE `default`");
        assertThatThrownBy(() -> sql.executeSql("DROP DATABASE db RESTRICT")).hasStackTraceContaining("not empty");
        sql.executeSql("DROP DATABASE db CASCADE");
        assertThat(rows("SHOW DATABASES")).containsExactly("+I[default]", "+I[tree]");
    }

    @Test
    void statementsOfAllKindsShowNoSecret(@TempDir Path files) throws Exception {
        sql = secretSession(SharedMiniCluster.batchTableEnvironment(1));
        createFlags();
        assertThat(rows("SHOW CREATE TABLE flags").get(0)
                        + rows("SHOW CREATE TABLE tree.`/flags/{*path}`").get(0)
                        + rows("EXPLAIN ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN SELECT * FROM flags")
                                .get(0)
                        + rows("EXPLAIN INSERT INTO flags SELECT * FROM flags").get(0))
                .doesNotContain(SECRET, "connect-string", "auth.");

        Path plan = files.resolve("plan.json");
        TableEnvironment streaming = secretSession(SharedMiniCluster.tableEnvironment(1));
        streaming.executeSql("COMPILE PLAN '" + plan + "' FOR INSERT INTO flags SELECT service, flag, TRUE, 1 FROM"
                + " (VALUES ('cart', 'planned')) AS t (service, flag) ON CONFLICT DO DEDUPLICATE");
        assertThat(Files.readString(plan))
                .doesNotContain(SECRET, "connect-string", "auth.")
                .contains("/flags/");
        streaming.loadPlan(PlanReference.fromFile(plan)).execute().await();

        StatementSet set = streaming.createStatementSet();
        set.addInsertSql("INSERT INTO flags VALUES ('cart', 'one', TRUE, 1) ON CONFLICT DO DEDUPLICATE");
        set.addInsertSql(
                "INSERT INTO tree.`/flags/{service}/{flag}` VALUES ('cart', 'two', '{\"rollout\":2}') ON CONFLICT"
                        + " DO DEDUPLICATE");
        set.execute().await();
        assertThat(rows("SELECT flag, rollout FROM flags"))
                .containsExactlyInAnyOrder("+I[planned, 1]", "+I[one, 1]", "+I[two, 2]");

        sql.executeSql(
                        "CREATE TABLE copies (PRIMARY KEY (flag) NOT ENFORCED) WITH ('path' = '/copies/{flag}') AS SELECT"
                                + " flag, data FROM tree.`/flags/{service}/{flag}`")
                .await();
        assertThat(rows("SELECT data FROM copies WHERE flag = 'two'")).containsExactly("+I[{\"rollout\":2}]");
        sql.executeSql("CREATE TABLE as_bytes WITH ('scan.parallelism' = '2') LIKE tree.`/flags/{service}/{flag}`");
        assertThat(rows("SELECT flag, version FROM as_bytes WHERE flag = 'one'"))
                .containsExactly("+I[one, 0]");
        assertThat(rows("SELECT data FROM tree.`/_flink/catalog/{database}/{object}`"))
                .hasSize(3)
                .noneMatch(data -> data.contains(SECRET) || data.contains("connect-string"));
    }

    @Test
    void aTableThatSaysWhereItIsStaysThere() throws Exception {
        String elsewhere = SharedZooKeeper.freshRoot();
        SharedZooKeeper.admin().create(elsewhere + "/x", "there");
        sql.executeSql("CREATE TABLE elsewhere (a STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + SharedZooKeeper.connectString() + elsewhere + "', 'path' = '/x')");
        assertThat(rows("SELECT * FROM elsewhere")).containsExactly("+I[there]");
        assertThatThrownBy(() -> rows("SELECT * FROM elsewhere /*+ OPTIONS('nonsense' = '1') */"))
                .hasStackTraceContaining("nonsense");
    }

    @Test
    void aDefinitionThatCannotBeReadDisturbsNoOther() throws Exception {
        createFlags();
        String path = root + "/_flink/catalog/default/table.";
        SharedZooKeeper.admin().create(path + "broken", "{");
        SharedZooKeeper.admin().create(path + "newer", "{\"format-version\": 7}");
        Await.until("they are seen", () -> rows("SHOW TABLES").size() == 3);
        assertThat(rows("SHOW VIEWS")).isEmpty();
        assertThat(rows("SELECT * FROM flags")).isEmpty();
        assertThatThrownBy(() -> rows("SELECT * FROM broken"))
                .hasMessageContaining(
                        "The definition in the znode '/_flink/catalog/default/table.broken' cannot be read: it"
                                + " is no JSON (");
        assertThatThrownBy(() -> rows("DESCRIBE newer"))
                .isInstanceOf(CatalogException.class)
                .hasMessageContainingAll("'/_flink/catalog/default/table.newer'", "version 7");
    }

    @Test
    void planningGoesOnWithoutAServer() throws Exception {
        sql = SharedMiniCluster.batchTableEnvironment(1);
        sessions.add(sql);
        sql.executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = 'localhost:1',"
                + " 'connection-timeout' = '500 ms', 'max-retry-attempts' = '1')");
        sql.executeSql("USE CATALOG zk");
        sql.executeSql("CREATE TABLE default_catalog.default_database.numbers (n INT) WITH ('connector' = 'datagen',"
                + " 'number-of-rows' = '3')");
        assertThat(rows("SELECT ABS(-1)")).containsExactly("+I[1]");
        assertThat(rows("SELECT COUNT(*) FROM default_catalog.default_database.numbers"))
                .containsExactly("+I[3]");
        assertThatThrownBy(() -> rows("SELECT * FROM flags"))
                .hasStackTraceContaining("Could not connect to ZooKeeper at 'localhost:1'");
        assertThatThrownBy(() -> rows("SHOW TABLES"))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("Could not connect to ZooKeeper at 'localhost:1' within 500 ms");
        assertThatThrownBy(() -> sql.executeSql("USE nowhere"))
                .hasMessageContaining("Could not connect to ZooKeeper at 'localhost:1'");
        assertThatThrownBy(() -> sql.executeSql("CREATE TABLE t (a STRING) WITH ('path' = '/a')"))
                .hasStackTraceContaining("Could not connect to ZooKeeper at 'localhost:1'");
    }

    /** A function. */
    public static final class Shout extends ScalarFunction {
        public String eval(String text) {
            return text.toUpperCase(Locale.ROOT);
        }
    }
}
