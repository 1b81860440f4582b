// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RunningJobs;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.List;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Of several jobs that write behind one lock, only that which holds it writes, whatever the others believe. */
class GuardLockITCase {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @RegisterExtension
    final RunningJobs jobs = new RunningJobs();

    private static int tests;

    private final ZooKeeperAdmin zk = ZK.admin();
    private final String root = "/t" + tests++;
    private final String lock = root + "/locks/deep/guard";

    @BeforeEach
    void createRoots() {
        zk.create(root + "/out", "");
        zk.create(root + "/of-a", "");
        zk.create(root + "/of-b", "");
    }

    @AfterEach
    void reset() {
        ZK.reset();
    }

    @Test
    void aJobThatWasCutOffPastItsSessionWritesNothing() {
        zk.create(root + "/of-a/1", "a");
        JobClient a = start("a", ZK.connectString());
        Await.until("the first writes", () -> zk.exists(root + "/out/1"));
        zk.create(root + "/of-b/2", "b");
        start("b", ZK.directConnectString());
        Await.until("both queue", () -> zk.children(lock).size() == 2);
        zk.set(root + "/of-a/1", "still a");
        Await.until("the first still writes", () -> zk.get(root + "/out/1").equals("still a"));
        assertThat(zk.exists(root + "/out/2")).isFalse();

        ZK.whileBlackholed(() -> {
            // These are read, since the source has another way, and wait for the sink's connection.
            zk.create(root + "/of-a/3", "a");
            Await.until("the second has taken over", () -> zk.exists(root + "/out/2"));
        });

        assertThat(RunningJobs.failure(a))
                .startsWith(
                        "This writer has lost the lock '" + lock + "' ('sink.guard.lock'): its node '" + lock + "/_c_")
                .endsWith("' is gone, because the ZooKeeper session expired or somebody deleted it. Nothing is written"
                        + " without the lock; when the job restarts, it waits for its turn again.");
        zk.create(root + "/of-b/4", "b");
        Await.until("the second writes", () -> zk.exists(root + "/out/4"));
        assertThat(zk.children(root + "/out")).containsExactlyInAnyOrder("1", "2", "4");
    }

    @Test
    void theStandbyTakesOverWhenTheActiveJobIsCancelled() {
        JobClient a = start("a", ZK.connectString());
        Await.until(
                "the first holds the lock",
                () -> zk.exists(lock) && zk.children(lock).size() == 1);
        start("b", ZK.connectString());
        zk.create(root + "/of-b/1", "b");
        Await.until("both queue", () -> zk.children(lock).size() == 2);
        assertThat(zk.exists(root + "/out/1")).isFalse();

        Await.result(a.cancel());

        Await.until("the second writes", () -> zk.exists(root + "/out/1"));
    }

    @Test
    void aJobThatWaitsCanBeCancelledAndLeavesTheQueue() throws Exception {
        zk.create(lock, "");
        zk.zooKeeper()
                .create(
                        lock + "/_c_6f5e9e40-0000-0000-0000-000000000000-lock-",
                        null,
                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                        CreateMode.PERSISTENT_SEQUENTIAL);
        JobClient waiting = start("a", ZK.connectString());
        Await.until("it queues", () -> zk.children(lock).size() == 2);

        Await.result(waiting.cancel());

        Await.until("it is cancelled", () -> RunningJobs.status(waiting) == JobStatus.CANCELED);
        Await.until("it has left", () -> zk.children(lock).size() == 1);
    }

    @Test
    void aLockOfAnotherKindIsRefused() throws Exception {
        zk.create(lock + "/6f5e9e40000000000000000000000000__lock__0000000000", "kazoo");

        assertThat(RunningJobs.failure(start("a", ZK.connectString())))
                .isEqualTo("The lock '" + lock + "' ('sink.guard.lock') has the contender"
                        + " '6f5e9e40000000000000000000000000__lock__0000000000', which kazoo made: it and this writer,"
                        + " which queues as Curator's InterProcessMutex does, would not see who of them is first. Let only"
                        + " one kind of program use the lock, or name another one.");
        zk.delete(lock + "/6f5e9e40000000000000000000000000__lock__0000000000");
        for (String name : List.of(
                "6f5e9e40000000000000000000000000__rlock__0000000000",
                "6f5e9e40000000000000000000000000",
                "_c_6f5e9e40-0000-0000-0000-000000000000-__READ__0000000000",
                "leases")) {
            zk.create(lock + "/" + name, "");
            assertThat(RunningJobs.failure(start("a", ZK.connectString())))
                    .contains("has the contender '" + name + "', which ");
            assertThat(zk.children(lock)).containsExactly(name);
            zk.delete(lock + "/" + name);
        }
    }

    private JobClient start(String name, String connectString) {
        Configuration configuration = new Configuration();
        configuration.setString("restart-strategy.type", "none");
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1, configuration);
        String columns = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";
        NodeTables.createAt(ZK.directConnectString(), sql, "source_" + name, columns, root + "/of-" + name + "/{k}");
        NodeTables.createAt(
                connectString,
                sql,
                "guarded",
                columns,
                root + "/out/{k}",
                "sink.guard.lock=" + lock,
                "session-timeout=2 s",
                "retry-wait=100 ms");
        return jobs.submit(sql, "INSERT INTO guarded SELECT k, v FROM source_" + name);
    }
}
