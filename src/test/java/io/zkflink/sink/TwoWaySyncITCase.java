// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two ensembles that mirror each other: what the connector writes for itself is no row, so they come to rest. */
class TwoWaySyncITCase {

    @RegisterExtension
    static final ZooKeeperExtension EAST = new ZooKeeperExtension();

    private final ZooKeeperAdmin east = EAST.admin();
    private final ZooKeeperAdmin west = SharedZooKeeper.admin();
    private final String westRoot = SharedZooKeeper.freshRoot();
    private final List<JobClient> jobs = new ArrayList<>();

    @AfterEach
    void cancel() {
        jobs.forEach(job -> {
            job.cancel();
            SharedMiniCluster.awaitGone(job.getJobID());
        });
    }

    @Test
    void bothComeToRestAndFollowEditsOnEitherSide() {
        west.create(westRoot + "/shop/a", "1");
        west.create(westRoot + "/shop/b", "2");
        east.create("/bank/x", "10");
        east.create("/shop/a", "1");
        mirror("there", "50 ms", "west", "east");
        mirror("back", "130 ms", "east", "west");
        awaitTrees(Map.of("/shop", "", "/shop/a", "1", "/shop/b", "2", "/bank", "", "/bank/x", "10"));
        awaitRest();

        west.set(westRoot + "/shop/a", "3");
        west.delete(westRoot + "/shop/b");
        west.create(westRoot + "/deep/er/most", "4");
        east.set("/bank/x", "11");
        east.create("/bank/y", "12");
        awaitTrees(Map.of(
                "/shop", "",
                "/shop/a", "3",
                "/deep", "",
                "/deep/er", "",
                "/deep/er/most", "4",
                "/bank", "",
                "/bank/x", "11",
                "/bank/y", "12"));
        awaitRest();
        assertThat(east.children("/_flink/commits")).containsExactly("there");
        assertThat(west.children(westRoot + "/_flink/commits")).containsExactly("back");
    }

    private void mirror(String prefix, String interval, String from, String to) {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1, SharedMiniCluster.restarting(interval, 0));
        for (String side : List.of("east", "west")) {
            NodeTables.createAt(
                    side.equals("east") ? EAST.connectString() : SharedZooKeeper.connectString() + westRoot,
                    sql,
                    side,
                    "p STRING, data BYTES, PRIMARY KEY (p) NOT ENFORCED",
                    "/{*p}",
                    "sink.delivery-guarantee=exactly-once",
                    "sink.transactional-id-prefix=" + prefix,
                    "sink.skip-unchanged=true",
                    "sink.delete-children=true");
        }
        jobs.add(sql.executeSql("INSERT INTO " + to + " SELECT * FROM " + from)
                .getJobClient()
                .orElseThrow());
    }

    private void awaitTrees(Map<String, String> expected) {
        Await.untilAsserted("both sides are equal", () -> {
            jobs.forEach(job -> assertThat(Await.result(job.getJobStatus()).isGloballyTerminalState())
                    .as("a job has ended")
                    .isFalse());
            assertThat(rows(west, westRoot)).isEqualTo(expected);
            assertThat(rows(east, "")).isEqualTo(expected);
        });
    }

    /** Waits until no side has been written to, not even a marker, while each job completed two checkpoints. */
    private void awaitRest() {
        Await.until("nothing is written any more", () -> {
            String before = versions();
            List<Long> checkpoints = checkpoints();
            Await.until("two checkpoints", () -> {
                List<Long> now = checkpoints();
                return now.get(0) >= checkpoints.get(0) + 2 && now.get(1) >= checkpoints.get(1) + 2;
            });
            return versions().equals(before);
        });
    }

    private List<Long> checkpoints() {
        return jobs.stream()
                .map(job -> Await.result(SharedMiniCluster.cluster().getExecutionGraph(job.getJobID()))
                        .getCheckpointStatsSnapshot()
                        .getCounts()
                        .getNumberOfCompletedCheckpoints())
                .toList();
    }

    private String versions() {
        SortedMap<String, Long> changed = new TreeMap<>();
        west.tree(westRoot)
                .keySet()
                .forEach(path -> changed.put("west" + path, west.stat(path).getMzxid()));
        east.tree("/").keySet().stream()
                .filter(path -> !path.startsWith("/zookeeper"))
                .forEach(path -> changed.put("east" + path, east.stat(path).getMzxid()));
        return changed.toString();
    }

    private static SortedMap<String, String> rows(ZooKeeperAdmin zk, String root) {
        SortedMap<String, String> rows = new TreeMap<>();
        zk.tree(root.isEmpty() ? "/" : root).forEach((path, data) -> rows.put(path.substring(root.length()), data));
        rows.keySet().removeIf(path -> path.matches("/(_flink|zookeeper)(/.*)?"));
        return rows;
    }
}
