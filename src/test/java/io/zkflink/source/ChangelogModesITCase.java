// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.time.Instant;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.zookeeper.Op;
import org.junit.jupiter.api.Test;

/** The sentences of the contract about changelog modes, startup and bounds. */
class ChangelogModesITCase {

    private static final String KEYED = """
            k STRING, v STRING, `version` INT METADATA, czxid BIGINT METADATA, mtime TIMESTAMP_LTZ(3) METADATA,
            PRIMARY KEY (k) NOT ENFORCED""";
    private static final String KEYLESS = """
            k STRING, v STRING, `version` INT METADATA, czxid BIGINT METADATA, mtime TIMESTAMP_LTZ(3) METADATA""";
    private static final String LOG = KEYLESS + ", event STRING METADATA FROM 'event-type'";

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @Test
    void upsertGivesKeyAndLatestRowAndKeyOnlyDeletes() {
        // With metadata columns Flink would normalise the changelog, and so hide what the source gives.
        table("k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED");
        try (ScanRun run = ScanRun.upsert(sql, "SELECT k, v FROM t", "k")) {
            zk.create(root + "/a", "1");
            run.awaitRows("+[a, 1]");
            zk.set(root + "/a", "2");
            run.awaitRows("+[a, 1]", "+[a, 2]");
            zk.delete(root + "/a");
            run.awaitRows("+[a, 1]", "+[a, 2]", "-[a, null]");
            zk.create(root + "/a", "2");
            run.awaitRows("+[a, 1]", "+[a, 2]", "-[a, null]", "+[a, 2]");
            NodeTables.recreate(zk, root + "/a", "2");
            run.awaitRows("+[a, 1]", "+[a, 2]", "-[a, null]", "+[a, 2]", "+[a, 2]");
        }
    }

    @Test
    void inUpsertModeAZNodeDeletedAndCreatedAgainIsOneUpdate() {
        zk.create(root + "/a", "1");
        table(KEYED);
        try (ScanRun run = ScanRun.upsert(sql, "SELECT k, v, `version`, czxid FROM t", "k")) {
            String first = "+[a, 1, 0, " + zk.stat(root + "/a").getCzxid() + "]";
            run.awaitRows(first);
            NodeTables.transaction(
                    zk,
                    Op.delete(root + "/a", -1),
                    NodeTables.creation(root + "/a", "1"),
                    NodeTables.creation(root + "/a/kid", "new"));
            String again = "+[a, 1, 0, " + zk.stat(root + "/a").getCzxid() + "]";
            String kid = "+[a/kid, new, 0, " + zk.stat(root + "/a/kid").getCzxid() + "]";
            run.awaitRowsInAnyOrder(List.of(first, again, kid));
            assertThat(run.exactRows()).contains(again.replace("+[", "+U["));
        }
    }

    @Test
    void theUpsertTableIsRightForQueriesThatNeedTheOldRow() {
        zk.create(root + "/a", "1");
        table(KEYED);
        try (Changelog changes = select("SELECT v, COUNT(*) FROM t GROUP BY v")) {
            changes.awaitTable("[1, 1]");
            NodeTables.recreate(zk, root + "/a", "2");
            zk.create(root + "/b", "2");
            changes.awaitTable("[2, 2]");
            zk.delete(root + "/a");
            changes.awaitTable("[2, 1]");
        }
    }

    @Test
    void allGivesTheFullChangelogWithTheExactOldRow() {
        table(KEYED, "scan.changelog-mode=all");
        try (ScanRun run = ScanRun.all(sql, "SELECT k, v, `version` FROM t")) {
            zk.create(root + "/a", "1");
            run.awaitExactRows("+I[a, 1, 0]");
            zk.set(root + "/a", "");
            run.awaitExactRows("+I[a, 1, 0]", "-U[a, 1, 0]", "+U[a, null, 1]");
            zk.set(root + "/a", "3");
            run.awaitExactRows("+I[a, 1, 0]", "-U[a, 1, 0]", "+U[a, null, 1]", "-U[a, null, 1]", "+U[a, 3, 2]");
            zk.delete(root + "/a");
            Await.until("the deletion", () -> run.copy().size() == 6);
            assertThat(run.exactRows().get(5)).isEqualTo("-D[a, 3, 2]");
        }
    }

    @Test
    void withoutAPrimaryKeyEveryRowTakenBackEqualsTheRowGiven() {
        zk.create(root + "/a", "1");
        table(KEYLESS + ", cversion INT METADATA, kids INT METADATA FROM 'num-children', pzxid BIGINT METADATA,"
                + " aversion INT METADATA");
        try (Changelog changes = select("SELECT * FROM t")) {
            Await.until("the first row", () -> changes.rows().size() == 1);
            zk.create(root + "/a/b", "2");
            zk.set(root + "/a", "1b");
            NodeTables.transaction(
                    zk,
                    Op.delete(root + "/a/b", -1),
                    Op.delete(root + "/a", -1),
                    NodeTables.creation(root + "/a", "3"),
                    NodeTables.creation(root + "/a/c", "4"));
            zk.create(root + "/a/c/d", "5");
            zk.set(root + "/a/c", "6");
            zk.delete(root + "/a/c/d");
            NodeTables.recreate(zk, root + "/a/c", "6");
            Await.until(
                    "two rows",
                    () -> changes.rows().size() > 1
                            && changes.table().size() == 2
                            && changes.table().stream()
                                    .anyMatch(row -> row.contains(
                                            " " + zk.stat(root + "/a/c").getCzxid() + ",")));
            zk.deleteTree(root);
            changes.awaitTable();
        }
    }

    @Test
    void appendIsAnEventLog() {
        zk.create(root + "/a", "1");
        table(LOG, "scan.changelog-mode=append");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, v FROM t")) {
            run.awaitExactRows("+I[CREATED, a, 1]");
            zk.set(root + "/a", "2");
            run.awaitExactRows("+I[CREATED, a, 1]", "+I[CHANGED, a, 2]");
            zk.delete(root + "/a");
            run.awaitExactRows("+I[CREATED, a, 1]", "+I[CHANGED, a, 2]", "+I[DELETED, a, null]");
        }
    }

    @Test
    void appendShowsAZNodeDeletedAndCreatedAgainAtTheSameVersion() {
        zk.create(root + "/a", "1");
        table(LOG, "scan.changelog-mode=append");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, v FROM t")) {
            run.awaitExactRows("+I[CREATED, a, 1]");
            NodeTables.recreate(zk, root + "/a", "1");
            run.awaitExactRows("+I[CREATED, a, 1]", "+I[DELETED, a, null]", "+I[CREATED, a, 1]");
        }
    }

    @Test
    void goneRowsCarryAnMtimeThatIsNeverNullAndNeverBeforeTheLast() {
        zk.create(root + "/a", "1");
        NodeTables.create(sql, "ups", KEYED, root + "/{*k}");
        NodeTables.create(sql, "complete", KEYED, root + "/{*k}", "scan.changelog-mode=all");
        NodeTables.create(sql, "events", LOG, root + "/{*k}", "scan.changelog-mode=append");
        try (ScanRun ups = ScanRun.upsert(sql, "SELECT k, mtime FROM ups", "k");
                ScanRun complete = ScanRun.all(sql, "SELECT k, mtime FROM complete");
                ScanRun events = ScanRun.all(sql, "SELECT k, mtime, event FROM events")) {
            for (ScanRun run : List.of(ups, complete, events)) {
                Await.until("the row", () -> run.rows().size() == 1);
            }
            Instant last = Instant.ofEpochMilli(zk.stat(root + "/a").getMtime());
            zk.delete(root + "/a");
            for (ScanRun run : List.of(ups, complete, events)) {
                Await.until("the row is gone", () -> run.rows().size() == 2);
                Row gone = run.copy().get(1);
                assertThat(gone.<String>getFieldAs("k")).isEqualTo("a");
                assertThat(gone.<Instant>getFieldAs("mtime")).isNotNull().isAfterOrEqualTo(last);
            }
            assertThat(ups.copy().get(1).getKind()).isEqualTo(RowKind.DELETE);
            assertThat(complete.copy().get(1).getKind()).isEqualTo(RowKind.DELETE);
        }
    }

    @Test
    void latestOffsetIsSilentAboutTheBaseAndItsFirstChangeIsAnUpdate() {
        zk.create(root + "/base", "1");
        zk.create(root + "/gone", "1");
        zk.create(root + "/again", "1");
        zk.create(root + "/marker", "");
        table(LOG, "scan.changelog-mode=append", "scan.startup.mode=latest-offset");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, v FROM t")) {
            awaitMarker(run);
            zk.set(root + "/base", "2");
            zk.delete(root + "/gone");
            NodeTables.recreate(zk, root + "/again", "2");
            zk.create(root + "/later", "1");
            zk.set(root + "/later", "1");
            zk.create(root + "/end", "");
            Await.until("the last", () -> run.rows().contains("+[CREATED, end, null]"));
            assertThat(run.rows().stream().filter(row -> !row.contains("marker") && !row.contains("[CHANGED, later")))
                    .containsExactlyInAnyOrder(
                            "+[CHANGED, base, 2]",
                            "+[DELETED, gone, null]",
                            "+[DELETED, again, null]",
                            "+[CREATED, again, 2]",
                            "+[CREATED, later, 1]",
                            "+[CREATED, end, null]");
            assertThat(run.rows().stream().filter(row -> row.contains("marker")))
                    .allMatch(row -> row.startsWith("+[CHANGED,"));
        }
    }

    @Test
    void latestOffsetInAllModeTakesBackTheOldRowOfTheBase() {
        zk.create(root + "/base", "1");
        zk.create(root + "/gone", "1");
        zk.create(root + "/marker", "");
        table(KEYLESS, "scan.changelog-mode=all", "scan.startup.mode=latest-offset");
        try (ScanRun run = ScanRun.all(sql, "SELECT k, v, `version` FROM t")) {
            awaitMarker(run);
            zk.set(root + "/base", "2");
            zk.delete(root + "/gone");
            Await.untilAsserted(
                    "the changes", () -> assertThat(run.rows().stream().filter(row -> !row.contains("marker")))
                            .containsExactlyInAnyOrder("-[base, 1, 0]", "+[base, 2, 1]", "-[gone, 1, 0]"));
        }
    }

    @Test
    void latestOffsetInUpsertMode() {
        zk.create(root + "/base", "1");
        zk.create(root + "/gone", "1");
        zk.create(root + "/marker", "");
        table(KEYED, "scan.startup.mode=latest-offset");
        try (ScanRun run = ScanRun.upsert(sql, "SELECT k, v FROM t", "k")) {
            awaitMarker(run);
            zk.set(root + "/base", "2");
            zk.delete(root + "/gone");
            Await.untilAsserted(
                    "the changes", () -> assertThat(run.exactRows().stream().filter(row -> !row.contains("marker")))
                            .containsExactlyInAnyOrder("+U[base, 2]", "-D[gone, null]"));
        }
    }

    @Test
    void latestOffsetOfARootThatDoesNotExist() {
        table(LOG, "scan.changelog-mode=append", "scan.startup.mode=latest-offset");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, v FROM t")) {
            Await.until("a new znode is seen", () -> {
                zk.deleteTree(root + "/marker");
                zk.create(root + "/marker", "");
                return !run.rows().isEmpty();
            });
            zk.create(root + "/a", "1");
            Await.until("a", () -> run.rows().contains("+[CREATED, a, 1]"));
        }
    }

    @Test
    void snapshotIsInsertOnlyInEveryModeAndRuntime() {
        zk.create(root + "/a/b", "1");
        for (boolean batch : new boolean[] {false, true}) {
            StreamTableEnvironment env =
                    batch ? SharedMiniCluster.batchTableEnvironment(2) : SharedMiniCluster.tableEnvironment(2);
            String[] bounded = batch ? new String[0] : new String[] {"scan.bounded.mode=snapshot"};
            NodeTables.create(env, "d", KEYED, root + "/{*k}", bounded);
            NodeTables.create(env, "n", KEYLESS, root + "/{*k}", bounded);
            NodeTables.create(env, "u", KEYED, root + "/{*k}", plus(bounded, "scan.changelog-mode=upsert"));
            NodeTables.create(env, "f", KEYED, root + "/{*k}", plus(bounded, "scan.changelog-mode=all"));
            NodeTables.create(env, "g", KEYLESS, root + "/{*k}", plus(bounded, "scan.changelog-mode=all"));
            NodeTables.create(env, "e", LOG, root + "/{*k}", plus(bounded, "scan.changelog-mode=append"));
            for (String table : List.of("d", "n", "u", "f", "g")) {
                assertThat(end(env, "SELECT k, v FROM " + table))
                        .as("batch %s table %s", batch, table)
                        .containsExactlyInAnyOrder("+I[a, null]", "+I[a/b, 1]");
            }
            assertThat(end(env, "SELECT k, v, event FROM e"))
                    .containsExactlyInAnyOrder("+I[a, null, CREATED]", "+I[a/b, 1, CREATED]");
            List<String> counts = end(env, "SELECT COUNT(*) FROM d x JOIN f y ON x.k = y.k");
            assertThat(counts.get(counts.size() - 1)).endsWith("[2]");
        }
    }

    @Test
    void anExplicitUnboundedIsRefusedInBatchMode() {
        StreamTableEnvironment batch = SharedMiniCluster.batchTableEnvironment(1);
        NodeTables.create(batch, "t", KEYED, root + "/{k}", "scan.bounded.mode=unbounded");
        assertThatThrownBy(() -> batch.explainSql("SELECT * FROM t"))
                .hasStackTraceContaining("scan.bounded.mode")
                .hasStackTraceContaining("unbounded")
                .hasStackTraceContaining("snapshot");
    }

    @Test
    void appendRefusesAPrimaryKeyAndEventTypeIsOnlyForAppend() {
        NodeTables.create(sql, "keyed", KEYED, root + "/{k}", "scan.changelog-mode=append");
        assertThatThrownBy(() -> sql.explainSql("SELECT * FROM keyed"))
                .hasStackTraceContaining("scan.changelog-mode")
                .hasStackTraceContaining("append")
                .hasStackTraceContaining("rimary key");
        NodeTables.create(sql, "typed", LOG, root + "/{k}", "scan.changelog-mode=all");
        assertThatThrownBy(() -> sql.explainSql("SELECT * FROM typed"))
                .hasStackTraceContaining("event-type")
                .hasStackTraceContaining("append");
        NodeTables.create(sql, "keyless", KEYLESS, root + "/{k}", "scan.changelog-mode=upsert");
        assertThatThrownBy(() -> sql.explainSql("SELECT * FROM keyless"))
                .hasStackTraceContaining("scan.changelog-mode")
                .hasStackTraceContaining("upsert")
                .hasStackTraceContaining("rimary key");
    }

    private void awaitMarker(ScanRun run) {
        Await.until("a change is seen", () -> {
            zk.set(root + "/marker", "x");
            return !run.rows().isEmpty();
        });
    }

    private static String[] plus(String[] options, String option) {
        String[] more = java.util.Arrays.copyOf(options, options.length + 1);
        more[options.length] = option;
        return more;
    }

    private void table(String columns, String... options) {
        NodeTables.create(sql, "t", columns, root + "/{*k}", options);
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }

    private static List<String> end(StreamTableEnvironment env, String query) {
        try (Changelog changes = new Changelog(env.executeSql(query))) {
            return changes.awaitEnd();
        }
    }
}
