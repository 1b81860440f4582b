// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.Op;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was missed between a savepoint and its restore is exactly what the restored job says first. */
class RestoreITCase {

    private static final String KEYED = "k STRING, v STRING, `version` INT METADATA, PRIMARY KEY (k) NOT ENFORCED";
    private static final String KEYLESS = "k STRING, v STRING, `version` INT METADATA";

    @TempDir
    Path savepoints;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();

    private static StreamTableEnvironment environment(int parallelism, String savepoint) {
        Configuration configuration = new Configuration();
        // The operators' generated ids shall not depend on what is chained, which depends on parallelism.
        configuration.set(PipelineOptions.OPERATOR_CHAINING, false);
        configuration.set(PipelineOptions.MAX_PARALLELISM, 128);
        if (savepoint != null) {
            configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        return SharedMiniCluster.tableEnvironment(parallelism, configuration);
    }

    private ScanRun start(String mode, int parallelism, int readers, String savepoint) {
        return start(SharedZooKeeper.connectString(), mode, parallelism, readers, savepoint);
    }

    private ScanRun start(String connectString, String mode, int parallelism, int readers, String savepoint) {
        StreamTableEnvironment sql = environment(parallelism, savepoint);
        String columns =
                switch (mode) {
                    // With metadata columns Flink would normalise the changelog, and so hide what the source gives.
                    case "upsert" -> "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";
                    case "keyed all" -> KEYED;
                    case "append" -> KEYLESS + ", event STRING METADATA FROM 'event-type'";
                    default -> KEYLESS;
                };
        NodeTables.createAt(
                connectString,
                sql,
                "t",
                columns,
                root + "/{*k}",
                "scan.parallelism=" + readers,
                "scan.changelog-mode=" + mode.replace("keyed ", ""));
        return switch (mode) {
            case "upsert" -> ScanRun.upsert(sql, "SELECT k, v FROM t", "k");
            case "append" -> ScanRun.all(sql, "SELECT event, k, v FROM t");
            default -> ScanRun.all(sql, "SELECT k, v, `version` FROM t");
        };
    }

    private void base() {
        zk.create(root + "/changed", "1");
        zk.create(root + "/same", "1");
        zk.create(root + "/gone", "1");
        zk.create(root + "/again", "1");
        zk.create(root + "/old", "0");
        zk.create(root + "/old/x", "1");
    }

    private static final List<String> BASE = List.of(
            "+[changed, 1, 0]", "+[same, 1, 0]", "+[gone, 1, 0]", "+[again, 1, 0]", "+[old, 0, 0]", "+[old/x, 1, 0]");

    private void away() {
        zk.set(root + "/changed", "2");
        zk.set(root + "/changed", "3");
        zk.delete(root + "/gone");
        NodeTables.transaction(
                zk,
                Op.delete(root + "/again", -1),
                NodeTables.creation(root + "/again", "9"),
                NodeTables.creation(root + "/again/kid", "k"));
        zk.deleteTree(root + "/old");
        zk.create(root + "/new", "0");
        zk.create(root + "/new/x", "1");
        zk.create(root + "/brief", "1");
        zk.delete(root + "/brief");
    }

    private static List<String> missed(String mode) {
        return switch (mode) {
            case "upsert" ->
                List.of(
                        "+[changed, 3]",
                        "-[gone, null]",
                        "+[again, 9]",
                        "+[again/kid, k]",
                        "-[old, null]",
                        "-[old/x, null]",
                        "+[new, 0]",
                        "+[new/x, 1]");
            case "append" ->
                List.of(
                        "+[CHANGED, changed, 3]",
                        "+[DELETED, gone, null]",
                        "+[DELETED, again, null]",
                        "+[CREATED, again, 9]",
                        "+[CREATED, again/kid, k]",
                        "+[DELETED, old, null]",
                        "+[DELETED, old/x, null]",
                        "+[CREATED, new, 0]",
                        "+[CREATED, new/x, 1]");
            default ->
                List.of(
                        "-[changed, 1, 0]",
                        "+[changed, 3, 2]",
                        "-[gone, 1, 0]",
                        "-[again, 1, 0]",
                        "+[again, 9, 0]",
                        "+[again/kid, k, 0]",
                        "-[old, 0, 0]",
                        "-[old/x, 1, 0]",
                        "+[new, 0, 0]",
                        "+[new/x, 1, 0]");
        };
    }

    private void exactlyTheDifferences(String mode, int before, int readersBefore, int after, int readersAfter) {
        base();
        List<String> first =
                switch (mode) {
                    case "append" ->
                        BASE.stream()
                                .map(row -> row.replace("+[", "+[CREATED, ").replace(", 0]", "]"))
                                .toList();
                    case "upsert" ->
                        BASE.stream().map(row -> row.replace(", 0]", "]")).toList();
                    default -> BASE;
                };
        String savepoint;
        try (ScanRun run = start(mode, before, readersBefore, null)) {
            run.awaitRowsInAnyOrder(first);
            savepoint = run.stopWithSavepoint(savepoints.toString());
            assertThat(run.rows()).hasSameSizeAs(first);
        }
        away();
        try (ScanRun run = start(mode, after, readersAfter, savepoint)) {
            run.awaitRowsInAnyOrder(missed(mode));
            zk.set(root + "/same", "2");
            List<String> then = new ArrayList<>(missed(mode));
            switch (mode) {
                case "upsert" -> then.add("+[same, 2]");
                case "append" -> then.add("+[CHANGED, same, 2]");
                default -> then.addAll(List.of("-[same, 1, 0]", "+[same, 2, 1]"));
            }
            run.awaitRowsInAnyOrder(then);
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        try (ScanRun run = start(mode, before, readersBefore, savepoint)) {
            zk.delete(root + "/same");
            Await.until("the deletion alone", () -> run.rows().size() == 1);
            zk.set(root + "/changed", "4");
            Await.until("the change", () -> run.rows().size() > 1);
            assertThat(run.rows().get(0)).contains("same");
            assertThat(run.rows().get(1)).contains("changed");
        }
    }

    @Test
    void upsertRestoresToExactlyTheDifferences() {
        exactlyTheDifferences("upsert", 1, 1, 1, 1);
    }

    @Test
    void allRestoresToExactlyTheDifferences() {
        exactlyTheDifferences("all", 1, 1, 1, 1);
    }

    @Test
    void allWithAKeyRestoresToExactlyTheDifferences() {
        exactlyTheDifferences("keyed all", 1, 1, 1, 1);
    }

    @Test
    void appendRestoresToExactlyTheDifferences() {
        exactlyTheDifferences("append", 1, 1, 1, 1);
    }

    @Test
    void upsertRestoresAtOtherParallelism() {
        exactlyTheDifferences("upsert", 2, 2, 4, 4);
    }

    @Test
    void allWithAKeyRestoresAtMoreAndThenFewerReaders() {
        exactlyTheDifferences("keyed all", 3, 1, 3, 3);
    }

    @Test
    void appendRestoresAtFewerAndThenMoreReaders() {
        exactlyTheDifferences("append", 4, 4, 3, 3);
    }

    @Test
    void latestOffsetStaysSilentAboutItsBaseAfterARestore() {
        zk.create(root + "/base", "1");
        zk.create(root + "/gone", "1");
        zk.create(root + "/marker", "");
        String savepoint;
        try (ScanRun run = latest(null)) {
            Await.until("a change is seen", () -> {
                zk.set(root + "/marker", "x");
                return !run.rows().isEmpty();
            });
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        zk.set(root + "/base", "2");
        zk.delete(root + "/gone");
        zk.create(root + "/new", "1");
        zk.delete(root + "/marker");
        try (ScanRun run = latest(savepoint)) {
            run.awaitRowsInAnyOrder(List.of(
                    "+[CHANGED, base, 2]", "+[DELETED, gone, null]", "+[CREATED, new, 1]", "+[DELETED, marker, null]"));
        }
    }

    private ScanRun latest(String savepoint) {
        StreamTableEnvironment sql = environment(1, savepoint);
        NodeTables.create(
                sql,
                "t",
                KEYLESS + ", event STRING METADATA FROM 'event-type'",
                root + "/{*k}",
                "scan.startup.mode=latest-offset",
                "scan.changelog-mode=append");
        return ScanRun.all(sql, "SELECT event, k, v FROM t");
    }

    @Test
    void theWholeTreeMayBeGoneAtTheRestore() {
        base();
        String savepoint;
        try (ScanRun run = start("all", 1, 1, null)) {
            run.awaitRowsInAnyOrder(BASE);
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        zk.deleteTree(root);
        try (ScanRun run = start("all", 1, 1, savepoint)) {
            run.awaitRowsInAnyOrder(
                    BASE.stream().map(row -> row.replace("+[", "-[")).toList());
        }
    }

    @Test
    void aStateOfAnotherPathIsRefusedNamingBoth() {
        zk.create(root + "/a", "1");
        String savepoint;
        try (ScanRun run = start("append", 1, 1, null)) {
            run.awaitRowsInAnyOrder(List.of("+[CREATED, a, 1]"));
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        StreamTableEnvironment sql = environment(1, savepoint);
        NodeTables.create(
                sql,
                "t",
                KEYLESS + ", event STRING METADATA FROM 'event-type'",
                root + "/below/{k}",
                "scan.changelog-mode=append");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, v FROM t")) {
            assertThat(run.awaitFailure())
                    .hasStackTraceContaining("The state of this scan knows the znode '" + root
                            + "/a', which the 'path' = '" + root + "/below/{k}' of the table does not match");
        }
    }

    @Test
    void aSkippedPayloadStaysSkippedAcrossARestore() {
        zk.create(root + "/a", "garbage");
        zk.create(root + "/b", "{\"n\":1}");
        zk.create(root + "/c", "{\"n\":1}");
        String savepoint;
        try (ScanRun run = skipping(null)) {
            run.awaitRowsInAnyOrder(List.of("+[b, 1]", "+[c, 1]"));
            zk.set(root + "/c", "garbage");
            run.awaitRowsInAnyOrder(List.of("+[b, 1]", "+[c, 1]", "-[c, 1]"));
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        zk.delete(root + "/a");
        zk.set(root + "/b", "garbage");
        zk.set(root + "/c", "{\"n\":2}");
        try (ScanRun run = skipping(savepoint)) {
            run.awaitRowsInAnyOrder(List.of("-[b, 1]", "+[c, 2]"));
            zk.delete(root + "/b");
            zk.delete(root + "/c");
            run.awaitRowsInAnyOrder(List.of("-[b, 1]", "+[c, 2]", "-[c, 2]"));
        }
    }

    private ScanRun skipping(String savepoint) {
        StreamTableEnvironment sql = environment(1, savepoint);
        NodeTables.create(sql, "t", "k STRING, n INT", root + "/{k}", "format=json", "scan.parse-errors=skip");
        return ScanRun.all(sql, "SELECT k, n FROM t");
    }

    @Test
    void anEnsembleBehindTheStateFailsTheRestoreNamingBothZxids() {
        base();
        long seen = zk.stat(root + "/old/x").getMzxid();
        String savepoint;
        try (ScanRun run = start("all", 1, 1, null)) {
            run.awaitRowsInAnyOrder(BASE);
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        try (ZooKeeperProcess rebuilt = new ZooKeeperProcess().start();
                ScanRun run = start(rebuilt.connectString(), "all", 1, 1, savepoint)) {
            assertThat(run.awaitFailure()).hasStackTraceContaining("zxid").satisfies(failure -> assertThat(
                            org.apache.flink.util.ExceptionUtils.stringifyException(failure))
                    .containsPattern("0x[0-9a-f]+, but the reader has already seen 0x[0-9a-f]+"));
            assertThat(run.copy()).isEmpty();
            assertThat(seen).isPositive();
        }
    }

    @Test
    void aLostTaskManagerLosesAndDoublesNothing() throws Exception {
        Map<String, String> many = new LinkedHashMap<>();
        for (int i = 0; i < 2000; i++) {
            many.put(root + "/n" + i, "1");
        }
        zk.createAll(many);
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
        configuration.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 100);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(100));
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(2, configuration);
        NodeTables.create(sql, "u", KEYED, root + "/{*k}", "scan.parallelism=2");
        NodeTables.create(sql, "f", KEYLESS, root + "/{*k}", "scan.parallelism=1");
        NodeTables.create(
                sql,
                "l",
                KEYLESS + ", event STRING METADATA FROM 'event-type'",
                root + "/{*k}",
                "scan.changelog-mode=append");
        try (Changelog upsert = new Changelog(sql.executeSql("SELECT k, v, `version` FROM u"));
                Changelog full = new Changelog(sql.executeSql("SELECT k, v, `version` FROM f"));
                Changelog log = new Changelog(sql.executeSql("SELECT event, k, v FROM l"))) {
            // Once while the snapshot may be under way, once after it.
            Await.until("some rows are there", () -> !full.rows().isEmpty());
            SharedMiniCluster.replaceTaskManager();
            Await.until(
                    "all rows are there",
                    () -> full.rows().size() == 2000
                            && upsert.rows().size() == 2000
                            && log.rows().size() == 2000);
            for (int i = 0; i < 100; i++) {
                zk.set(root + "/n" + i, "2");
            }
            SharedMiniCluster.replaceTaskManager();
            for (int i = 50; i < 150; i++) {
                NodeTables.recreate(zk, root + "/n" + i, "3");
            }
            for (int i = 150; i < 200; i++) {
                zk.delete(root + "/n" + i);
            }
            zk.create(root + "/end", "e");
            String[] rows = zk.tree(root).entrySet().stream()
                    .map(entry -> "[" + entry.getKey().substring(root.length() + 1) + ", " + entry.getValue() + ", "
                            + (entry.getValue().equals("2") ? 1 : 0) + "]")
                    .sorted()
                    .toArray(String[]::new);
            for (Changelog changes : List.of(upsert, full)) {
                Await.untilAsserted("the table equals the tree", () -> {
                    changes.rows();
                    assertThat(changes.table()).containsExactly(rows);
                });
            }
            Await.until("the last deletion and creation are in the log", () -> log.rows()
                    .containsAll(List.of("+I[CREATED, end, e]", "+I[DELETED, n199, null]")));
            assertThat(log.rows().stream().filter(row -> row.contains("CREATED")))
                    .hasSize(2000 + 100 + 1);
            assertThat(log.rows().stream().filter(row -> row.contains("DELETED")))
                    .hasSize(100 + 50);
            assertThat(log.rows()).doesNotHaveDuplicates();
        }
    }
}
