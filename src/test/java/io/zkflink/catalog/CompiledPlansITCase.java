// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.table.api.PlanReference;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code COMPILE PLAN} and {@code EXECUTE PLAN} with tables of a catalog, those of {@code tree}, and past ones. */
class CompiledPlansITCase {

    private static final String BOUNDED = " /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */";

    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment batch = SharedMiniCluster.batchTableEnvironment(1);
    private final TableEnvironment streaming = SharedMiniCluster.tableEnvironment(1);

    @TempDir
    private Path plans;

    private int compiled;

    @BeforeEach
    void createCatalog() {
        SharedZooKeeper.admin().create(root);
        SharedZooKeeper.admin().create(root + "/flags/cart/a", "{\"enabled\":true}");
        for (TableEnvironment session : List.of(batch, streaming)) {
            session.executeSql("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '"
                    + SharedZooKeeper.connectString() + root + "', 'history.path' = '"
                    + SharedZooKeeper.process().dataDirectory() + "')");
            session.executeSql("USE CATALOG zk");
        }
        batch.executeSql("CREATE TABLE flags (service STRING, flag STRING, enabled BOOLEAN, PRIMARY KEY (service, flag)"
                + " NOT ENFORCED) WITH ('path' = '/flags/{service}/{flag}', 'format' = 'json')");
    }

    @AfterEach
    void dropCatalog() {
        for (TableEnvironment session : List.of(batch, streaming)) {
            session.executeSql("USE CATALOG default_catalog");
            session.executeSql("DROP CATALOG zk");
        }
    }

    /** Executes a query into a new subtree by way of a file; what the subtree has then. */
    private Map<String, String> copied(TableEnvironment session, String query) throws Exception {
        String copy = "/copy-" + compiled++;
        Path plan = plans.resolve("plan" + copy.substring(1));
        session.executeSql("COMPILE PLAN '" + plan + "' FOR INSERT INTO tree.`" + copy + "/{a}/{b}` " + query);
        assertThat(Files.readString(plan)).doesNotContain("connect-string");
        session.loadPlan(PlanReference.fromFile(plan)).execute().await();
        Map<String, String> tree = new TreeMap<>();
        SharedZooKeeper.admin()
                .tree(root + copy)
                .forEach((path, data) -> tree.put(path.substring(root.length() + copy.length()), data));
        return tree;
    }

    /** Whatever of the catalog's objects Flink writes into a plan, and takes from there. */
    @Test
    void tablesOfTheCatalogAndOfTree() throws Exception {
        for (TableEnvironment session : List.of(batch, streaming)) {
            for (String[] objects : new String[][] {
                {"ALL", "ALL"}, {"ALL", "IDENTIFIER"}, {"SCHEMA", "ALL"}, {"IDENTIFIER", "IDENTIFIER"}
            }) {
                // In Flink, a hint needs a plan that has the options; streams that do not end are none of this test's.
                boolean hasOptions = objects[1].equals("ALL") && objects[0].equals("ALL");
                if (session == streaming && !hasOptions) {
                    continue;
                }
                session.getConfig().set("table.plan.compile.catalog-objects", objects[0]);
                session.getConfig().set("table.plan.restore.catalog-objects", objects[1]);
                String hint = session == streaming ? BOUNDED : "";
                assertThat(copied(session, "SELECT service, flag, CAST(enabled AS STRING) FROM flags" + hint))
                        .as(String.join(", ", objects))
                        .containsEntry("/cart/a", "TRUE");
                assertThat(copied(session, "SELECT service, flag, data FROM tree.`/flags/{service}/{flag}`" + hint))
                        .as(String.join(", ", objects))
                        .containsEntry("/cart/a", "{\"enabled\":true}");
            }
        }
    }

    @Test
    void aPlanReadsAsOfTheMomentThatItWasCompiledWith() throws Exception {
        long moment = System.currentTimeMillis();
        while (System.currentTimeMillis() <= moment) {
            Thread.onSpinWait();
        }
        SharedZooKeeper.admin().set(root + "/flags/cart/a", "{\"enabled\":false}");
        String then = " FOR SYSTEM_TIME AS OF TIMESTAMP '"
                + LocalDateTime.ofInstant(
                                Instant.ofEpochMilli(moment), batch.getConfig().getLocalTimeZone())
                        .toString()
                        .replace('T', ' ')
                + "'";
        for (String hint : List.of("", BOUNDED)) {
            assertThat(copied(batch, "SELECT service, flag, CAST(enabled AS STRING) FROM flags" + hint + then))
                    .containsEntry("/cart/a", "TRUE");
            assertThat(copied(
                            batch,
                            "SELECT service, flag, data FROM tree.`/flags/{service}/{flag}`" + hint + then + " AS t"))
                    .containsEntry("/cart/a", "{\"enabled\":true}");
        }
        assertThatThrownBy(() -> copied(streaming, "SELECT service, flag, 'x' FROM flags" + then))
                .hasStackTraceContaining("'execution.runtime-mode' = 'batch'");
        batch.getConfig().set("table.plan.compile.catalog-objects", "IDENTIFIER");
        assertThatThrownBy(() -> copied(batch, "SELECT service, flag, 'x' FROM flags" + then))
                .hasStackTraceContaining(
                        "'table.plan.compile.catalog-objects' leaves options out, so that the plan would read the table"
                                + " as it is. Set it to 'ALL'.");
        assertThatThrownBy(() -> batch.executeSql(
                        "CREATE TABLE past (a STRING) WITH ('path' = '/a', 'system-time.as-of' = '1')"))
                .hasStackTraceContaining(
                        "Unsupported option 'system-time.as-of' of a table: to read it as it was, use FOR SYSTEM_TIME AS OF");
    }
}
