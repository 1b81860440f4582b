// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A savepoint that an earlier version took is restored by this one. It lies in {@code src/test/resources/state}, is
 * kept for ever, and each version that changes a state format adds its own:
 * {@code mvn test-compile failsafe:integration-test failsafe:verify -Dit.test=SavepointITCase -Dstate.write=true}.
 *
 * <p>State holds zxids, so the server has to be as it was then: a fresh one on which the same is done in the same
 * order.
 */
class SavepointITCase {

    private static final Path SAVEPOINT = Path.of("src/test/resources/state/savepoint-1");
    private static final String ROOT = "/saved";
    private static final long LAST_PREPARED_ZXID = 8;

    @TempDir
    Path directory;

    private final ZooKeeperProcess server = new ZooKeeperProcess().start();
    private final ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString());

    @AfterEach
    void close() {
        zk.close();
        server.close();
    }

    @Test
    void theSavepointOfVersion1RestoresToExactlyTheDifferences() throws IOException {
        prepare();
        if (Boolean.getBoolean("state.write")) {
            write();
        }
        // Later than all that the job saw of its server.
        for (int i = 0; i < 100; i++) {
            zk.set(ROOT, "");
        }
        zk.set(ROOT + "/changed", "2");
        zk.set(ROOT + "/changed", "3");
        zk.delete(ROOT + "/gone");
        NodeTables.recreate(zk, ROOT + "/again", "9");
        zk.deleteTree(ROOT + "/old");
        zk.create(ROOT + "/new", "0");
        try (ScanRun run = start(SAVEPOINT.toUri().toString())) {
            run.awaitRowsInAnyOrder(List.of(
                    "-[changed, 1, 0]",
                    "+[changed, 3, 2]",
                    "-[gone, 1, 0]",
                    "-[again, 1, 0]",
                    "+[again, 9, 0]",
                    "-[old, 0, 0]",
                    "-[old/x, 1, 0]",
                    "+[new, 0, 0]"));
            zk.delete(ROOT + "/same");
            run.awaitRowsInAnyOrder(List.of(
                    "-[changed, 1, 0]",
                    "+[changed, 3, 2]",
                    "-[gone, 1, 0]",
                    "-[again, 1, 0]",
                    "+[again, 9, 0]",
                    "-[old, 0, 0]",
                    "-[old/x, 1, 0]",
                    "+[new, 0, 0]",
                    "-[same, 1, 0]"));
        }
    }

    private void prepare() {
        zk.create(ROOT);
        zk.create(ROOT + "/changed", "1");
        zk.create(ROOT + "/same", "1");
        zk.create(ROOT + "/gone", "1");
        zk.create(ROOT + "/again", "1");
        zk.create(ROOT + "/old", "0");
        zk.create(ROOT + "/old/x", "1");
        assertThat(zk.stat(ROOT + "/old/x").getCzxid())
                .as("else the server counts otherwise than the one of the savepoint")
                .isEqualTo(LAST_PREPARED_ZXID);
    }

    private void write() throws IOException {
        try (ScanRun run = start(null)) {
            run.awaitRowsInAnyOrder(List.of(
                    "+[changed, 1, 0]",
                    "+[same, 1, 0]",
                    "+[gone, 1, 0]",
                    "+[again, 1, 0]",
                    "+[old, 0, 0]",
                    "+[old/x, 1, 0]"));
            Path savepoint =
                    Path.of(URI.create(run.stopWithSavepoint(directory.toUri().toString())));
            Files.createDirectories(SAVEPOINT);
            try (var files = Files.list(savepoint)) {
                for (Path file : files.toList()) {
                    Files.copy(file, SAVEPOINT.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private ScanRun start(String savepoint) {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.OPERATOR_CHAINING, false);
        configuration.set(PipelineOptions.MAX_PARALLELISM, 128);
        // Ids that depend on nothing but names.
        configuration.set(
                ExecutionConfigOptions.TABLE_EXEC_UID_GENERATION, ExecutionConfigOptions.UidGeneration.ALWAYS);
        configuration.set(ExecutionConfigOptions.TABLE_EXEC_UID_FORMAT, "<transformation>");
        if (savepoint != null) {
            configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1, configuration);
        NodeTables.createAt(
                server.connectString(),
                sql,
                "t",
                "k STRING, v STRING, `version` INT METADATA",
                ROOT + "/{*k}",
                "scan.changelog-mode=all");
        return ScanRun.all(sql, "SELECT k, v, `version` FROM t");
    }
}
