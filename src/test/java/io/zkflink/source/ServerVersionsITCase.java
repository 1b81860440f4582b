// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.LogSearch;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Older servers: without zxids in events before 3.9, without recursive watches and multi reads before 3.6. */
class ServerVersionsITCase {

    @ParameterizedTest
    @CsvSource({"3.8.0, poll", "3.6.4, auto", "3.5.10, poll"})
    @Tag("nightly")
    void aScanFollowsTheTreeByOtherModes(String version, String watchMode) {
        aScanFollowsTheTree(version, watchMode);
    }

    @ParameterizedTest
    @CsvSource({"3.8.0, auto", "3.6.4, recursive", "3.5.10, auto"})
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
                    .hasStackTraceContaining("ZooKeeper could not watch '/t': the server " + server.connectString()
                            + " has no recursive watches. ZooKeeper 3.6 or newer is needed.")
                    .hasStackTraceContaining(
                            "'scan.watch-mode' = 'recursive' needs it; with 'auto' or 'poll' the tree is"
                                    + " read every 'scan.poll-interval' instead.");
        }
    }

    @Test
    void whatAServerCannotDoIsLoggedOncePerSession() {
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().version("3.5.10").build().start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString());
                LogSearch logs = new LogSearch(line -> line.contains("which came with 3.6"))) {
            create(zk, "/t");
            // So many that most of them are read together, since one that is read alone is no multi.
            List<String> rows = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                create(zk, "/t/" + i);
                rows.add("[" + i + ", v]");
            }
            TableEnvironment sql = SharedMiniCluster.tableEnvironment(2);
            create(sql, server, "'scan.parallelism' = '2', 'scan.poll-interval' = '50 ms'");
            try (Changelog changes = new Changelog(sql.executeSql("SELECT * FROM t"))) {
                changes.awaitTable(rows.toArray(String[]::new));
                create(zk, "/t/b");
                rows.add("[b, v]");
                changes.awaitTable(rows.toArray(String[]::new));
            }
            assertThat(logs.found())
                    .hasSize(2)
                    .anyMatch(line -> line.endsWith("The ZooKeeper server " + server.connectString()
                            + " has no recursive watches, which came with 3.6: scans that may poll do so."))
                    .anyMatch(line -> line.endsWith("ZooKeeper at '" + server.connectString()
                            + "' has no multi reads, which came with 3.6: each goes alone."));
        }
    }

    @Test
    @Tag("nightly")
    void lookupsNeedNoNewServerButWatchedCachesDo() {
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().version("3.5.10").build().start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            zk.zooKeeper();
            create(zk, "/t");
            create(zk, "/t/a");
            String limit = "'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '9'";
            for (String caching : List.of(
                    "'lookup.cache' = 'NONE'",
                    "'lookup.async' = 'true'",
                    limit + ", 'lookup.partial-cache.invalidation' = 'ttl'")) {
                try (Changelog rows = lookup(server, caching)) {
                    assertThat(rows.awaitEnd()).containsExactly("+I[a, v]");
                }
            }
            try (Changelog rows = lookup(server, limit)) {
                assertThat(rows.awaitFailure())
                        .hasStackTraceContaining("ZooKeeper could not watch '/t'")
                        .hasStackTraceContaining("For older servers set 'lookup.partial-cache.invalidation' = 'ttl'.");
            }
            try (Changelog rows = lookup(server, "'lookup.cache' = 'FULL'")) {
                assertThat(rows.awaitFailure())
                        .hasStackTraceContaining("ZooKeeper could not watch '/t'")
                        .hasStackTraceContaining("For older servers set 'lookup.cache' = 'NONE', or 'PARTIAL' with"
                                + " 'lookup.partial-cache.invalidation' = 'ttl'.");
            }
        }
    }

    /** Asks for one row until that ends, or for one row for ever if it is to fail. */
    private static Changelog lookup(ZooKeeperProcess server, String caching) {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        boolean fails = caching.contains("FULL") || caching.endsWith("'9'");
        sql.executeSql("CREATE TABLE asked (n INT, pt AS PROCTIME()) WITH ('connector' = 'datagen',"
                + " 'rows-per-second' = '100'" + (fails ? "" : ", 'number-of-rows' = '1'") + ")");
        sql.executeSql("CREATE TABLE t (k STRING, v STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + server.connectString() + "', 'path' = '/t/{k}', " + caching + ")");
        return new Changelog(
                sql.executeSql("SELECT t.k, t.v FROM asked AS l JOIN t FOR SYSTEM_TIME AS OF l.pt ON t.k = 'a'"));
    }

    private static Changelog scan(ZooKeeperProcess server, String watchMode) {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        create(sql, server, "'scan.poll-interval' = '50 ms', 'scan.watch-mode' = '" + watchMode + "'");
        return new Changelog(sql.executeSql("SELECT * FROM t"));
    }

    private static void create(TableEnvironment sql, ZooKeeperProcess server, String options) {
        sql.executeSql("CREATE TABLE t (k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ("
                + " 'connector' = 'zookeeper', 'connect-string' = '" + server.connectString()
                + "', 'path' = '/t/{*k}', " + options + ")");
    }

    /** One request per znode, since the oldest servers have no better. */
    private static void create(ZooKeeperAdmin zk, String path) {
        zk.createRaw(path, new byte[] {'v'}, org.apache.zookeeper.CreateMode.PERSISTENT);
    }
}
