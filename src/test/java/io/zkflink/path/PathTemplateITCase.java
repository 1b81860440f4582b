// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.Test;

/** The sentences of the contract about path templates. */
class PathTemplateITCase {

    private static final List<String> ODD_NAMES = List.of(
            "a b",
            " ",
            "größe",
            "日本",
            "it's",
            "\"q\"",
            "{x}",
            "{service}",
            "{*rest}",
            "*",
            "%",
            "%2F",
            "a+b",
            "$1",
            "\\",
            "...",
            ".hidden",
            "a,b=c",
            "e\u0301",
            "é",
            "null",
            "zookeeper");

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @Test
    void onlyTheCanonicalTextOfAnIntMatches() {
        matches(
                "INT",
                List.of("0", "7", "-7", "10", "2147483647", "-2147483648"),
                List.of(
                        "007",
                        "+1",
                        "-0",
                        "00",
                        "1e3",
                        "1.0",
                        "2147483648",
                        "-2147483649",
                        " 1",
                        "1 ",
                        "0x1",
                        "\u0661",
                        "\uff11",
                        "1_0",
                        "-",
                        "- 1",
                        "abc",
                        "99999999999999999999999",
                        "null"));
    }

    @Test
    void onlyTheCanonicalTextOfATinyintMatches() {
        matches("TINYINT", List.of("0", "127", "-128"), List.of("128", "-129", "+127", "0127", "256"));
    }

    @Test
    void onlyTheCanonicalTextOfASmallintMatches() {
        matches("SMALLINT", List.of("0", "32767", "-32768"), List.of("32768", "-32769", "65536"));
    }

    @Test
    void onlyTheCanonicalTextOfABigintMatches() {
        matches(
                "BIGINT",
                List.of("0", "9223372036854775807", "-9223372036854775808"),
                List.of("9223372036854775808", "-9223372036854775809", "1L", "\u0967"));
    }

    @Test
    void onlyTheCanonicalTextOfABooleanMatches() {
        matches("BOOLEAN", List.of("true", "false"), List.of("TRUE", "True", "t", "1", "0", "yes", "null", " true"));
    }

    @Test
    void onlyNamesThatFitMatchAVarchar() {
        matches("VARCHAR(3)", List.of("a", "abc", "äöü", "日本語"), List.of("abcd", "äöüß"));
    }

    @Test
    void onlyNamesOfTheLengthMatchAChar() {
        matches("CHAR(3)", List.of("abc", "äöü"), List.of("abcd"));
    }

    private void matches(String type, List<String> good, List<String> bad) {
        NodeTables.create(sql, "t", "k %s, v STRING, PRIMARY KEY (k) NOT ENFORCED".formatted(type), root + "/{k}");
        List<String> names = new ArrayList<>(bad);
        names.addAll(good);
        names.forEach(name -> zk.create(root + "/" + name, "x"));
        String[] rows = good.stream().map(name -> "[" + name + ", x]").toArray(String[]::new);
        String[] later = good.stream().map(name -> "[" + name + ", y]").toArray(String[]::new);
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable(rows);
            names.forEach(name -> zk.set(root + "/" + name, "y"));
            changes.awaitTable(later);
            zk.deleteTree(root);
            changes.awaitTable();
            names.forEach(name -> zk.create(root + "/" + name, "x"));
            changes.awaitTable(rows);
        }
    }

    @Test
    void namesAreTakenAsTheyAre() {
        NodeTables.create(sql, "t", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", root + "/{k}");
        String[] rows =
                ODD_NAMES.stream().map(name -> "[" + name + ", " + name + "]").toArray(String[]::new);
        ODD_NAMES.forEach(name -> zk.create(root + "/" + name, name));
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable(rows);
            zk.deleteTree(root);
            changes.awaitTable();
            ODD_NAMES.forEach(name -> zk.create(root + "/" + name, name));
            changes.awaitTable(rows);
        }
    }

    @Test
    void theRestTakesOneOrMoreSegmentsWithoutALeadingSlashAndTheRootIsNoRow() {
        zk.create(root, "root");
        zk.create(root + "/x/y/z/a b/{*k}", "deep");
        NodeTables.create(
                sql, "t", "k STRING, v STRING, path STRING METADATA, PRIMARY KEY (k) NOT ENFORCED", root + "/{*k}");
        try (Changelog changes = select("SELECT k, REPLACE(path, '" + root + "', ''), v FROM t")) {
            changes.awaitTable(
                    "[x, /x, null]",
                    "[x/y, /x/y, null]",
                    "[x/y/z, /x/y/z, null]",
                    "[x/y/z/a b, /x/y/z/a b, null]",
                    "[x/y/z/a b/{*k}, /x/y/z/a b/{*k}, deep]");
            zk.set(root, "changed");
            zk.deleteTree(root + "/x/y");
            changes.awaitTable("[x, /x, null]");
        }
    }

    @Test
    void aLiteralAndAColumnMayStandBeforeTheRest() {
        zk.create(root + "/a/conf/x/y", "1");
        zk.create(root + "/a/conf2/x", "no");
        zk.create(root + "/a/con/x", "no");
        zk.create(root + "/1/conf", "no");
        NodeTables.create(
                sql,
                "t",
                "`rest` STRING, v STRING, a STRING, PRIMARY KEY (`rest`, a) NOT ENFORCED",
                root + "/{a}/conf/{*rest}");
        try (Changelog changes = select("SELECT a, `rest`, v FROM t")) {
            changes.awaitTable("[a, x, null]", "[a, x/y, 1]");
            zk.create(root + "/b/conf/k", "2");
            zk.set(root + "/a/conf", "no row");
            zk.deleteTree(root + "/a");
            changes.awaitTable("[b, k, 2]");
        }
    }

    @Test
    void aSegmentBeforeTheRestMayBeTyped() {
        zk.create(root + "/1/x/2", "yes");
        zk.create(root + "/01/x/2", "no");
        NodeTables.create(sql, "t", "n INT, r STRING, v STRING, PRIMARY KEY (n, r) NOT ENFORCED", root + "/{n}/{*r}");
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[1, x, null]", "[1, x/2, yes]");
        }
    }

    @Test
    void deeperZNodesThanTheTemplateAreNoRows() {
        zk.create(root + "/a/b/c/d", "4");
        NodeTables.create(sql, "t", "x STRING, y STRING, v STRING, PRIMARY KEY (x, y) NOT ENFORCED", root + "/{x}/{y}");
        NodeTables.create(sql, "top", "x STRING, v STRING, PRIMARY KEY (x) NOT ENFORCED", root + "/{x}");
        try (Changelog changes = select("SELECT * FROM t");
                Changelog top = select("SELECT * FROM top")) {
            changes.awaitTable("[a, b, null]");
            zk.create(root + "/a/b/e", "5");
            zk.set(root + "/a/b/c", "6");
            zk.set(root + "/a", "7");
            zk.create(root + "/a/f", "8");
            changes.awaitTable("[a, b, null]", "[a, f, 8]");
            top.awaitTable("[a, 7]");
        }
    }

    @Test
    void treesWhoseNameOnlyStartsLikeTheRootAreNeverRead() {
        zk.create(root + "2/a", "sibling");
        zk.create(root + "2/b", "sibling");
        NodeTables.hide(zk, root + "2/b");
        NodeTables.hide(zk, root + "2");
        NodeTables.create(sql, "t", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", root + "/{*k}");
        try (Changelog changes = select("SELECT * FROM t")) {
            zk.create(root + "/a", "1");
            changes.awaitTable("[a, 1]");
            zk.set(root + "2/a", "sibling");
            zk.set(root + "2/b", "sibling");
            zk.create(root + "/c", "2");
            changes.awaitTable("[a, 1]", "[c, 2]");
        } finally {
            NodeTables.show(zk, root + "2");
            NodeTables.show(zk, root + "2/b");
        }
    }

    @Test
    void theDataOfZNodesThatDoNotMatchIsNotDecoded() {
        zk.create(root + "/t/state", "{\"n\":1}");
        zk.create(root + "/t/state2", "garbage");
        zk.set(root + "/t", "garbage");
        zk.create(root + "/t/state/below", "garbage");
        NodeTables.create(
                sql, "t", "k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED", root + "/{k}/state", "format=json");
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[t, 1]");
            zk.set(root + "/t/state2", "more garbage");
            zk.set(root + "/t/state/below", "more garbage");
            zk.create(root + "/u/state", "{\"n\":2}");
            changes.awaitTable("[t, 1]", "[u, 2]");
        }
    }

    @Test
    void oneZNodeOfATemplateWithoutColumnsIgnoresItsChildren() {
        zk.create(root + "/one/child", "x");
        NodeTables.create(sql, "t", "v STRING, name STRING METADATA", root + "/one");
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[null, one]");
            zk.set(root + "/one/child", "y");
            zk.set(root + "/one", "z");
            changes.awaitTable("[z, one]");
            zk.deleteTree(root + "/one");
            changes.awaitTable();
        }
    }

    @Test
    void theWholeServerIsATableWithoutZooKeepersOwnTree() {
        String key = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";
        String two = "a STRING, b STRING, v STRING, PRIMARY KEY (a, b) NOT ENFORCED";
        try (ZooKeeperProcess server = new ZooKeeperProcess().start();
                ZooKeeperAdmin admin = new ZooKeeperAdmin(server.connectString())) {
            admin.create("/x/zookeeper/config", "mine");
            admin.create("/zookeeper2", "mine");
            NodeTables.createAt(server.connectString(), sql, "everything", key, "/{*k}");
            NodeTables.createAt(server.connectString(), sql, "top", key, "/{k}");
            NodeTables.createAt(server.connectString(), sql, "pairs", two, "/{a}/{b}");
            try (Changelog all = select("SELECT k FROM everything");
                    Changelog top = select("SELECT k FROM top");
                    Changelog pairs = select("SELECT a, b FROM pairs")) {
                all.awaitTable("[x]", "[x/zookeeper]", "[x/zookeeper/config]", "[zookeeper2]");
                top.awaitTable("[x]", "[zookeeper2]");
                pairs.awaitTable("[x, zookeeper]");
                admin.create("/zookeeper/mine", "no row");
                admin.set("/zookeeper", "no row");
                admin.create("/y/z", "row");
                all.awaitTable("[x]", "[x/zookeeper]", "[x/zookeeper/config]", "[zookeeper2]", "[y]", "[y/z]");
                top.awaitTable("[x]", "[zookeeper2]", "[y]");
                pairs.awaitTable("[x, zookeeper]", "[y, z]");
            }
        }
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }
}
