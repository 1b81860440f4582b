// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.Test;

/** The sentences of the contract about encoded names, chroot and namespace. */
class NamespaceITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @Test
    void theRootOfTheChrootIsOneZNode() {
        zk.create(root + "/app", "data");
        NodeTables.createAt(
                SharedZooKeeper.connectString() + root + "/app", sql, "t", "v STRING, path STRING METADATA", "/");
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[data, /]");
            zk.set(root + "/app", "more");
            zk.create(root + "/app/x", "child");
            changes.awaitTable("[more, /]");
        }
    }

    @Test
    void theRootOfTheServerIsOneZNode() {
        NodeTables.create(sql, "t", "v STRING, path STRING METADATA", "/");
        try (Changelog changes = select("SELECT path FROM t")) {
            changes.awaitTable("[/]");
        }
    }

    @Test
    void percentEncodedNamesAreDecoded() {
        List<String> names = List.of("%E6%97%A5", "a%2Fb", "100%25", "plain", "%7Bk%7D");
        names.forEach(name -> zk.create(root + "/" + name, "x"));
        // No encoding gives these names, and they must fail nothing.
        List.of("%", "%zz", "%2", "100%", "%FF", "%E6%97").forEach(name -> zk.create(root + "/" + name, "bad"));
        NodeTables.create(
                sql, "t", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", root + "/{k}", "path.encoding=url");
        try (Changelog changes = select("SELECT k FROM t WHERE v = 'x'")) {
            changes.awaitTable("[日]", "[a/b]", "[100%]", "[plain]", "[{k}]");
            zk.deleteTree(root);
            changes.awaitTable();
            names.forEach(name -> zk.create(root + "/" + name, "x"));
            changes.awaitTable("[日]", "[a/b]", "[100%]", "[plain]", "[{k}]");
        }
    }

    @Test
    void encodedNamesOfTypedColumnsAndOfTheRest() {
        zk.create(root + "/1/a%2Fb/c", "x");
        zk.create(root + "/%31/y", "the same number");
        NodeTables.create(
                sql, "t", "n INT, r STRING, PRIMARY KEY (n, r) NOT ENFORCED", root + "/{n}/{*r}", "path.encoding=url");
        NodeTables.create(
                sql,
                "u",
                "n INT, s STRING, c STRING, PRIMARY KEY (n, s, c) NOT ENFORCED",
                root + "/{n}/{s}/{c}",
                "path.encoding=url");
        try (Changelog u = select("SELECT * FROM u")) {
            u.awaitTable("[1, a/b, c]");
        }
        try (Changelog t = select("SELECT COUNT(*) FROM t")) {
            t.awaitTable("[3]");
        }
    }

    @Test
    void aLiteralMayBeAnyName() {
        zk.create(root + "/grö ße+%2F/x", "1");
        NodeTables.create(sql, "t", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", root + "/grö ße+%2F/{k}");
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[x, 1]");
        }
    }

    @Test
    void theNamespaceMayBeMissingAtFirst() {
        zk.create(root, "");
        NodeTables.createAt(
                SharedZooKeeper.connectString() + root,
                sql,
                "t",
                "k STRING, v STRING, path STRING METADATA, PRIMARY KEY (k) NOT ENFORCED",
                "/x/{*k}",
                "namespace=a/b/c");
        try (Changelog changes = select("SELECT * FROM t")) {
            zk.create(root + "/a/b/c/x/k/l", "1");
            changes.awaitTable("[k, null, /x/k]", "[k/l, 1, /x/k/l]");
            zk.deleteTree(root + "/a");
            changes.awaitTable();
            zk.create(root + "/a/b/c/x/k", "2");
            zk.create(root + "/a/b/c2/x/k", "no");
            changes.awaitTable("[k, 2, /x/k]");
        }
    }

    @Test
    void aChrootThatDoesNotExistYetIsAnEmptyTableAndIsWatchedFor() {
        NodeTables.createAt(
                SharedZooKeeper.connectString() + root + "/not/there",
                sql,
                "t",
                "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                "/{k}");
        assertThat(end("SELECT * FROM t /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */"))
                .isEmpty();
        try (Changelog changes = select("SELECT * FROM t")) {
            zk.create(root + "/not/there/k", "1");
            changes.awaitTable("[k, 1]");
            zk.deleteTree(root);
            changes.awaitTable();
            zk.create(root + "/not/there/l", "2");
            changes.awaitTable("[l, 2]");
        }
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
