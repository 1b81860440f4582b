// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a query does not need is not read. The server shows it: znodes that must not be read are ones that nobody
 * may read, so that a scan which tries fails.
 */
class ScanPushDownITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @BeforeEach
    void parts() {
        sql.executeSql("""
                CREATE TABLE parts (
                  topic STRING, part INT, leader STRING, `version` INT METADATA VIRTUAL,
                  PRIMARY KEY (topic, part) NOT ENFORCED
                ) WITH ('connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s/{topic}/{part}')
                """.formatted(SharedZooKeeper.connectString(), root));
        for (String topic : List.of("a", "b", "c")) {
            for (int part = 0; part < 4; part++) {
                zk.create(root + "/" + topic + "/" + part, topic + part);
            }
        }
    }

    @Test
    void equalitiesOnPathColumnsAreAllThatIsRead() throws Exception {
        forbid(root + "/c", root + "/b", root + "/a/0", root + "/a/3");
        String query = "SELECT * FROM parts WHERE topic = 'a' AND part IN (1, 2, 77)";
        assertThat(sql.explainSql(query)).contains("filter=[", "=(topic, _UTF-16LE'a'");
        try (Changelog changes = select(query)) {
            changes.awaitTable("[a, 1, a1, 0]", "[a, 2, a2, 0]");
            zk.set(root + "/a/1", "new");
            zk.create(root + "/a/77", "seventy-seven");
            zk.delete(root + "/a/2");
            changes.awaitTable("[a, 1, new, 1]", "[a, 77, seventy-seven, 0]");
        }
    }

    @Test
    void alternativesOnOneColumn() throws Exception {
        forbid(root + "/b");
        try (Changelog changes =
                select("SELECT topic, part FROM parts WHERE topic = 'a' OR topic = 'c' AND part = 3")) {
            changes.awaitTable("[a, 0]", "[a, 1]", "[a, 2]", "[a, 3]", "[c, 3]");
        }
    }

    @Test
    void aFilterThatNothingCanMatchReadsNothing() throws Exception {
        forbid(root + "/a", root + "/b", root + "/c");
        for (String condition : List.of("topic = ''", "topic = '..'", "topic = 'a/b'", "topic = 'a' AND topic = 'b'")) {
            try (Changelog changes = select(
                    "SELECT * FROM parts /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */" + " WHERE " + condition)) {
                assertThat(changes.awaitEnd()).as(condition).isEmpty();
            }
        }
    }

    @Test
    void otherFiltersAreNotLost() {
        try (Changelog changes = select("SELECT part FROM parts WHERE topic = 'a' AND part > 1 AND leader <> 'a3'")) {
            changes.awaitTable("[2]");
        }
    }

    @Test
    void twoScansWithOtherFiltersAreNotMistakenForEachOther() {
        try (Changelog changes = select("SELECT part, leader FROM parts WHERE topic = 'a' AND part = 1 UNION ALL"
                + " SELECT part, leader FROM parts WHERE topic = 'b' AND part = 1")) {
            changes.awaitTable("[1, a1]", "[1, b1]");
        }
    }

    @Test
    void keysAreListedWithoutReadingData() throws Exception {
        List<String> leaves = new ArrayList<>();
        for (int part = 0; part < 4; part++) {
            leaves.add(root + "/a/" + part);
        }
        forbid(leaves.toArray(String[]::new));
        try (Changelog changes = select("SELECT topic, COUNT(*) FROM parts"
                + " /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */ GROUP BY topic")) {
            changes.awaitEnd();
            assertThat(changes.table()).containsExactly("[a, 4]", "[b, 4]", "[c, 4]");
        }
    }

    @Test
    void keysOnlyFollowsChanges() {
        try (Changelog changes = select("SELECT topic, part FROM parts WHERE topic = 'a'")) {
            changes.awaitTable("[a, 0]", "[a, 1]", "[a, 2]", "[a, 3]");
            zk.create(root + "/a/9", "");
            zk.set(root + "/a/1", "x");
            zk.delete(root + "/a/0");
            changes.awaitTable("[a, 1]", "[a, 2]", "[a, 3]", "[a, 9]");
        }
    }

    @Test
    void aLimitEndsABoundedScan() {
        try (Changelog changes =
                select("SELECT * FROM parts /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */ LIMIT 5")) {
            assertThat(changes.awaitEnd()).hasSize(5);
        }
    }

    @Test
    void theServerCountsWhatIsRead() {
        assertThat(readsOf("SELECT * FROM parts"))
                .as("the root, 3 topics, 12 parts")
                .isEqualTo(16);
        assertThat(readsOf("SELECT * FROM parts WHERE topic = 'b'")).isEqualTo(1 + 4);
        assertThat(readsOf("SELECT * FROM parts WHERE topic = 'a' OR topic = 'c'"))
                .isEqualTo(2 + 8);
        assertThat(readsOf("SELECT * FROM parts WHERE part IN (0, 3)")).isEqualTo(1 + 6);
        assertThat(readsOf("SELECT * FROM parts WHERE topic = 'a' AND part IN (1, 2, 77)"))
                .as("those that are there; of others the server keeps no count")
                .isEqualTo(2);
        assertThat(readsOf("SELECT topic, part FROM parts")).as("lists only").isEqualTo(1 + 3);
        assertThat(readsOf("SELECT * FROM parts WHERE topic = 'a/b'")).isZero();
    }

    private long readsOf(String query) {
        long before = SharedZooKeeper.process().readCount(root);
        try (Changelog changes =
                select(query.replace("FROM parts", "FROM parts /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */"))) {
            changes.awaitEnd();
        }
        return SharedZooKeeper.process().readCount(root) - before;
    }

    /** Takes all permissions to read away. */
    private void forbid(String... paths) throws Exception {
        List<ACL> nobody = new ArrayList<>();
        nobody.add(new ACL(ZooDefs.Perms.ALL & ~ZooDefs.Perms.READ, new Id("world", "anyone")));
        for (String path : paths) {
            zk.zooKeeper().setACL(path, nobody, -1);
        }
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }
}
