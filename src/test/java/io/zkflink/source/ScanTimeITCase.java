// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;

/** Event time: {@code mtime} as the rowtime, and how it goes on. */
class ScanTimeITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    private void rates(String watermark, String options) {
        zk.create(root + "/EUR", "2");
        zk.create(root + "/USD", "1");
        sql.executeSql("""
                CREATE TABLE rates (
                  currency STRING, rate INT, changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
                  PRIMARY KEY (currency) NOT ENFORCED, WATERMARK FOR changed_at AS %s
                ) WITH ('connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s/{currency}',
                  'format' = 'csv', 'scan.changelog-mode' = 'all' %s)
                """.formatted(watermark, SharedZooKeeper.connectString(), root, options));
        // Orders keep coming; their time is the wall clock.
        sql.executeSql("""
                CREATE TABLE orders (
                  id BIGINT, currency AS CASE WHEN MOD(id, 2) = 0 THEN 'EUR' ELSE 'USD' END,
                  ordered_at AS CAST(CURRENT_TIMESTAMP AS TIMESTAMP_LTZ(3)), WATERMARK FOR ordered_at AS ordered_at
                ) WITH ('connector' = 'datagen', 'rows-per-second' = '20', 'fields.id.kind' = 'sequence',
                  'fields.id.start' = '1', 'fields.id.end' = '1000000')
                """);
    }

    private Changelog join() {
        return new Changelog(
                sql.executeSql("SELECT DISTINCT o.currency, r.rate FROM orders o JOIN rates FOR SYSTEM_TIME"
                        + " AS OF o.ordered_at AS r ON o.currency = r.currency"));
    }

    @Test
    void aTreeThatNobodyEditsDoesNotStallATemporalJoinIfAskedTo() {
        rates("SOURCE_WATERMARK()", ", 'scan.watermark.advance-interval' = '100 ms'");
        try (Changelog changes = join()) {
            changes.awaitTable("[EUR, 2]", "[USD, 1]");
            zk.set(root + "/EUR", "3");
            changes.awaitTable("[EUR, 2]", "[EUR, 3]", "[USD, 1]");
        }
    }

    @Test
    void theAdvanceWorksWithAWatermarkExpressionToo() {
        rates("changed_at - INTERVAL '1' SECOND", ", 'scan.watermark.advance-interval' = '100 ms'");
        try (Changelog changes = join()) {
            changes.awaitTable("[EUR, 2]", "[USD, 1]");
        }
    }

    @Test
    void rowsMoveTimeOnByThemselves() {
        rates("SOURCE_WATERMARK()", "");
        try (Changelog changes = join()) {
            zk.create(root + "/GBP", "5");
            // Each edit lets the orders before it be joined.
            io.zkflink.testkit.Await.untilAsserted("edits move time on", () -> {
                zk.set(root + "/GBP", "5");
                assertThat(changes.rows()).contains("+I[EUR, 2]", "+I[USD, 1]");
            });
        }
    }

    @Test
    void idleReadersHoldNothingBack() {
        rates("SOURCE_WATERMARK()", ", 'scan.watermark.advance-interval' = '100 ms', 'scan.parallelism' = '3'");
        sql.getConfig().set("parallelism.default", "4");
        try (Changelog changes = join()) {
            changes.awaitTable("[EUR, 2]", "[USD, 1]");
        }
    }

    @Test
    void flinksWatermarkOptionsArePlanned() {
        rates(
                "changed_at - INTERVAL '1' SECOND",
                ", 'scan.watermark.idle-timeout' = '1 s', 'scan.watermark.emit.strategy' = 'on-event',"
                        + " 'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = '1 h',"
                        + " 'scan.watermark.alignment.update-interval' = '100 ms'");
        try (Changelog changes = join()) {
            changes.awaitTable("[EUR, 2]", "[USD, 1]");
        }
    }
}
