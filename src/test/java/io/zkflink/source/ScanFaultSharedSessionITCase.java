// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Faults with the other startup mode, other templates, chroots and several tables on one session. */
class ScanFaultSharedSessionITCase {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private final ZooKeeperAdmin zk = ZK.admin();

    @AfterEach
    void clean() {
        ZK.reset();
        zk.deleteTree("/r");
        zk.deleteTree("/other");
    }

    private void create(String chroot, String name, String columns, String path, String... options) {
        String[] all = java.util.Arrays.copyOf(options, options.length + 2);
        all[options.length] = "session-timeout=2 s";
        all[options.length + 1] = "retry-wait=100 ms";
        NodeTables.createAt(ZK.connectString() + chroot, sql, name, columns, path, all);
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }

    @Test
    void latestOffsetSaysOnlyWhatChangedOverAnExpiry() {
        zk.create("/r/base", "1");
        zk.create("/r/gone", "1");
        zk.create("/r/again", "1");
        zk.create("/r/marker", "");
        create(
                "",
                "t",
                "k STRING, v STRING, event STRING METADATA FROM 'event-type'",
                "/r/{*k}",
                "scan.startup.mode=latest-offset",
                "scan.changelog-mode=append");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, v FROM t WHERE k <> 'marker' OR v = 'x'")) {
            Await.until("a change is seen", () -> {
                zk.set("/r/marker", "x");
                return !run.rows().isEmpty();
            });
            zk.set("/r/marker", "y");
            ZK.expireSessions(() -> {
                zk.delete("/r/gone");
                NodeTables.recreate(zk, "/r/again", "1");
                zk.create("/r/new", "1");
            });
            zk.create("/r/end", "");
            Await.untilAsserted(
                    "the changes", () -> assertThat(run.rows().stream().filter(row -> !row.contains("marker")))
                            .containsExactlyInAnyOrder(
                                    "+[DELETED, gone, null]",
                                    "+[DELETED, again, null]",
                                    "+[CREATED, again, 1]",
                                    "+[CREATED, new, 1]",
                                    "+[CREATED, end, null]"));
        }
    }

    @Test
    void whatHappensAboveAndBelowTheRowsWhileAwayIsSeen() {
        zk.create("/r/a/conf/x/state", "1");
        zk.create("/r/b/conf/x/state", "1");
        zk.create("/r/c/conf/y", "1");
        create("", "t", "a STRING, k STRING, v STRING, PRIMARY KEY (a, k) NOT ENFORCED", "/r/{a}/conf/{k}/state");
        create("", "f", "a STRING, k STRING, v STRING", "/r/{a}/conf/{k}/state");
        try (Changelog t = select("SELECT * FROM t");
                Changelog f = select("SELECT * FROM f");
                Changelog keys = select("SELECT a, k FROM t")) {
            t.awaitTable("[a, x, 1]", "[b, x, 1]");
            ZK.whileCut(() -> {
                zk.deleteTree("/r/a");
                zk.create("/r/a/conf2/x/state", "no");
                zk.create("/r/c/conf/y/state", "2");
                NodeTables.recreate(zk, "/r/b/conf/x/state", "1");
                zk.create("/r/b/conf/x/state/below", "no");
            });
            t.awaitTable("[b, x, 1]", "[c, y, 2]");
            f.awaitTable("[b, x, 1]", "[c, y, 2]");
            keys.awaitTable("[b, x]", "[c, y]");
            ZK.expireSessions(() -> {
                zk.deleteTree("/r");
                zk.create("/r/a/conf/x/state", "3");
            });
            t.awaitTable("[a, x, 3]");
            f.awaitTable("[a, x, 3]");
            keys.awaitTable("[a, x]");
            ZK.whileBlackholed(() -> zk.deleteTree("/r"));
            t.awaitTable();
            f.awaitTable();
            keys.awaitTable();
        }
    }

    @Test
    void aChrootAndANamespaceSurviveFaults() {
        zk.create("/r/ch/ns/a", "1");
        create(
                "/r/ch",
                "t",
                "k STRING, v STRING, path STRING METADATA, PRIMARY KEY (k) NOT ENFORCED",
                "/{*k}",
                "namespace=ns");
        create("/r/missing", "m", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", "/x/{k}");
        try (Changelog t = select("SELECT * FROM t");
                Changelog m = select("SELECT * FROM m")) {
            t.awaitTable("[a, 1, /a]");
            ZK.whileCut(() -> {
                zk.create("/r/ch/ns/a/b", "2");
                zk.create("/r/missing/x/k", "1");
            });
            t.awaitTable("[a, 1, /a]", "[a/b, 2, /a/b]");
            m.awaitTable("[k, 1]");
            ZK.expireSessions(() -> zk.deleteTree("/r"));
            t.awaitTable();
            m.awaitTable();
            zk.create("/r/missing/x/l", "2");
            zk.create("/r/ch/ns/z", "3");
            t.awaitTable("[z, 3, /z]");
            m.awaitTable("[l, 2]");
        }
    }

    @Test
    void oneTablesFailureNeverFailsAnothersOnTheSameSession() {
        zk.create("/r/a", "1");
        zk.create("/other/a", "1");
        zk.create("/other/b", "1");
        NodeTables.hide(zk, "/other/b");
        create("", "good", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", "/r/{k}");
        create("", "denied", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", "/other/{k}");
        create("", "garbled", "k STRING, v STRING, w STRING, PRIMARY KEY (k) NOT ENFORCED", "/r/{k}", "format=json");
        try (Changelog good = select("SELECT * FROM good");
                Changelog garbled = select("SELECT * FROM garbled");
                Changelog denied = select("SELECT * FROM denied")) {
            assertThat(denied.awaitFailure()).hasStackTraceContaining("/other/b");
            assertThat(garbled.awaitFailure()).hasStackTraceContaining("/r/a");
            zk.set("/r/a", "2");
            good.awaitTable("[a, 2]");
            ZK.whileCut(() -> zk.create("/r/b", "3"));
            good.awaitTable("[a, 2]", "[b, 3]");
        } finally {
            NodeTables.show(zk, "/other/b");
        }
    }

    @Test
    void aZNodeThatCannotBeDecodedWhileAwayIsRetracted() {
        zk.create("/r/a", "{\"n\":1}");
        zk.create("/r/b", "{\"n\":1}");
        zk.create("/r/c", "garbage");
        create("", "t", "k STRING, n INT", "/r/{k}", "format=json", "scan.parse-errors=skip");
        try (Changelog t = select("SELECT * FROM t")) {
            t.awaitTable("[a, 1]", "[b, 1]");
            ZK.expireSessions(() -> {
                zk.set("/r/a", "garbage");
                NodeTables.recreate(zk, "/r/b", "garbage");
                zk.set("/r/c", "{\"n\":3}");
            });
            t.awaitTable("[c, 3]");
            ZK.whileCut(() -> {
                zk.delete("/r/a");
                NodeTables.recreate(zk, "/r/b", "{\"n\":2}");
                NodeTables.recreate(zk, "/r/c", "garbage");
            });
            t.awaitTable("[b, 2]");
        }
    }
}
