// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.Collections;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** ACLs that deny. */
class DenialITCase {

    private static final String WAY_OUT =
            " permission%s (NOAUTH). Grant it, or connect as a user that has it ('auth.*',"
                    + " 'sasl.*' or a certificate in 'ssl.keystore.*').";

    private static final String SNAPSHOT = " /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */";

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private final ZooKeeperAdmin zk = ZK.admin();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    private void table(String name, String columns, String path, String... options) {
        NodeTables.createAt(ZK.connectString(), sql, name, columns, path, options);
    }

    @Test
    void aPartlyUnreadableTreeIsReadAsFarAsAllowed() {
        zk.create("/part/open/1", "v");
        zk.create("/part/open/secret", "v");
        zk.create("/part/closed/1", "v");
        NodeTables.hide(zk, "/part/open/secret");
        NodeTables.hide(zk, "/part/closed");
        table(
                "t",
                "a STRING, b STRING, v STRING, PRIMARY KEY (a, b) NOT ENFORCED",
                "/part/{a}/{b}",
                "scan.unreadable=skip",
                "session-timeout=2 s");
        table("k", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", "/part/open/{k}");
        try (Changelog changes = new Changelog(sql.executeSql("SELECT * FROM t"))) {
            String job = changes.job().getJobID().toHexString();
            changes.awaitTable("[open, 1, v]");
            Await.untilAsserted(
                    "both are counted", () -> assertThat(unreadable(job)).isEqualTo(2));

            zk.set("/part/closed/1", "w");
            zk.create("/part/open/2", "v");
            changes.awaitTable("[open, 1, v]", "[open, 2, v]");

            NodeTables.hide(zk, "/part/open/1");
            NodeTables.show(zk, "/part/open/secret");
            ZK.whileCut(() -> {});
            changes.awaitTable("[open, 2, v]", "[open, secret, v]");

            NodeTables.show(zk, "/part/closed");
            zk.set("/part/closed/1", "x");
            changes.awaitTable("[closed, 1, x]", "[open, 2, v]", "[open, secret, v]");
        }
        assertThat(new Changelog(sql.executeSql("SELECT k FROM k /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */"))
                        .awaitEnd())
                .as("keys need no READ permission")
                .containsExactlyInAnyOrder("+I[1]", "+I[2]", "+I[secret]");
    }

    private static long unreadable(String job) {
        return RecordingReporter.value(job, "zookeeper.unreadableZNodes");
    }

    /** A filter that is pushed down makes what it names no root. */
    @Test
    void whatAFilterNamesMayBeUnreadable() {
        zk.create("/named/open/1", "v");
        zk.create("/named/closed/1", "v");
        NodeTables.hide(zk, "/named/closed");
        NodeTables.hide(zk, "/named/open/1");
        zk.create("/named/open/2", "v");
        String columns = "a STRING, b STRING, v STRING, PRIMARY KEY (a, b) NOT ENFORCED";
        table("t", columns, "/named/{a}/{b}", "scan.unreadable=skip");
        table("r", "b STRING, v STRING", "/named/{*b}", "scan.unreadable=skip");
        for (String where : List.of("t WHERE a = 'closed'", "t WHERE a = 'open' AND b = '1'", "r WHERE b = 'closed'")) {
            assertThat(end("SELECT v FROM " + where.replace(" WHERE", SNAPSHOT + " WHERE")))
                    .as(where)
                    .isEmpty();
        }
        assertThat(end("SELECT b FROM t" + SNAPSHOT + " WHERE a IN ('open', 'closed') AND v = 'v'"))
                .containsExactly("+I[2]");
    }

    private List<String> end(String query) {
        try (Changelog changes = new Changelog(sql.executeSql(query))) {
            return changes.awaitEnd();
        }
    }

    @Test
    void aRootThatIsDeniedIsNoEmptyTable() {
        zk.create("/root/1", "v");
        NodeTables.hide(zk, "/root");
        table("t", "k STRING, v STRING", "/root/{k}", "scan.unreadable=skip");
        try (Changelog changes = new Changelog(sql.executeSql("SELECT * FROM t"))) {
            assertThat(message(changes.awaitFailure()))
                    .isEqualTo("ZooKeeper could not read '/root': its ACL denies this user the READ"
                            + WAY_OUT.formatted(""));
        }
    }

    @Test
    void writesNameThePermissionThatIsMissing() throws Exception {
        zk.create("/fixed/1", "v");
        zk.zooKeeper()
                .setACL(
                        "/fixed",
                        Collections.singletonList(new ACL(
                                ZooDefs.Perms.ALL & ~ZooDefs.Perms.CREATE & ~ZooDefs.Perms.DELETE,
                                new Id("world", "anyone"))),
                        -1);
        StreamTableEnvironment batch = SharedMiniCluster.batchTableEnvironment(1);
        NodeTables.createAt(
                ZK.connectString(), batch, "t", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", "/fixed/{k}");
        assertThat(failure(batch, "INSERT INTO t VALUES ('2', 'v') ON CONFLICT DO DEDUPLICATE"))
                .isEqualTo("ZooKeeper could not create '/fixed/2': its ACL denies this user the CREATE"
                        + WAY_OUT.formatted(" on its parent"));
        assertThat(failure(batch, "DELETE FROM t WHERE k = '1'"))
                .isEqualTo("ZooKeeper could not delete '/fixed/1': its ACL denies this user the DELETE"
                        + WAY_OUT.formatted(" on its parent"));
    }

    private static String failure(StreamTableEnvironment sql, String statement) {
        return message(Await.failure(
                sql.executeSql(statement).getJobClient().orElseThrow().getJobExecutionResult()));
    }

    private static String message(Throwable failure) {
        return ExceptionUtils.findThrowable(failure, ZooKeeperException.class)
                .orElseThrow()
                .getMessage();
    }
}
