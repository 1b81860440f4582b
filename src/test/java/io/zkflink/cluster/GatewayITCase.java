// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The catalog store and the catalog in real clients, each a process: two SQL gateways with several sessions, Flink's
 * JDBC driver, and the SQL client.
 */
@Tag("nightly")
class GatewayITCase {

    private static final String SECRET = "s3cr3t";

    @TempDir
    private Path configuration;

    private final String root = SharedZooKeeper.freshRoot();

    @Test
    void clientsShareCatalogsAndLookAround() throws Exception {
        SharedZooKeeper.admin().create(root);
        SharedZooKeeper.admin().create(root + "/flags/cart/new-ui", "{\"enabled\":true,\"rollout\":10}");
        Files.writeString(
                configuration.resolve("config.yaml"), """
                parallelism.default: 1
                taskmanager.numberOfTaskSlots: 4
                execution.runtime-mode: BATCH
                table.catalog-store.kind: zookeeper
                table.catalog-store.zookeeper.connect-string: %s
                table.catalog-store.zookeeper.auth.username: flink
                table.catalog-store.zookeeper.auth.password: %s
                """.formatted(SharedZooKeeper.connectString() + root, SECRET));
        try (FlinkCluster flink = new FlinkCluster("2.3.0", configuration, 1, Map.of()).start();
                SqlGateway one = new SqlGateway(flink);
                SqlGateway other = new SqlGateway(flink)) {
            create(one);
            aSecondSessionAndASecondGatewayHaveIt(one, other);
            theDriverListsWhatThereIs(other);
            theSqlClientHasIt(flink);
            one.restart();
            other.restart();
            for (SqlGateway gateway : List.of(one, other)) {
                try (Connection afterwards = gateway.connect()) {
                    assertThat(column(afterwards, "SHOW TABLES FROM zk.`default`", 1))
                            .containsExactly("flags", "open_flags");
                }
            }
            whatOneDropsTheOtherForgets(one, other);
        }
    }

    private static void whatOneDropsTheOtherForgets(SqlGateway one, SqlGateway other) throws SQLException {
        try (Connection mine = one.connect();
                Connection theirs = other.connect()) {
            execute(mine, "DROP CATALOG zk");
            Await.until("the catalog is gone", () -> !column(theirs, "SHOW CATALOGS", 1)
                    .contains("zk"));
        }
    }

    /** The store's ACL lets everybody read. */
    @Test
    void secretsAreRefusedWhereEverybodyMayReadThem() throws Exception {
        SharedZooKeeper.admin().create(root);
        Files.writeString(configuration.resolve("config.yaml"), """
                table.catalog-store.kind: zookeeper
                table.catalog-store.zookeeper.connect-string: %s
                """.formatted(SharedZooKeeper.connectString() + root));
        try (FlinkCluster neverStarted = new FlinkCluster("2.3.0", configuration, 0, Map.of());
                SqlGateway gateway = new SqlGateway(neverStarted);
                Connection session = gateway.connect()) {
            assertThatThrownBy(() -> create(gateway))
                    .hasStackTraceContaining("'auth.password'")
                    .hasStackTraceContaining("'table.catalog-store.zookeeper.acl'")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain(SECRET));
            assertThat(column(session, "SHOW CATALOGS", 1)).containsExactly("default_catalog");
        }
    }

    private void create(SqlGateway gateway) throws SQLException {
        try (Connection session = gateway.connect()) {
            execute(
                    session,
                    "CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '"
                            + SharedZooKeeper.connectString() + root
                            + "', 'auth.username' = 'flink', 'auth.password' = '" + SECRET + "')",
                    "USE CATALOG zk",
                    "CREATE TABLE flags (service STRING, flag STRING, enabled BOOLEAN, rollout INT, PRIMARY KEY (service,"
                            + " flag) NOT ENFORCED) WITH ('path' = '/flags/{service}/{flag}', 'format' = 'json')",
                    "CREATE VIEW open_flags AS SELECT * FROM flags WHERE enabled");
        }
    }

    private static void aSecondSessionAndASecondGatewayHaveIt(SqlGateway one, SqlGateway other) throws SQLException {
        for (SqlGateway gateway : List.of(one, other)) {
            try (Connection session = gateway.connect()) {
                Await.until("the catalog is seen", () -> column(session, "SHOW CATALOGS", 1)
                        .contains("zk"));
                assertThat(column(session, "SELECT flag FROM zk.`default`.open_flags", 1))
                        .containsExactly("new-ui");
                assertThat(column(session, "SELECT data FROM zk.tree.`/flags/{service}/{flag}`", 1))
                        .containsExactly("{\"enabled\":true,\"rollout\":10}");
                assertThat(column(session, "SHOW CREATE TABLE zk.`default`.flags", 1)
                                .get(0))
                        .doesNotContain(SECRET, "connect-string");
            }
        }
    }

    private static void theDriverListsWhatThereIs(SqlGateway gateway) throws SQLException {
        try (Connection session = gateway.connect()) {
            assertThat(all(session.getMetaData().getCatalogs(), "TABLE_CAT")).contains("zk");
            assertThat(all(session.getMetaData().getSchemas(), "TABLE_SCHEM")).contains("default", "tree");
            session.setCatalog("zk");
            assertThat(column(session, "SHOW TABLES", 1)).containsExactly("flags", "open_flags");
            assertThat(column(session, "DESCRIBE flags", 1)).containsExactly("service", "flag", "enabled", "rollout");
            assertThat(column(session, "DESCRIBE tree.`/flags/{service}/{flag}`", 1))
                    .startsWith("service", "flag", "data", "path", "name", "version");
            assertThat(column(session, "SHOW TABLES FROM tree", 1)).contains("/flags/{*path}");
        }
    }

    private static void theSqlClientHasIt(FlinkCluster flink) throws Exception {
        String printed = SqlClient.run(flink, "catalog.sql", """
                USE CATALOG zk;
                SHOW TABLES;
                DESCRIBE flags;
                SHOW CREATE TABLE flags;
                EXPLAIN SELECT * FROM open_flags;
                SET 'sql-client.execution.result-mode' = 'tableau';
                SELECT service, rollout FROM open_flags;
                """, "");
        assertThat(printed).contains("open_flags", "rollout", "cart").doesNotContain(SECRET);
    }

    private static void execute(Connection session, String... statements) throws SQLException {
        try (Statement statement = session.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static List<String> column(Connection session, String query, int column) throws SQLException {
        try (Statement statement = session.createStatement()) {
            List<String> values = new ArrayList<>();
            // For the driver a SHOW is no query.
            statement.execute(query);
            try (ResultSet rows = statement.getResultSet()) {
                while (rows.next()) {
                    values.add(rows.getString(column));
                }
            }
            return values;
        }
    }

    private static List<String> all(ResultSet rows, String column) throws SQLException {
        List<String> values = new ArrayList<>();
        while (rows.next()) {
            values.add(rows.getString(column));
        }
        return values;
    }
}
