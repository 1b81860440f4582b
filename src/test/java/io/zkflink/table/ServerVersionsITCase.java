// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Older servers: without zxids in events before 3.9, without recursive watches and multi reads before 3.6. */
class ServerVersionsITCase {

    @ParameterizedTest
    @CsvSource({"3.8.0, auto", "3.8.0, poll", "3.6.4, auto", "3.6.4, recursive", "3.5.10, auto", "3.5.10, poll"})
    void aScanFollowsTheTree(String version, String watchMode) {
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().version(version).build().start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            zk.zooKeeper();
            create(zk, "/t");
            create(zk, "/t/a");
            create(zk, "/t/a/b");
            try (Changelog changes = scan(server, watchMode)) {
                changes.awaitTable("[a, v]", "[a/b, v]");
                zk.set("/t/a", "w");
                zk.delete("/t/a/b");
                create(zk, "/t/c");
                changes.awaitTable("[a, w]", "[c, v]");
                server.restart();
                zk.set("/t/c", "w");
                changes.awaitTable("[a, w]", "[c, w]");
            }
        }
    }

    @ParameterizedTest
    @CsvSource("3.5.10")
    void aServerThatCannotDoWhatIsAskedForIsRefusedInASentence(String version) {
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().version(version).build().start();
                Changelog changes = scan(server, "recursive")) {
            assertThat(changes.awaitFailure())
                    .hasStackTraceContaining("ZooKeeper could not watch '/t'")
                    .hasStackTraceContaining("3.6 or newer")
                    .hasStackTraceContaining(
                            "'scan.watch-mode' = 'recursive' needs it; with 'auto' or 'poll' the tree is"
                                    + " read every 'scan.poll-interval' instead.");
        }
    }

    private static Changelog scan(ZooKeeperProcess server, String watchMode) {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("""
                CREATE TABLE t (k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'zookeeper',
                  'connect-string' = '%s', 'path' = '/t/{*k}', 'scan.watch-mode' = '%s',
                  'scan.poll-interval' = '50 ms')
                """.formatted(server.connectString(), watchMode));
        return new Changelog(sql.executeSql("SELECT * FROM t"));
    }

    /** One request per znode, since the oldest servers have no better. */
    private static void create(ZooKeeperAdmin zk, String path) {
        zk.createRaw(path, new byte[] {'v'}, org.apache.zookeeper.CreateMode.PERSISTENT);
    }
}
