// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A healthy server's subtrees as tables: what a scan says of each kind of template, format, column and change. */
class ScanITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @BeforeEach
    void flags() {
        sql.executeSql("""
                CREATE TABLE flags (
                  service STRING, flag STRING, enabled BOOLEAN, rollout INT,
                  `version` INT METADATA VIRTUAL,
                  PRIMARY KEY (service, flag) NOT ENFORCED
                ) WITH (
                  'connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s/{service}/{flag}',
                  'format' = 'json')
                """.formatted(SharedZooKeeper.connectString(), root));
    }

    @Test
    void aSubtreeStreamsAsATable() {
        zk.create(root + "/cart/new-ui", "{\"enabled\":true,\"rollout\":10}");
        zk.create(root + "/cart/fast", "{\"enabled\":false,\"rollout\":0}");
        try (Changelog changes = select("SELECT * FROM flags")) {
            changes.awaitTable("[cart, new-ui, true, 10, 0]", "[cart, fast, false, 0, 0]");
            zk.set(root + "/cart/new-ui", "{\"enabled\":true,\"rollout\":50}");
            zk.create(root + "/search/ranker", "{\"enabled\":true,\"rollout\":1}");
            zk.delete(root + "/cart/fast");
            changes.awaitTable("[cart, new-ui, true, 50, 1]", "[search, ranker, true, 1, 0]");
        }
    }

    @Test
    void aRootThatDoesNotExistIsAnEmptyTableAndIsWatchedFor() {
        try (Changelog changes = select("SELECT flag FROM flags")) {
            zk.create(root + "/a/b", "{}");
            changes.awaitTable("[b]");
            zk.deleteTree(root);
            changes.awaitTable();
            zk.create(root + "/a/c", "{}");
            changes.awaitTable("[c]");
        }
    }

    @Test
    void aBoundedScanEnds() {
        zk.create(root + "/cart/a", "{\"enabled\":true,\"rollout\":10}");
        zk.create(root + "/cart/b", "");
        try (Changelog changes =
                select("SELECT flag, enabled FROM flags /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */")) {
            assertThat(changes.awaitEnd()).containsExactlyInAnyOrder("+I[a, true]", "+I[b, null]");
        }
    }

    @Test
    void anEmptyBoundedScanEnds() {
        try (Changelog changes = select("SELECT flag FROM flags /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */")) {
            assertThat(changes.awaitEnd()).isEmpty();
        }
    }

    @Test
    void aWholeSubtreeAtAnyDepth() {
        zk.create(root + "/a", "1");
        zk.create(root + "/b/c/d", "2");
        create("tree", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", root + "/{*k}", "");
        try (Changelog changes = select("SELECT * FROM tree")) {
            changes.awaitTable("[a, 1]", "[b, null]", "[b/c, null]", "[b/c/d, 2]");
            zk.create(root + "/b/c/e/f", "3");
            zk.deleteTree(root + "/b/c/d");
            changes.awaitTable("[a, 1]", "[b, null]", "[b/c, null]", "[b/c/e, null]", "[b/c/e/f, 3]");
        }
    }

    @Test
    void oneZNode() {
        create("leader", "v STRING", root + "/leader", "");
        try (Changelog changes = select("SELECT * FROM leader")) {
            zk.create(root + "/leader", "ann");
            changes.awaitRows("+I[ann]");
            zk.set(root + "/leader", "bob");
            changes.awaitRows("+I[ann]", "-U[ann]", "+U[bob]");
            zk.delete(root + "/leader");
            changes.awaitRows("+I[ann]", "-U[ann]", "+U[bob]", "-D[bob]");
        }
    }

    @Test
    void literalSegmentsMayFollowColumns() {
        zk.create(root + "/orders/partitions/0/state", "1");
        zk.create(root + "/orders/partitions/007/state", "no");
        zk.create(root + "/orders/partitions/x/state", "no");
        zk.create(root + "/orders/config", "no");
        create(
                "leaders",
                "topic STRING, part INT, leader STRING, PRIMARY KEY (topic, part) NOT ENFORCED",
                root + "/{topic}/partitions/{part}/state",
                "");
        try (Changelog changes = select("SELECT * FROM leaders")) {
            changes.awaitTable("[orders, 0, 1]");
            zk.create(root + "/orders/partitions/12/state", "2");
            zk.create(root + "/orders/partitions/1x/state", "no");
            changes.awaitTable("[orders, 0, 1]", "[orders, 12, 2]");
        }
    }

    @Test
    void namesMayBePercentEncoded() {
        zk.create(root + "/dubbo%3A%2F%2F10.0.0.1%3A20880%2Fcom.Foo", "x");
        create(
                "providers",
                "url STRING, v STRING, PRIMARY KEY (url) NOT ENFORCED",
                root + "/{url}",
                ", 'path.encoding' = 'url'");
        try (Changelog changes = select("SELECT url FROM providers")) {
            changes.awaitTable("[dubbo://10.0.0.1:20880/com.Foo]");
        }
    }

    @Test
    void metadataColumns() {
        zk.create(root + "/a", "xyz");
        zk.set(root + "/a", "xy");
        zk.create(root + "/a/child", "");
        create("meta", """
                k STRING, v STRING,
                path STRING METADATA VIRTUAL, name STRING METADATA VIRTUAL, `version` INT METADATA VIRTUAL,
                cversion INT METADATA VIRTUAL, aversion INT METADATA VIRTUAL, czxid BIGINT METADATA VIRTUAL,
                mzxid BIGINT METADATA VIRTUAL, pzxid BIGINT METADATA VIRTUAL,
                ctime TIMESTAMP_LTZ(3) METADATA VIRTUAL, mtime TIMESTAMP_LTZ(3) METADATA VIRTUAL,
                owner BIGINT METADATA FROM 'ephemeral-owner' VIRTUAL, size INT METADATA FROM 'data-length' VIRTUAL,
                kids INT METADATA FROM 'num-children' VIRTUAL, PRIMARY KEY (k) NOT ENFORCED
                """, root + "/{k}", "");
        try (Changelog changes =
                select("SELECT path, name, `version`, cversion, aversion, owner, size, kids, czxid < mzxid,"
                        + " mzxid < pzxid, ctime <= mtime FROM meta")) {
            changes.awaitTable("[" + root + "/a, a, 1, 1, 0, 0, 2, 1, true, true, true]");
        }
    }

    @Test
    void pathsAreRelativeToChrootAndNamespace() {
        zk.create(root + "/team/app/k", "1");
        sql.executeSql("""
                CREATE TABLE t (k STRING, v STRING, path STRING METADATA VIRTUAL, PRIMARY KEY (k) NOT ENFORCED) WITH (
                  'connector' = 'zookeeper', 'connect-string' = '%s%s', 'namespace' = 'team/app', 'path' = '/{k}')
                """.formatted(SharedZooKeeper.connectString(), root));
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[k, 1, /k]");
            zk.create(root + "/team/app/l", "2");
            zk.set(root + "/team/app/k", "3");
            changes.awaitTable("[k, 3, /k]", "[l, 2, /l]");
        }
    }

    @Test
    void batchModeReadsOnceAndJoins() {
        zk.create(root + "/cart/a", "{\"enabled\":true,\"rollout\":10}");
        zk.create(root + "/cart/b", "{\"enabled\":true,\"rollout\":20}");
        TableEnvironment batch = SharedMiniCluster.batchTableEnvironment(2);
        batch.executeSql("""
                CREATE TABLE flags (service STRING, flag STRING, enabled BOOLEAN, rollout INT) WITH (
                  'connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s/{service}/{flag}',
                  'format' = 'json')
                """.formatted(SharedZooKeeper.connectString(), root));
        try (Changelog changes = new Changelog(batch.executeSql(
                "SELECT service, SUM(rollout), COUNT(*) FROM flags WHERE flag <> 'c' GROUP BY service"))) {
            assertThat(changes.awaitEnd()).isEqualTo(List.of("+I[cart, 30, 2]"));
        }
    }

    private void create(String name, String columns, String path, String options) {
        sql.executeSql("CREATE TABLE %s (%s) WITH ('connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s'%s)"
                .formatted(name, columns, SharedZooKeeper.connectString(), path, options));
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }
}
