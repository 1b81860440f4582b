// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;

/** Names that are special: ZooKeeper's own, and those that mean another text. */
class PathsITCase {

    private static final String KEY = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";
    private static final List<String> CACHES = List.of("NONE", "PARTIAL", "FULL");

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    /** Only the server's own {@code /zookeeper} is reserved. */
    @Test
    void aZNodeNamedZookeeperBelowAChrootOrNamespaceIsAnOrdinaryOne() throws Exception {
        zk.create(root + "/app/zookeeper/x", "v");
        NodeTables.createAt(
                SharedZooKeeper.connectString() + root,
                sql,
                "t",
                "a STRING, k STRING, v STRING, PRIMARY KEY (a, k) NOT ENFORCED",
                "/{a}/{k}",
                "namespace=app");
        NodeTables.createAt(SharedZooKeeper.connectString() + root + "/app", sql, "u", KEY, "/zookeeper/{k}");
        NodeTables.create(
                sql, "w", "k STRING, PRIMARY KEY (k) NOT ENFORCED", "/{*k}", "namespace=" + root.substring(1) + "/app");
        try (Changelog t = select("SELECT * FROM t");
                Changelog u = select("SELECT * FROM u");
                Changelog w = select("SELECT * FROM w")) {
            t.awaitTable("[zookeeper, x, v]");
            u.awaitTable("[x, v]");
            w.awaitTable("[zookeeper]", "[zookeeper/x]");
            sql.executeSql("INSERT INTO t VALUES ('zookeeper', 'y', 'w') ON CONFLICT DO DEDUPLICATE")
                    .await();
            t.awaitTable("[zookeeper, x, v]", "[zookeeper, y, w]");
            u.awaitTable("[x, v]", "[y, w]");
            zk.delete(root + "/app/zookeeper/x");
            u.awaitTable("[y, w]");
            w.awaitTable("[zookeeper]", "[zookeeper/y]");
        }
        keys("('zookeeper', 'y'), ('zookeeper', 'quota')");
        for (String cache : CACHES) {
            assertThat(end("SELECT t.v FROM l JOIN t /*+ OPTIONS(" + cache(cache) + ") */ FOR SYSTEM_TIME AS OF l.pt"
                            + " ON t.a = l.a AND t.k = l.b"))
                    .as(cache)
                    .containsExactly("+I[w]");
        }
    }

    /** What a sink keeps for itself may lie there, too. */
    @Test
    void aLockAndMarkersBelowAZNodeNamedZookeeperThatIsNotTheServersOwn() throws Exception {
        zk.create(root, "");
        String chroot = SharedZooKeeper.connectString() + root;
        NodeTables.createAt(chroot, sql, "t", KEY, "/data/{k}");
        String exactly = "'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'p', ";
        for (String options : List.of(
                "'sink.guard.lock' = '/zookeeper/lock'",
                exactly + "'sink.commit-path' = '/zookeeper/commits'",
                "'sink.create-mode' = 'ephemeral', 'sink.commit-path' = '/zookeeper/sessions'",
                "'namespace' = 'app', 'sink.guard.lock' = '/zookeeper/lock'")) {
            sql.executeSql("INSERT INTO t /*+ OPTIONS(" + options + ") */ VALUES ('" + options.length()
                            + "', 'v') ON CONFLICT DO DEDUPLICATE")
                    .await();
        }
        assertThat(zk.children(root + "/zookeeper")).contains("commits", "lock", "sessions");
        assertThat(zk.children(root + "/data")).hasSize(2);
        assertThat(zk.exists(root + "/app/zookeeper/lock")).isTrue();
    }

    @Test
    void theServersOwnSubtreeIsRefused() {
        NodeTables.create(sql, "t", KEY, "/{k}", "namespace=zookeeper");
        NodeTables.create(sql, "u", KEY, "/{k}", "namespace=zookeeper/config");
        NodeTables.createAt(SharedZooKeeper.connectString() + "/zookeeper", sql, "c", KEY, "/{k}");
        NodeTables.create(sql, "p", KEY, "/zookeeper/{k}");
        String rule = "'/zookeeper' is the server's own subtree and never a table. Use another path.";
        refuses("SELECT * FROM t", "Invalid value 'zookeeper' for option 'namespace': " + rule);
        refuses("INSERT INTO t VALUES ('a', 'b')", "Invalid value 'zookeeper' for option 'namespace': " + rule);
        refuses("SELECT * FROM u", "Invalid value 'zookeeper/config' for option 'namespace': " + rule);
        refuses(
                "SELECT * FROM c",
                "Invalid value '" + SharedZooKeeper.connectString() + "/zookeeper' for option 'connect-string': "
                        + rule);
        refuses(
                "SELECT * FROM p",
                "Invalid value '/zookeeper/{k}' for option 'path': '/zookeeper' is ZooKeeper's own subtree and never a"
                        + " table.");
    }

    /** Kafka writes a blank as {@code %20} and {@code *} as {@code %2A}; Go and JavaScript leave what Java encodes. */
    @Test
    void namesThatOtherLibrariesHaveEncodedAreRows() throws Exception {
        List.of("a%20b", "c%2Ad", "e~f", "g:h", "%69j", "k%2fl").forEach(name -> zk.create(root + "/" + name, name));
        NodeTables.create(
                sql,
                "t",
                KEY.replace("v STRING", "v STRING, name STRING METADATA VIRTUAL"),
                root + "/{k}",
                "path.encoding=url");
        String[] rows = {
            "[a b, a%20b, a%20b]",
            "[c*d, c%2Ad, c%2Ad]",
            "[e~f, e~f, e~f]",
            "[g:h, g:h, g:h]",
            "[ij, %69j, %69j]",
            "[k/l, k%2fl, k%2fl]"
        };
        try (Changelog all = select("SELECT * FROM t");
                Changelog one = select("SELECT v FROM t WHERE k = 'a b'")) {
            all.awaitTable(rows);
            one.awaitTable("[a%20b]");
            // Renamed to Java's way, which is what the sink writes.
            zk.delete(root + "/a%20b");
            zk.create(root + "/a+b", "new");
            one.awaitTable("[new]");
            zk.delete(root + "/a+b");
            zk.create(root + "/a%20b", "a%20b");
            one.awaitTable("[a%20b]");
            all.awaitTable(rows);
        }
        assertThat(end("SELECT k FROM t /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */ WHERE k IN ('a b', 'ij')"))
                .containsExactlyInAnyOrder("+I[a b]", "+I[ij]");
        keys("('a b', ''), ('c*d', ''), ('e~f', ''), ('g:h', ''), ('ij', ''), ('k/l', ''), ('none', '')");
        for (String cache : CACHES) {
            List<String> found = end("SELECT t.v FROM l JOIN t /*+ OPTIONS(" + cache(cache)
                    + ") */ FOR SYSTEM_TIME AS OF l.pt ON t.k = l.a");
            // Nobody has to encode a letter; only who reads all names finds that one.
            assertThat(found)
                    .as(cache)
                    .contains("+I[a%20b]", "+I[c%2Ad]", "+I[e~f]", "+I[g:h]", "+I[k%2fl]")
                    .hasSize(cache.equals("FULL") ? 6 : 5);
        }
        prefixes();
    }

    /** Below a prefix the same names are asked for. */
    private void prefixes() {
        zk.create(root + "/below/p%20q/x", "1");
        zk.create(root + "/below/p%20q/y", "2");
        NodeTables.create(
                sql,
                "b",
                "p STRING, k STRING, v STRING, PRIMARY KEY (p, k) NOT ENFORCED",
                root + "/below/{p}/{k}",
                "path.encoding=url");
        keys("('p q', '')");
        for (String cache : CACHES) {
            assertThat(end("SELECT t.k, t.v FROM l JOIN b /*+ OPTIONS(" + cache(cache)
                            + ") */ FOR SYSTEM_TIME AS OF l.pt AS t ON t.p = l.a"))
                    .as(cache)
                    .containsExactlyInAnyOrder("+I[x, 1]", "+I[y, 2]");
        }
    }

    @Test
    void twoZNodesOfOneKeyAreAnErrorThatNamesBoth() {
        zk.create(root + "/a%20b", "1");
        zk.create(root + "/a+b", "2");
        NodeTables.create(sql, "t", KEY, root + "/{k}", "path.encoding=url");
        keys("('a b', '')");
        String join = " FOR SYSTEM_TIME AS OF l.pt ON t.k = l.a";
        for (String query : List.of(
                "SELECT * FROM t",
                "SELECT k FROM t",
                "SELECT * FROM t WHERE k = 'a b'",
                "SELECT * FROM t /*+ OPTIONS('scan.changelog-mode' = 'all') */",
                "SELECT * FROM t /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */",
                "SELECT * FROM t /*+ OPTIONS('scan.watch-mode' = 'poll') */",
                "SELECT l.a, t.v FROM l JOIN t" + join,
                "SELECT l.a, t.v FROM l JOIN t /*+ OPTIONS('lookup.async' = 'true') */" + join,
                "SELECT l.a, t.v FROM l JOIN t /*+ OPTIONS('lookup.cache' = 'FULL') */" + join)) {
            try (Changelog changes = select(query)) {
                assertThat(ExceptionUtils.stringifyException(changes.awaitFailure()))
                        .as(query)
                        .contains(root + "/a%20b'")
                        .contains(root + "/a+b'")
                        .contains("' have the same key in the 'path' '" + root + "/{k}': with 'path.encoding' = 'url'"
                                + " both names mean the same text. Delete one of them");
            }
        }
    }

    private void keys(String values) {
        sql.executeSql("DROP TEMPORARY VIEW IF EXISTS l");
        sql.executeSql("CREATE TEMPORARY VIEW l AS SELECT *, PROCTIME() AS pt FROM (VALUES " + values + ") AS x(a, b)");
    }

    private static String cache(String cache) {
        return "'lookup.cache' = '" + cache + "'"
                + (cache.equals("PARTIAL") ? ", 'lookup.partial-cache.max-rows' = '9'" : "");
    }

    private void refuses(String statement, String message) {
        assertThatThrownBy(() -> sql.explainSql(statement))
                .satisfies(failure ->
                        assertThat(ExceptionUtils.stringifyException(failure)).contains(message));
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }

    private List<String> end(String query) {
        try (Changelog changes = select(query)) {
            return changes.awaitEnd();
        }
    }
}
