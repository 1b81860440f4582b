// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.functions.ScalarFunction;
import org.junit.jupiter.api.Test;

/** The other way to join: with the version that was valid at an event's own time, deletions included. */
class TemporalJoinITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();

    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    private Changelog join(String value) {
        String time = " METADATA FROM 'mtime' VIRTUAL, WATERMARK FOR seen AS SOURCE_WATERMARK()";
        NodeTables.create(
                sql,
                "flags",
                "service STRING, payload STRING, v AS " + value + ", seen TIMESTAMP_LTZ(3)" + time
                        + ", PRIMARY KEY (service) NOT ENFORCED",
                root + "/flags/{service}",
                "scan.changelog-mode=all",
                "scan.watermark.advance-interval=100 ms");
        NodeTables.create(
                sql,
                "orders",
                "id INT, service STRING, seen TIMESTAMP_LTZ(3)" + time,
                root + "/orders/{id}",
                "scan.changelog-mode=append",
                "scan.watermark.advance-interval=100 ms");
        return new Changelog(
                sql.executeSql("SELECT o.id, f.v FROM orders AS o LEFT JOIN flags FOR SYSTEM_TIME AS OF o.seen AS f"
                        + " ON f.service = o.service"));
    }

    @Test
    void eachEventMeetsTheVersionOfItsTime() {
        zk.create(root + "/flags/cart", "one");
        try (Changelog joined = join("payload")) {
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

    /**
     * A deletion counts from when it was seen and not from when the task reaches it, or it would end what came after
     * it.
     */
    @Test
    void whatIsCreatedAgainIsFoundHoweverLateTheTaskReachesItsDeletion() {
        sql.createTemporarySystemFunction("slowly", Slowly.class);
        zk.create(root + "/flags/cart", "one");
        try (Changelog joined = join("slowly(payload)")) {
            zk.create(root + "/orders/1", "cart");
            joined.awaitTable("[1, one]");
            for (int i = 0; i < 20; i++) {
                zk.create(root + "/flags/other" + i, "x");
            }
            zk.delete(root + "/flags/cart");
            // The deletion is read and waits behind the others when the next znode comes.
            zk.create(root + "/orders/2", "none");
            Await.until(
                    "time has gone on",
                    () -> System.currentTimeMillis()
                            > zk.stat(root + "/orders/2").getMtime() + 100);
            zk.create(root + "/flags/cart", "two");
            zk.create(root + "/orders/3", "cart");
            joined.awaitTable("[1, one]", "[2, null]", "[3, two]");
            // Later than the task has told the deletion.
            zk.create(root + "/orders/4", "cart");
            joined.awaitTable("[1, one]", "[2, null]", "[3, two]", "[4, two]");
        }
    }

    /** Needs its time, in the task of the scan. */
    public static final class Slowly extends ScalarFunction {
        public String eval(String value) throws InterruptedException {
            Thread.sleep(100);
            return value;
        }

        @Override
        public boolean isDeterministic() {
            return false;
        }
    }
}
