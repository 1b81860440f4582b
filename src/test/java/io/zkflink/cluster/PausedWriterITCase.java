// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two jobs guarded by one lock, in processes of their own. The one that holds it is stopped for longer than its session
 * lasts, and goes on as if nothing had happened, with requests in its hands: none of them may be carried out.
 */
@Tag("nightly")
class PausedWriterITCase {

    private static final int ROWS = 30;

    private final String root = SharedZooKeeper.freshRoot();
    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();

    @Test
    void writerThatWasStoppedWritesNothingMore() throws Exception {
        try (FlinkCluster flink = new FlinkCluster(
                                "2.3.0",
                                Path.of("docker", "flink").toAbsolutePath(),
                                2,
                                Map.of(
                                        "high-availability.type", "NONE",
                                        "taskmanager.numberOfTaskSlots", "1",
                                        "heartbeat.timeout", "300 s",
                                        "metrics.reporters", ""))
                        .start();
                SqlProcess sql = new SqlProcess(flink)) {
            flink.rest().awaitRunning(submit(sql, "active"));
            Await.until("the active one writes", () -> rows("active").size() >= ROWS);
            submit(sql, "standby");
            Await.until(
                    "the standby one waits for the lock",
                    () -> zk.children(root + "/guard").size() == 2);
            assertThat(rows("standby")).isEmpty();

            JavaProcess victim = taskManagerOf(flink, "active");
            victim.pause();
            Await.until("the standby one has taken over", () -> rows("standby").size() >= ROWS);
            long takenOver =
                    rows("standby").stream().mapToLong(Stat::getCzxid).min().orElseThrow();
            victim.resume();
            int before = rows("standby").size();
            Await.until("the stopped one knows", () -> victim.hasLogged("has lost the lock"));
            Await.until("the standby one goes on", () -> rows("standby").size() >= before + ROWS);

            assertThat(rows("active")).extracting(Stat::getMzxid).allMatch(zxid -> zxid < takenOver);
        }
    }

    /** Each row is a znode of its own. */
    private String submit(SqlProcess sql, String name) {
        sql.execute("CREATE TABLE " + name + "_numbers (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '20',"
                + " 'fields.k.kind' = 'sequence', 'fields.k.start' = '1', 'fields.k.end' = '100000')");
        sql.execute("CREATE TABLE " + name + " (k INT, v STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + SharedZooKeeper.connectString() + "', 'path' = '" + root + "/" + name
                + "/{k}', 'session-timeout' = '4 s',"
                + " 'sink.guard.lock' = '" + root + "/guard')");
        return sql.execute("INSERT INTO " + name + " SELECT k, 'v' FROM " + name + "_numbers");
    }

    private List<Stat> rows(String name) {
        String path = root + "/" + name;
        return zk.tree(path).keySet().stream().map(zk::stat).toList();
    }

    /** The one in whose log the job's tasks are. */
    private static JavaProcess taskManagerOf(FlinkCluster flink, String table) {
        return Stream.of(0, 1)
                .map(flink::taskManager)
                .filter(each -> each.hasLogged(table + "_numbers"))
                .findFirst()
                .orElseThrow();
    }
}
