// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What rows cost the server and the network, which does not depend on how fast the machine is: requests, and bytes on
 * the wire. The bounds are about twice what was seen, far from what one request per row would take.
 */
class CostITCase {

    private static final Logger LOG = LoggerFactory.getLogger(CostITCase.class);

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private static final int ROWS = 10_000;
    private static final int BYTES = 100;
    private static final String PAYLOAD = "x".repeat(BYTES);

    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @Test
    void snapshot() {
        fill("/snapshot");
        table("t", "/snapshot/{a}/{b}", "a STRING, b STRING, v STRING", "'scan.bounded.mode' = 'snapshot'");

        Cost cost = cost(() -> run("INSERT INTO nothing SELECT v FROM t"));

        cost.isAtMost("snapshot", 80, 60, 400);
    }

    @Test
    void changes() throws Exception {
        fill("/changes");
        table("t", "/changes/{a}/{b}", "a STRING, b STRING, v STRING", "'scan.changelog-mode' = 'append'");
        try (Changelog changes = new Changelog(sql.executeSql("SELECT b FROM t"))) {
            Await.until("all is read", () -> changes.copy().size() == ROWS);
            // A recursive one, however many znodes there are.
            assertThat(ZK.process().watchCount()).isEqualTo(1);

            Cost cost = cost(() -> {
                for (int i = 0; i < ROWS; i++) {
                    ZK.admin().zooKeeper().setData(path("/changes", i), new byte[BYTES], -1, (rc, p, c, s) -> {}, null);
                }
                Await.until("all changes are read", () -> changes.copy().size() == 2 * ROWS);
            });

            // The writer's own requests are counted too.
            cost.isAtMost("changes", ROWS + 2_000, 60, 460);
        }
    }

    private void fill(String root) {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < ROWS; i++) {
            znodes.put(path(root, i), PAYLOAD);
        }
        ZK.admin().createAll(znodes);
    }

    private static String path(String root, int row) {
        return root + "/" + row / 100 + "/" + row % 100;
    }

    @Test
    void lookups() {
        fill("/lookups");
        table("plain", "/lookups/{a}/{b}", "a INT, b INT, v STRING", "'lookup.async' = 'true'");
        table(
                "kept",
                "/lookups/{a}/{b}",
                "a INT, b INT, v STRING",
                "'lookup.cache' = 'PARTIAL', 'lookup.async' = 'true', 'lookup.partial-cache.max-rows' = '100000'");
        table("mirrored", "/lookups/{a}/{b}", "a INT, b INT, v STRING", "'lookup.cache' = 'FULL'");

        join("plain", ROWS).isAtMost("no cache", 1_200, 60, 400);
        join("kept", ROWS / 10).isAtMost("PARTIAL, ten rows per key", 400, 10, 50);
        join("mirrored", ROWS).isAtMost("FULL", 80, 60, 400);
    }

    private Cost join(String table, int keys) {
        return cost(() -> run("INSERT INTO nothing SELECT t.v FROM (SELECT MOD(i, " + keys + ") AS k, PROCTIME() AS pt"
                + " FROM numbers) AS n JOIN " + table
                + " FOR SYSTEM_TIME AS OF n.pt AS t ON t.a = n.k / 100 AND t.b = MOD(n.k, 100)"));
    }

    /** Whoever reads no payload column does not pay for large data: scans, and lookups of points and below prefixes. */
    @Test
    void statsOfLargeData() throws Exception {
        int znodes = 100;
        for (int i = 0; i < znodes; i++) {
            ZK.admin().create("/large/a/" + i, "x".repeat(100_000));
        }
        for (String cache : List.of("NONE", "PARTIAL", "FULL")) {
            table(
                    "large" + cache,
                    "/large/{a}/{b}",
                    "a STRING, b STRING, v STRING, n INT METADATA FROM 'data-length' VIRTUAL",
                    "'lookup.cache' = '" + cache + "'"
                            + (cache.equals("PARTIAL") ? ", 'lookup.partial-cache.max-rows' = '1000'" : ""));
        }
        sql.executeSql("CREATE TABLE n100 (i INT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                + " 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '" + (znodes - 1) + "')");
        sql.executeSql("CREATE TABLE lengths (n INT) WITH ('connector' = 'blackhole')");
        String scan = "INSERT INTO lengths SELECT n FROM largeNONE /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */";
        assertThat(cost(() -> run(scan)).bytesReceived()).as(scan).isLessThan(3_000_000);
        for (String cache : List.of("NONE", "PARTIAL", "FULL")) {
            for (String key : List.of("t.a = 'a' AND t.b = CAST(l.i AS STRING)", "t.a = IF(l.i = 0, 'a', 'none')")) {
                String join = "INSERT INTO lengths SELECT n FROM n100 AS l JOIN large" + cache
                        + " FOR SYSTEM_TIME AS OF l.pt AS t ON " + key;
                assertThat(cost(() -> run(join)).bytesReceived()).as(join).isLessThan(3_000_000);
            }
        }
    }

    @Test
    void writes() {
        table("fresh", "/writes/{k}", "k INT, v STRING", "'sink.parallelism' = '1'");

        cost(() -> run("INSERT INTO fresh SELECT i, '" + PAYLOAD + "' FROM numbers"))
                .isAtMost("new znodes", 60, 320, 60);
        cost(() -> run("INSERT INTO fresh SELECT i, '" + PAYLOAD + "' FROM numbers"))
                .isAtMost("znodes with the same data", 60, 300, 160);
        cost(() -> run("INSERT INTO fresh SELECT i, '!" + PAYLOAD + "' FROM numbers"))
                .isAtMost("znodes with other data", 70, 320, 160);
    }

    private interface Work {
        void run() throws Exception;
    }

    private record Cost(long requests, long bytesSent, long bytesReceived) {
        void isAtMost(String what, long requestsAllowed, long sentPerRow, long receivedPerRow) {
            LOG.info(
                    "{}: {} requests, {} bytes to the server and {} from it per row",
                    what,
                    requests,
                    bytesSent / ROWS,
                    bytesReceived / ROWS);
            assertThat(requests).as(what + ": requests").isLessThanOrEqualTo(requestsAllowed);
            assertThat(bytesSent).as(what + ": bytes to the server").isLessThanOrEqualTo(ROWS * sentPerRow);
            assertThat(bytesReceived).as(what + ": bytes from the server").isLessThanOrEqualTo(ROWS * receivedPerRow);
        }
    }

    private static Cost cost(Work work) {
        long requests = ZK.process().requestCount();
        long sent = ZK.proxy().bytesFromClients();
        long received = ZK.proxy().bytesToClients();
        try {
            work.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return new Cost(
                ZK.process().requestCount() - requests,
                ZK.proxy().bytesFromClients() - sent,
                ZK.proxy().bytesToClients() - received);
    }

    private void run(String statement) throws Exception {
        sql.executeSql("CREATE TABLE IF NOT EXISTS nothing (v STRING) WITH ('connector' = 'blackhole')");
        sql.executeSql("CREATE TABLE IF NOT EXISTS numbers (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                + " 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '" + (ROWS - 1) + "')");
        sql.executeSql(statement).await();
    }

    private void table(String name, String path, String columns, String option) {
        sql.executeSql(
                "CREATE TABLE " + name + " (" + columns + ") WITH ('connector' = 'zookeeper', 'connect-string' = '"
                        + ZK.connectString() + "', 'path' = '" + path + "', " + option + ")");
    }
}
