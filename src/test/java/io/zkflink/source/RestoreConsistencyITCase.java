// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The property of {@link ConsistencyITCase} over savepoints and failovers: whatever happens to the tree while a job
 * runs and while it does not, at whatever parallelism it comes back, and whichever TaskManagers it loses, all rows of
 * all its lives together amount to the tree. The first savepoint of a life may fall into the middle of a walk, and so
 * may the loss of a TaskManager.
 */
class RestoreConsistencyITCase {

    private static final Logger LOG = LoggerFactory.getLogger(RestoreConsistencyITCase.class);
    private static final int LIVES = Integer.getInteger("consistency.lives", 6);
    private static final long SEED = Long.getLong("consistency.seed", System.nanoTime());

    @TempDir
    Path savepoints;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final Random random = new Random(SEED);
    private final List<String> table = new ArrayList<>();

    @Test
    void allLivesTogetherAmountToTheTree() throws Exception {
        String savepoint = null;
        String story = "seed " + SEED;
        for (int life = 0; life < LIVES; life++) {
            int parallelism = 1 + random.nextInt(4);
            int readers = 1 + random.nextInt(4);
            boolean settle = random.nextInt(3) > 0;
            int losses = settle ? random.nextInt(3) : 0;
            story += "; parallelism " + parallelism + ", readers " + readers + (settle ? "" : ", stopped early") + ", "
                    + losses + " TaskManagers lost";
            write(40);
            int known = table.size();
            try (ScanRun run = start(parallelism, readers, savepoint)) {
                write(40);
                for (int loss = 0; loss < losses; loss++) {
                    Await.until("the job runs", run::isRunning);
                    if (random.nextBoolean()) {
                        SharedMiniCluster.awaitDeployed(run.job());
                        Await.until(
                                "some rows are there",
                                () -> !run.copy().isEmpty() || with(run).equals(tree()));
                    }
                    SharedMiniCluster.replaceTaskManager();
                    write(10);
                    // A row that only those can give who came after the loss.
                    zk.create(root + "/loss-" + life + "-" + loss, "");
                }
                if (settle) {
                    String told = story;
                    Await.untilAsserted(
                            "the table equals the tree",
                            () -> assertThat(with(run)).as(told).containsExactlyInAnyOrderElementsOf(tree()));
                } else {
                    Await.until("the job runs", run::isRunning);
                }
                savepoint = run.stopWithSavepoint(savepoints.toString());
                List<String> now = with(run);
                table.clear();
                table.addAll(now);
            }
            LOG.info("Life {}: {} rows became {}; {}", life, known, table.size(), story);
        }
        try (ScanRun run = start(1, 1, savepoint)) {
            String told = story;
            Await.untilAsserted(
                    "the table equals the tree",
                    () -> assertThat(with(run)).as(told).containsExactlyInAnyOrderElementsOf(tree()));
        }
    }

    /** The rows of earlier lives with those of this one applied; each row that is taken back must be there. */
    private List<String> with(ScanRun run) {
        List<String> rows = new ArrayList<>(table);
        for (Row row : run.copy()) {
            String text = row.getField(0) + "=" + row.getField(1) + " v" + row.getField(2);
            if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER) {
                rows.add(text);
            } else {
                assertThat(rows.remove(text))
                        .as("seed %s: %s takes back a row of %s", SEED, row, rows)
                        .isTrue();
            }
        }
        return rows;
    }

    private List<String> tree() {
        List<String> rows = new ArrayList<>();
        new TreeMap<>(zk.tree(root)).forEach((path, data) -> {
            var stat = zk.stat(path);
            rows.add(path.substring(root.length() + 1) + "=" + (data.isEmpty() ? null : data) + " v"
                    + (stat == null ? "?" : stat.getVersion()));
        });
        return rows;
    }

    private void write(int operations) {
        for (int i = 0; i < operations; i++) {
            String path = root + "/" + "abcdefgh".charAt(random.nextInt(8));
            path += random.nextBoolean() ? "/" + random.nextInt(4) : "";
            String data = String.valueOf(random.nextInt(100));
            if (!zk.exists(path)) {
                zk.create(path, data);
            } else if (random.nextInt(3) == 0) {
                zk.deleteTree(path);
                if (random.nextBoolean()) {
                    zk.create(path, data);
                }
            } else {
                zk.set(path, data);
            }
        }
    }

    private ScanRun start(int parallelism, int readers, String savepoint) {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.OPERATOR_CHAINING, false);
        configuration.set(PipelineOptions.MAX_PARALLELISM, 128);
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 100);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(50));
        if (savepoint != null) {
            configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(parallelism, configuration);
        NodeTables.createAt(
                SharedZooKeeper.connectString(),
                sql,
                "t",
                "k STRING, v STRING, `version` INT METADATA",
                root + "/{*k}",
                "scan.parallelism=" + readers,
                "scan.changelog-mode=all");
        return ScanRun.all(sql, "SELECT k, v, `version` FROM t");
    }
}
