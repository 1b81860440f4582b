// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code scheduler-mode: reactive}: a job that takes all TaskManagers that there are, as they come and go. Each kind of
 * sink is in it; those for one writer keep to one, its session and its znodes.
 */
@Tag("nightly")
class ReactiveITCase {

    private static final String JOB = "00000000000000000000000000000001";

    @TempDir
    private Path configuration;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();

    /** The program of the cluster: executes its arguments. */
    public static final class Program {
        public static void main(String[] statements) {
            TableEnvironment sql = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
            for (String statement : statements) {
                sql.executeSql(statement);
            }
        }
    }

    @Test
    void tablesFollowWhileTaskManagersComeAndGo() throws Exception {
        Files.writeString(configuration.resolve("config.yaml"), """
                scheduler-mode: reactive
                taskmanager.numberOfTaskSlots: 1
                restart-strategy.type: fixed-delay
                restart-strategy.fixed-delay.attempts: 1000
                restart-strategy.fixed-delay.delay: 200 ms
                execution.checkpointing.interval: 200 ms
                heartbeat.interval: 1000
                heartbeat.timeout: 8000
                jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling: 0 s
                jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout: 1 s
                jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout: 1 s
                """);
        for (int i = 0; i < 20; i++) {
            zk.create(root + "/wanted/k" + i, String.valueOf(i));
        }
        try (FlinkCluster flink = FlinkCluster.ofProgram("2.3.0", configuration, 2, JOB, Program.class, statements())) {
            flink.jobManager().start();
            flink.taskManager(0).start();
            awaitParallelism(flink, 1);
            awaitTables();
            Map<String, Long> before = owned();
            assertThat(before).hasSize(40).doesNotContainValue(0L);

            flink.taskManager(1).start();
            awaitParallelism(flink, 2);
            change(1);
            awaitTables();
            assertThat(owned()).as("znodes and their sessions").containsAllEntriesOf(kept(before));

            flink.taskManager(0).kill();
            awaitParallelism(flink, 1);
            change(2);
            awaitTables();
            assertThat(owned()).as("znodes and their sessions").containsAllEntriesOf(kept(before));
        }
    }

    private List<String> statements() {
        List<String> statements = new ArrayList<>();
        String row = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";
        statements.add(table("wanted", row, "/wanted/{k}"));
        statements.add(table("upserts", row, "/upserts/{k}"));
        statements.add(table(
                "transactions",
                row,
                "/transactions/{k}",
                "'sink.delivery-guarantee' = 'exactly-once'",
                "'sink.transactional-id-prefix' = 'reactive'",
                "'sink.commit-path' = '" + root + "/commits'"));
        statements.add(table("live", row, "/live/{k}", "'sink.create-mode' = 'ephemeral'"));
        statements.add(table(
                "claims",
                "door STRING, owner STRING, PRIMARY KEY (door, owner) NOT ENFORCED",
                "/claims/{door}",
                "'recipe' = 'lock'"));
        statements.add("EXECUTE STATEMENT SET BEGIN INSERT INTO upserts SELECT * FROM wanted;"
                + " INSERT INTO transactions SELECT * FROM wanted; INSERT INTO live SELECT * FROM wanted;"
                + " INSERT INTO claims SELECT k, 'me' FROM wanted; END");
        return statements;
    }

    private String table(String name, String columns, String path, String... options) {
        List<String> all = new ArrayList<>(List.of(
                "'connector' = 'zookeeper'",
                "'connect-string' = '" + SharedZooKeeper.connectString() + "'",
                "'session-timeout' = '30 s'",
                "'path' = '" + root + path + "'"));
        all.addAll(List.of(options));
        return "CREATE TABLE " + name + " (" + columns + ") WITH (" + String.join(", ", all) + ")";
    }

    /** Waits until the scans and sinks that may have several subtasks have as many, and the others one. */
    private static void awaitParallelism(FlinkCluster flink, int parallelism) {
        Await.untilAsserted("the job runs with a parallelism of " + parallelism, () -> {
            assertThat(flink.rest().state(JOB)).isEqualTo("RUNNING");
            assertThat(flink.rest().vertices(JOB))
                    .isNotEmpty()
                    .anySatisfy(vertex -> assertThat(vertex.parallelism()).isEqualTo(parallelism))
                    .allSatisfy(vertex -> assertThat(vertex.parallelism())
                            .as(vertex.name())
                            .isEqualTo(Math.min(parallelism, vertex.maxParallelism())));
        });
        flink.rest().awaitRunning(JOB);
    }

    private void change(int round) {
        zk.set(root + "/wanted/k0", "changed " + round);
        zk.delete(root + "/wanted/k" + round);
        zk.create(root + "/wanted/new" + round, "new");
    }

    private void awaitTables() {
        Await.untilAsserted("all tables have what is wanted", () -> {
            SortedMap<String, String> wanted = below("/wanted");
            assertThat(wanted).hasSize(20);
            for (String copy : List.of("/upserts", "/transactions", "/live")) {
                assertThat(below(copy)).as(copy).isEqualTo(wanted);
            }
            assertThat(claims()).hasSize(20).allSatisfy(path -> assertThat(wanted)
                    .containsKey(path.substring((root + "/claims").length(), path.lastIndexOf('/'))));
        });
    }

    private SortedMap<String, String> below(String top) {
        SortedMap<String, String> rows = new TreeMap<>();
        zk.tree(root + top).forEach((path, data) -> rows.put(path.substring(root.length() + top.length()), data));
        rows.remove("");
        return rows;
    }

    private List<String> claims() {
        return zk.tree(root + "/claims").keySet().stream()
                .filter(path -> path.contains("-lock-"))
                .toList();
    }

    /** Ephemeral rows and claims, with the session and the transaction that each was created by. */
    private Map<String, Long> owned() {
        Map<String, Long> owners = new TreeMap<>();
        Stream.concat(below("/live").keySet().stream().map(path -> root + "/live" + path), claims().stream())
                .forEach(path -> owners.put(path, zk.stat(path).getEphemeralOwner()));
        return owners;
    }

    /** Without those that a round takes back. */
    private static Map<String, Long> kept(Map<String, Long> owned) {
        Map<String, Long> kept = new TreeMap<>(owned);
        kept.keySet().removeIf(path -> path.matches(".*/k[12](/.*)?"));
        return kept;
    }
}
