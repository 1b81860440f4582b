// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;

/** The other way to join: with the version that was valid at an event's own time, deletions included. */
class TemporalJoinITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();

    @Test
    void eachEventMeetsTheVersionOfItsTime() {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        String time = " METADATA FROM 'mtime' VIRTUAL, WATERMARK FOR seen AS SOURCE_WATERMARK()";
        ContractTables.create(
                sql,
                "flags",
                "service STRING, v STRING, seen TIMESTAMP_LTZ(3)" + time + ", PRIMARY KEY (service) NOT ENFORCED",
                root + "/flags/{service}",
                "scan.changelog-mode=all",
                "scan.watermark.advance-interval=100 ms");
        ContractTables.create(
                sql,
                "orders",
                "id INT, service STRING, seen TIMESTAMP_LTZ(3)" + time,
                root + "/orders/{id}",
                "scan.changelog-mode=append",
                "scan.watermark.advance-interval=100 ms");
        zk.create(root + "/flags/cart", "one");
        try (Changelog joined = new Changelog(
                sql.executeSql("SELECT o.id, f.v FROM orders AS o LEFT JOIN flags FOR SYSTEM_TIME AS OF o.seen AS f"
                        + " ON f.service = o.service"))) {
            zk.create(root + "/orders/1", "cart");
            joined.awaitTable("[1, one]");
            zk.set(root + "/flags/cart", "two");
            zk.create(root + "/orders/2", "cart");
            zk.create(root + "/orders/3", "none");
            joined.awaitTable("[1, one]", "[2, two]", "[3, null]");
            zk.delete(root + "/flags/cart");
            // A deletion counts from when it was seen, so that a few more orders may still find what is gone.
            Await.until("an order finds the flag gone", () -> {
                int id = joined.copy().size() + 1;
                zk.create(root + "/orders/" + id, "cart");
                Await.until("it is joined", () -> joined.rows().size() == id);
                return joined.rows().get(id - 1).equals("+I[" + id + ", null]");
            });
            assertThat(joined.rows()).doesNotContain("+I[2, one]");
        }
    }
}
