// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a scan tells an operator of itself. */
class ScanMetricsITCase {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @Test
    void aScanTellsWhatItDoes() {
        ZooKeeperAdmin zk = ZK.admin();
        zk.create("/metrics/1", "{\"v\":1}");
        zk.create("/metrics/2", "garbage");
        zk.create("/metrics/x", "{}");
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("""
                CREATE TABLE m (k INT, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'zookeeper',
                  'connect-string' = '%s', 'path' = '/metrics/{k}', 'format' = 'json', 'scan.parse-errors' = 'skip',
                  'session-timeout' = '2 s')
                """.formatted(ZK.connectString()));
        try (Changelog changes = new Changelog(sql.executeSql("SELECT * FROM m"))) {
            String job = changes.job().getJobID().toHexString();
            changes.awaitTable("[1, 1]");
            zk.set("/metrics/1", "{\"v\":2}");
            zk.create("/metrics/y", "{}");
            changes.awaitTable("[1, 2]");
            awaitMetric(job, "numRecordsIn", 3);
            awaitMetric(job, "numBytesIn", 7 + 7 + 7);
            awaitMetric(job, "numRecordsInErrors", 1);
            awaitMetric(job, "pendingRecords", 0);
            awaitMetric(job, "zookeeper.connected", 1);
            awaitMetric(job, "zookeeper.reconciles", 1);
            awaitMetric(job, "zookeeper.watchEvents", 1);
            awaitMetric(job, "zookeeper.conflatedEvents", 0);
            awaitMetric(job, "zookeeper.skippedZNodes", 2);
            awaitMetric(job, "zookeeper.reconnects", 0);
            assertThat(metric(job, "currentFetchEventTimeLag")).isBetween(-10_000L, 600_000L);
            assertThat(metric(job, "zookeeper.lastZxid")).isPositive();
            assertThat(metric(job, "zookeeper.lastReconcileDurationMs")).isNotNegative();
            ZK.expireSessions();
            awaitMetric(job, "zookeeper.sessionExpiries", 1);
            awaitMetric(job, "zookeeper.reconnects", 1);
            awaitMetric(job, "zookeeper.reconciles", 2);
        }
    }

    /** What a filter or another name in a fixed segment leaves out could have been a row. */
    @Test
    void onlyWhatCannotBeConvertedCountsAsSkipped() {
        ZooKeeperAdmin zk = ZK.admin();
        zk.create("/skipped/kept/1/config", "v");
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("""
                CREATE TABLE s (a STRING, k INT, v STRING, PRIMARY KEY (a, k) NOT ENFORCED) WITH (
                  'connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '/skipped/{a}/{k}/config')
                """.formatted(ZK.connectString()));
        for (String name : List.of("/other/1/config", "/other/x/config", "/kept/2/state")) {
            zk.create("/skipped" + name, "v");
        }
        try (Changelog changes = new Changelog(sql.executeSql("SELECT k, v FROM s WHERE a IN ('kept', 'none')"))) {
            String job = changes.job().getJobID().toHexString();
            changes.awaitTable("[1, v]");
            for (String name : List.of("/other/3/config", "/other/y/config", "/kept/4/state", "/kept/z/config")) {
                zk.create("/skipped" + name, "v");
            }
            zk.create("/skipped/kept/5/config", "v");
            changes.awaitTable("[1, v]", "[5, v]");
            awaitMetric(job, "zookeeper.skippedZNodes", 1);
        }
    }

    private static void awaitMetric(String job, String name, long expected) {
        Await.untilAsserted(
                name + " is " + expected, () -> assertThat(metric(job, name)).isEqualTo(expected));
    }

    private static long metric(String job, String name) {
        return RecordingReporter.value(job, name);
    }
}
