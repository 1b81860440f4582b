// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperEnsemble;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What {@code docker-compose.yml} describes, as processes with the same configuration files: an ensemble of three, a
 * JobManager that it elects, two TaskManagers with the shaded jar, and the SQL client. The leader of the ensemble and a
 * TaskManager are killed while another program works on the tree.
 */
class EndToEndITCase {

    private static final Path CONFIGURATION = Path.of("docker");

    @Test
    @Tag("nightly")
    void examplesSurviveWhatClustersSuffer() throws Exception {
        try (ZooKeeperEnsemble ensemble = new ZooKeeperEnsemble(CONFIGURATION.resolve("zoo.cfg")).start();
                FlinkCluster flink = new FlinkCluster(
                                "2.3.0", CONFIGURATION.resolve("flink").toAbsolutePath(), 2, settings(ensemble))
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(ensemble.connectString())) {
            List<String> jobs = List.of(submit(flink, "mirror.sql", ensemble), submit(flink, "audit.sql", ensemble));

            AtomicBoolean enough = new AtomicBoolean();
            AtomicInteger created = new AtomicInteger();
            try (AutoCloseable worker = work(ensemble, enough, created)) {
                Await.until("rows are written", () -> zk.tree("/audit").size() > 50);
                ZooKeeperProcess leader = ensemble.leader();
                leader.kill();
                awaitProgress(created);
                flink.taskManager(0).kill();
                leader.start();
                awaitProgress(created);
                flink.taskManager(0).start();
                awaitProgress(created);
            }

            flink.awaitTaskManagers();
            jobs.forEach(flink.rest()::awaitRunning);
            Await.untilAsserted("the mirror equals its source", () -> assertThat(rows(zk, "/copy"))
                    .isNotEmpty()
                    .containsExactlyInAnyOrderElementsOf(rows(zk, "/config")));
            Await.until("all events are there", () -> creations(zk).size() >= created.get());
            assertThat(creations(zk)).hasSize(created.get()).doesNotHaveDuplicates();
            theCatalogIsThere(flink, ensemble);
        }
    }

    /** As whoever starts a SQL client finds it. */
    private static void theCatalogIsThere(FlinkCluster flink, ZooKeeperEnsemble ensemble) throws IOException {
        String catalog = Files.readString(CONFIGURATION.resolve("catalog.sql"))
                .replace("localhost:2181", ensemble.connectString());
        for (String session : List.of("first", "second")) {
            assertThat(SqlClient.run(flink, session + ".sql", "SHOW TABLES FROM zk.tree;\n", catalog))
                    .contains("/config/{*path}", "/copy/{*path}");
        }
    }

    /** Addresses; and here several processes share a machine, each with its metrics. */
    private static Map<String, String> settings(ZooKeeperEnsemble ensemble) {
        return Map.of(
                "high-availability.zookeeper.quorum",
                ensemble.connectString(),
                "metrics.reporter.prom.port",
                "14000-14100");
    }

    private static String submit(FlinkCluster flink, String example, ZooKeeperEnsemble ensemble) throws IOException {
        List<String> jobs = SqlClient.run(flink, example, ensemble.connectString());
        assertThat(jobs).as("jobs of %s", example).hasSize(1);
        flink.rest().awaitRunning(jobs.get(0));
        return jobs.get(0);
    }

    /** Creates settings that stay, changes them, and creates and deletes others, until closed. */
    private static AutoCloseable work(ZooKeeperEnsemble ensemble, AtomicBoolean enough, AtomicInteger created) {
        var executor = Executors.newSingleThreadExecutor();
        CompletableFuture<Void> work = CompletableFuture.runAsync(
                () -> {
                    try (ZooKeeperAdmin zk = new ZooKeeperAdmin(ensemble.connectString())) {
                        zk.create("/config/shop/changes", "0");
                        for (int i = 0; !enough.get(); i++) {
                            zk.create("/config/shop/setting-" + i, "v" + i);
                            created.incrementAndGet();
                            zk.set("/config/shop/changes", String.valueOf(i));
                            zk.create("/config/passing/" + i, "v");
                            zk.delete("/config/passing/" + i);
                            if (i >= 10) {
                                zk.set("/config/shop/setting-" + (i - 10), "w");
                            }
                        }
                    }
                },
                executor);
        return () -> {
            enough.set(true);
            Await.result(work);
            executor.shutdown();
        };
    }

    private static void awaitProgress(AtomicInteger created) {
        int before = created.get();
        Await.until("the other program has gone on", () -> created.get() > before + 100);
    }

    /** The rows of {@code <root>/{app}/{setting}}; what is above them is none, and is there only if it was needed. */
    private static List<String> rows(ZooKeeperAdmin zk, String root) {
        return zk.tree(root).entrySet().stream()
                .filter(znode -> znode.getKey().substring(root.length()).lastIndexOf('/') > 0)
                .map(znode -> znode.getKey().substring(root.length()) + "=" + znode.getValue())
                .toList();
    }

    /** What the log says was created, of what stays. */
    private static List<String> creations(ZooKeeperAdmin zk) {
        return zk.tree("/audit").values().stream()
                .filter(entry -> entry.contains("\"CREATED\"") && entry.contains("\"setting-"))
                .toList();
    }
}
