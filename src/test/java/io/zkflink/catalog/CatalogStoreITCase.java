// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.catalog.CatalogDescriptor;
import org.apache.flink.table.catalog.CatalogStore;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Catalogs that one session creates are there in all others. */
class CatalogStoreITCase {

    private final String root = SharedZooKeeper.freshRoot();
    private final List<TableEnvironment> sessions = new ArrayList<>();

    @BeforeEach
    void createRoot() {
        SharedZooKeeper.admin().create(root);
    }

    private TableEnvironment session(Map<String, String> options) {
        Configuration configuration = new Configuration();
        configuration.setString("table.catalog-store.kind", "zookeeper");
        configuration.setString("table.catalog-store.zookeeper.connect-string", connectString());
        options.forEach((key, value) -> configuration.setString("table.catalog-store.zookeeper." + key, value));
        return session(configuration);
    }

    private TableEnvironment session(Configuration configuration) {
        TableEnvironment session = TableEnvironment.create(EnvironmentSettings.newInstance()
                .withConfiguration(configuration)
                .build());
        sessions.add(session);
        return session;
    }

    @AfterEach
    void closeSessions() {
        for (TableEnvironment session : sessions) {
            ((TableEnvironmentInternal) session).getCatalogManager().close();
        }
        assertThat(ZNodeMirror.mirrors()).isZero();
    }

    private String connectString() {
        return SharedZooKeeper.connectString() + root;
    }

    private String catalog(String name, String more) {
        return "CREATE CATALOG " + name + " COMMENT 'of the team' WITH ('type' = 'zookeeper', 'connect-string' = '"
                + connectString() + "'" + more + ")";
    }

    private static List<String> rows(TableEnvironment session, String statement) throws Exception {
        List<String> rows = new ArrayList<>();
        try (CloseableIterator<Row> results = session.executeSql(statement).collect()) {
            results.forEachRemaining(row -> rows.add(row.toString()));
        }
        return rows;
    }

    @Test
    void whatOneSessionCreatesAllHave() throws Exception {
        TableEnvironment one = session(Map.of());
        one.executeSql(catalog("zk", ""));
        one.executeSql("CREATE TABLE zk.`default`.t (a STRING) WITH ('path' = '/a')");

        TableEnvironment other = session(Map.of());
        assertThat(rows(other, "SHOW CATALOGS")).containsExactly("+I[default_catalog]", "+I[zk]");
        assertThat(rows(other, "SHOW TABLES FROM zk.`default`")).containsExactly("+I[t]");
        assertThat(rows(other, "SHOW CREATE CATALOG zk").get(0))
                .contains("COMMENT 'of the team'", "'connect-string' = '" + connectString() + "'");
        assertThatThrownBy(() -> other.executeSql(catalog("zk", ""))).hasStackTraceContaining("already exists");
        other.executeSql("ALTER CATALOG zk SET ('tree.data' = 'bytes')");
        assertThat(rows(other, "DESCRIBE zk.tree.`/a`").get(0)).startsWith("+I[data, BYTES");
        assertThat(rows(session(Map.of()), "DESCRIBE zk.tree.`/a`").get(0)).startsWith("+I[data, BYTES");

        other.executeSql("DROP CATALOG zk");
        assertThat(rows(session(Map.of()), "SHOW CATALOGS")).containsExactly("+I[default_catalog]");
    }

    @Test
    void secretsAreNotStoredWhereEverybodyMayRead() throws Exception {
        TableEnvironment open = session(Map.of());
        assertThatThrownBy(() -> open.executeSql(catalog("zk", ", 'auth.username' = 'u', 'auth.password' = 's3cr3t'")))
                .rootCause()
                .isInstanceOf(CatalogException.class)
                .hasMessageContainingAll("'auth.password'", "'table.catalog-store.zookeeper.acl'", "'creator'")
                .hasMessageNotContaining("s3cr3t");
        assertThat(rows(session(Map.of()), "SHOW CATALOGS")).containsExactly("+I[default_catalog]");

        TableEnvironment altered = session(Map.of());
        altered.executeSql(catalog("kept", ""));
        assertThatThrownBy(() -> altered.executeSql(
                        "ALTER CATALOG kept SET ('auth.username' = 'u', 'auth.password' =" + " 's3cr3t')"))
                .hasStackTraceContaining("cannot be stored");
        assertThat(rows(session(Map.of()), "SHOW CATALOGS")).containsExactly("+I[default_catalog]", "+I[kept]");

        Map<String, String> somebody = Map.of("auth.username", "u", "auth.password", "p", "path", "/secret/store");
        session(somebody).executeSql(catalog("zk", ", 'auth.username' = 'u', 'auth.password' = 's3cr3t'"));
        assertThat(rows(session(somebody), "SHOW CATALOGS")).contains("+I[zk]");
        assertThatThrownBy(() -> rows(session(Map.of("path", "/secret/store")), "SHOW CATALOGS"))
                .hasStackTraceContaining("its ACL denies this user the READ permission");
    }

    @Test
    void theServersOfFlinkAreTheDefault() throws Exception {
        Configuration configuration = new Configuration();
        configuration.setString("table.catalog-store.kind", "zookeeper");
        configuration.setString("high-availability.zookeeper.quorum", connectString());
        session(configuration).executeSql(catalog("zk", ""));
        assertThat(rows(session(Map.of()), "SHOW CATALOGS")).contains("+I[zk]");
    }

    @Test
    void twoStoresOfOneName() {
        CatalogStore one = store();
        CatalogStore other = store();
        CatalogDescriptor catalog = CatalogDescriptor.of("a b/c", Configuration.fromMap(Map.of("type", "x")));
        one.storeCatalog("a b/c", catalog);
        assertThatThrownBy(() -> other.storeCatalog("a b/c", catalog))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("The catalog 'a b/c' exists already in the catalog store");
        Await.until("it is seen", () -> other.contains("a b/c"));
        assertThat(other.getCatalog("a b/c").orElseThrow().getConfiguration().toMap())
                .containsEntry("type", "x");
        other.removeCatalog("a b/c", false);
        assertThatThrownBy(() -> other.removeCatalog("a b/c", false)).hasMessageContaining("does not exist");
        other.removeCatalog("a b/c", true);
        one.close();
        other.close();
    }

    private CatalogStore store() {
        ZooKeeperCatalogStoreFactory factory = new ZooKeeperCatalogStoreFactory();
        factory.open(new FactoryUtil.DefaultCatalogStoreContext(
                Map.of("connect-string", connectString()),
                new Configuration(),
                getClass().getClassLoader()));
        CatalogStore store = factory.createCatalogStore();
        store.open();
        return store;
    }
}
