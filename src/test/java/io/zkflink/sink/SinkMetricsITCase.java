// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.Map;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a sink tells an operator of itself. */
class SinkMetricsITCase {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private static final String COLUMNS = "k INT, v INT, PRIMARY KEY (k) NOT ENFORCED";

    private final ZooKeeperAdmin zk = ZK.admin();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private JobClient job;

    @AfterEach
    void cancel() {
        Await.result(job.cancel());
        zk.deleteTree("/a");
        zk.deleteTree("/b");
    }

    private void start(String... options) {
        NodeTables.createAt(ZK.connectString(), sql, "a", COLUMNS, "/a/{k}", "format=json");
        NodeTables.createAt(ZK.connectString(), sql, "b", COLUMNS, "/b/{k}", options);
        zk.createAll(Map.of("/a/1", "{\"v\":1}", "/a/2", "{\"v\":2}"));
        job = sql.executeSql("INSERT INTO b SELECT * FROM a").getJobClient().orElseThrow();
    }

    @Test
    void writerTellsWhatItDoes() {
        zk.create("/b/2", "{\"v\":2}");
        start("format=json", "sink.skip-unchanged=true");
        awaitMetric("numRecordsSend", 1);
        awaitMetric("zookeeper.unchangedRows", 1);
        awaitMetric("zookeeper.requestsInFlight", 0);
        awaitMetric("zookeeper.bufferedRows", 0);
        awaitMetric("zookeeper.conflicts", 0);
        awaitMetric("zookeeper.retriedRequests", 0);
        awaitMetric("numRecordsSendErrors", 0);
        assertThat(metric("zookeeper.writeRequests")).isPositive();
        assertThat(metric("currentSendTime")).isNotNegative();
        long refused = metric("zookeeper.refusedRequests");

        zk.delete("/b/1");
        zk.set("/a/1", "{\"v\":3}");
        Await.untilAsserted(
                "it is written again", () -> assertThat(zk.tree("/b")).containsEntry("/b/1", "{\"v\":3}"));
        assertThat(metric("zookeeper.refusedRequests")).isEqualTo(refused);

        ZK.whileCut(() -> zk.set("/a/1", "{\"v\":4}"));
        Await.untilAsserted(
                "it is written at last", () -> assertThat(zk.tree("/b")).containsEntry("/b/1", "{\"v\":4}"));
    }

    @Test
    void committerTellsHowLongItTakes() {
        sql.getConfig().set("execution.checkpointing.interval", "100 ms");
        start("format=json", "sink.delivery-guarantee=exactly-once", "sink.transactional-id-prefix=metrics");
        Await.untilAsserted("it is committed", () -> assertThat(zk.tree("/b")).hasSize(2));
        assertThat(metric("zookeeper.lastCommitDurationMs")).isNotNegative();
    }

    private void awaitMetric(String name, long expected) {
        Await.untilAsserted(
                name + " is " + expected, () -> assertThat(metric(name)).isEqualTo(expected));
    }

    private long metric(String name) {
        return RecordingReporter.value(job.getJobID().toHexString(), name);
    }
}
