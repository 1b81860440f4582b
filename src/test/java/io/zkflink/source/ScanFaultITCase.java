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
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.zookeeper.Op;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** After the stream has caught up the table equals the tree, whatever broke meanwhile, in every changelog mode. */
class ScanFaultITCase {

    private static final String ROOT = "/fault";

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private final ZooKeeperAdmin zk = ZK.admin();
    private final List<Changelog> open = new ArrayList<>();
    private Changelog upsert;
    private Changelog full;
    private Changelog log;

    @BeforeEach
    void tables() {
        create("u", "k STRING, v STRING, `version` INT METADATA, PRIMARY KEY (k) NOT ENFORCED", "upsert");
        create("f", "k STRING, v STRING, `version` INT METADATA", "all");
        create("l", "k STRING, v STRING, `version` INT METADATA, event STRING METADATA FROM 'event-type'", "append");
    }

    private void create(String name, String columns, String mode) {
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                name,
                columns,
                ROOT + "/{*k}",
                "session-timeout=2 s",
                "retry-wait=100 ms",
                "scan.changelog-mode=" + mode);
    }

    private void start() {
        upsert = select("SELECT * FROM u");
        full = select("SELECT * FROM f");
        log = select("SELECT * FROM l");
    }

    private Changelog select(String query) {
        Changelog changes = new Changelog(sql.executeSql(query));
        open.add(changes);
        return changes;
    }

    @AfterEach
    void clean() {
        ZK.reset();
        open.forEach(Changelog::close);
        zk.deleteTree(ROOT);
    }

    private void settle() {
        settle(true);
    }

    /** Waits until all tables equal the tree, then that they still hear of changes. */
    private void settle(boolean probe) {
        String[] rows = zk.tree(ROOT).entrySet().stream()
                .map(entry -> "[" + entry.getKey().substring(ROOT.length() + 1) + ", "
                        + (entry.getValue().isEmpty() ? "null" : entry.getValue()) + ", "
                        + zk.stat(entry.getKey()).getVersion() + "]")
                .toArray(String[]::new);
        upsert.awaitTable(rows);
        full.awaitTable(rows);
        Await.untilAsserted(
                "the log replays to the tree", () -> assertThat(replay()).containsExactlyInAnyOrder(rows));
        if (probe) {
            zk.create(ROOT + "/probe", "p");
            settle(false);
            zk.delete(ROOT + "/probe");
            settle(false);
        }
    }

    private List<String> replay() {
        log.rows();
        SortedMap<String, String> table = new TreeMap<>();
        for (Row row : log.copy()) {
            String key = row.getFieldAs("k");
            String shown = "[" + key + ", " + row.getField("v") + ", " + row.getField("version") + "]";
            switch (row.<String>getFieldAs("event")) {
                case "CREATED" ->
                    assertThat(table.put(key, shown)).as("before %s", row).isNull();
                case "CHANGED" ->
                    assertThat(table.put(key, shown)).as("before %s", row).isNotNull();
                default -> assertThat(table.remove(key)).as("before %s", row).isNotNull();
            }
        }
        return List.copyOf(table.values());
    }

    private void base() {
        zk.create(ROOT + "/changed", "1");
        zk.create(ROOT + "/same", "1");
        zk.create(ROOT + "/gone/x/y", "1");
        zk.create(ROOT + "/again/kid", "1");
        zk.create(ROOT + "/moved/x", "1");
        zk.create(ROOT + "/shape/leaf", "1");
    }

    /** Everything that can happen to a znode while nobody looks. */
    private void awayChanges() {
        zk.set(ROOT + "/changed", "2");
        zk.set(ROOT + "/changed", "3");
        zk.deleteTree(ROOT + "/gone");
        NodeTables.transaction(
                zk,
                Op.delete(ROOT + "/again/kid", -1),
                Op.delete(ROOT + "/again", -1),
                NodeTables.creation(ROOT + "/again", ""),
                NodeTables.creation(ROOT + "/again/new", "2"));
        zk.deleteTree(ROOT + "/moved");
        zk.create(ROOT + "/moved2/x", "1");
        zk.create(ROOT + "/fresh", "1");
        zk.set(ROOT + "/fresh", "2");
        zk.create(ROOT + "/brief", "1");
        zk.delete(ROOT + "/brief");
        // Deleted and created at the same version, then with the same data, so that only the czxid tells.
        NodeTables.recreate(zk, ROOT + "/shape/leaf", "1");
    }

    @Test
    void aCutAtTheStartIsWaitedOut() {
        base();
        ZK.whileCut(() -> {
            start();
            open.forEach(changes -> Await.until("it runs", () -> status(changes) == JobStatus.RUNNING));
        });
        settle();
    }

    @Test
    void changesMadeDuringACutAreSeen() {
        base();
        start();
        settle();
        ZK.whileCut(this::awayChanges);
        settle();
        long recreated = log.copy().stream()
                .filter(row -> "shape/leaf".equals(row.getFieldAs("k")))
                .count();
        assertThat(recreated)
                .as("CREATED, then DELETED and CREATED of a znode recreated as it was")
                .isEqualTo(3);
    }

    @Test
    void changesMadeDuringTwoCutsInARowAreSeen() {
        base();
        start();
        settle();
        ZK.whileCut(this::awayChanges);
        ZK.whileCut(() -> {
            zk.deleteTree(ROOT + "/again");
            zk.set(ROOT + "/changed", "4");
        });
        settle();
    }

    @Test
    @Tag("nightly")
    void changesMadeDuringAnExpiryAreSeenTwiceInARow() {
        base();
        start();
        settle();
        ZK.expireSessions(this::awayChanges);
        ZK.expireSessions(() -> {
            zk.deleteTree(ROOT + "/again");
            zk.create(ROOT + "/again/new", "3");
        });
        settle();
        ZK.expireSessions(() -> zk.deleteTree(ROOT));
        settle();
    }

    @Test
    void changesMadeWhileTheNetworkSwallowsAreSeen() {
        base();
        start();
        settle();
        ZK.whileBlackholed(this::awayChanges);
        settle();
    }

    @Test
    void aRestartAndAPauseOfTheServerLoseNothing() {
        base();
        start();
        settle();
        ZK.process().restart();
        awayChanges();
        settle();
        ZK.process().pause();
        ZK.process().resume();
        zk.deleteTree(ROOT + "/again");
        ZK.process().restart();
        ZK.process().restart();
        settle();
    }

    @Test
    @Tag("nightly")
    void cutsDuringTheSnapshotOfThousandsOfZNodesDoubleNothing() {
        Map<String, String> many = new LinkedHashMap<>();
        for (int parent = 0; parent < 50; parent++) {
            for (int child = 0; child < 100; child++) {
                many.put(ROOT + "/p" + parent + "/c" + child, "x".repeat(200) + child);
            }
        }
        zk.createAll(many);
        start();
        for (int cut = 0; cut < 3; cut++) {
            ZK.whileCut(() -> zk.deleteTree(ROOT + "/p0"));
        }
        Await.until(
                "some rows are there",
                () -> !full.rows().isEmpty() && !upsert.rows().isEmpty());
        ZK.whileCut(() -> {
            zk.set(ROOT + "/p1/c1", "changed");
            zk.deleteTree(ROOT + "/p49");
            zk.create(ROOT + "/p0/again", "1");
        });
        settleMany();
        ZK.expireSessions(() -> {
            zk.deleteTree(ROOT);
            zk.createAll(many);
        });
        settleMany();
    }

    /** As {@link #settle}, for more znodes than one asks for one by one. */
    private void settleMany() {
        String[] rows = zk.tree(ROOT).entrySet().stream()
                .map(entry -> entry.getKey().substring(ROOT.length() + 1) + "="
                        + (entry.getValue().isEmpty() ? "null" : entry.getValue()))
                .sorted()
                .toArray(String[]::new);
        for (Changelog changes : List.of(upsert, full)) {
            Await.untilAsserted("the table equals the tree", () -> {
                changes.rows();
                assertThat(pairs(changes)).containsExactly(rows);
            });
        }
        Await.untilAsserted("the log replays to the tree", () -> assertThat(replay().stream()
                        .map(row -> row.substring(1, row.lastIndexOf(", ")).replaceFirst(", ", "="))
                        .sorted())
                .containsExactly(rows));
    }

    private static List<String> pairs(Changelog changes) {
        SortedMap<String, Integer> count = new TreeMap<>();
        for (Row row : changes.copy()) {
            String pair = row.getField("k") + "=" + row.getField("v");
            int more =
                    switch (row.getKind()) {
                        case INSERT, UPDATE_AFTER -> 1;
                        default -> -1;
                    };
            int now = count.merge(pair, more, Integer::sum);
            assertThat(now).as("how often there is %s", row).isBetween(0, 1);
        }
        return count.entrySet().stream()
                .filter(entry -> entry.getValue() == 1)
                .map(Map.Entry::getKey)
                .toList();
    }

    @Test
    void aServerThatIsNotThereFailsWithTheAddressAndTheLastCause() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        for (String bounded : List.of("unbounded", "snapshot")) {
            NodeTables.createAt(
                    "127.0.0.1:" + port,
                    sql,
                    "nowhere_" + bounded,
                    "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                    "/{k}",
                    "connection-timeout=500 ms",
                    "retry-wait=100 ms",
                    "max-retry-attempts=2",
                    "scan.bounded.mode=" + bounded);
            Throwable failure = select("SELECT * FROM nowhere_" + bounded).awaitFailure();
            assertThat(failure).hasStackTraceContaining("127.0.0.1:" + port).hasStackTraceContaining("refused");
        }
    }

    @Test
    void aHostThatDoesNotResolveFailsWithTheAddress() {
        NodeTables.createAt(
                "no-such-host.invalid:2181",
                sql,
                "nowhere",
                "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                "/{k}",
                "connection-timeout=500 ms",
                "retry-wait=100 ms",
                "max-retry-attempts=1");
        assertThat(select("SELECT * FROM nowhere").awaitFailure()).hasStackTraceContaining("no-such-host.invalid:2181");
    }

    @Test
    void aServerThatAcceptsAndSaysNothingFailsWithTheAddress() {
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "mute",
                "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                "/{k}",
                "connection-timeout=700 ms",
                "retry-wait=100 ms",
                "max-retry-attempts=1");
        ZK.whileBlackholed(() ->
                assertThat(select("SELECT * FROM mute").awaitFailure()).hasStackTraceContaining(ZK.connectString()));
    }

    @Test
    @Tag("nightly")
    void aJobIsCancelledWhileDisconnected() {
        base();
        start();
        settle();
        ZK.whileCut(() -> open.forEach(ScanFaultITCase::cancel));
        start();
        settle();
        ZK.whileBlackholed(() -> open.subList(3, 6).forEach(ScanFaultITCase::cancel));
        Await.until(
                "no session of ours is left once the network is whole",
                () -> ZK.process().sessionCount() <= 1);
    }

    private static void cancel(Changelog changes) {
        Await.result(changes.job().cancel());
        Await.until("it is cancelled", () -> status(changes) == JobStatus.CANCELED);
    }

    @Test
    void aJobIsCancelledBeforeItEverConnected() {
        // Not collected: Flink's collect sink kills its TaskManager when it is cancelled before it was opened.
        ZK.whileCut(() -> {
            for (int i = 0; i < 5; i++) {
                ScanRun.all(sql, "SELECT * FROM f").close();
                try (ScanRun run = ScanRun.all(sql, "SELECT * FROM l")) {
                    Await.until("it runs", run::isRunning);
                }
            }
        });
        base();
        start();
        settle();
    }

    @Test
    void closingTheLastJobEndsTheSession() {
        Await.until("only the admin is there", () -> ZK.process().sessionCount() <= 1);
        int before = ZK.process().sessionCount();
        base();
        start();
        settle();
        assertThat(ZK.process().sessionCount()).as("one session is shared").isEqualTo(before + 1);
        open.forEach(Changelog::close);
        Await.until("the session is closed", () -> ZK.process().sessionCount() == before);
    }

    @Test
    void aBoundedScanSurvivesACut() {
        Map<String, String> many = new LinkedHashMap<>();
        for (int i = 0; i < 3000; i++) {
            many.put(ROOT + "/n" + i, "x".repeat(300));
        }
        zk.createAll(many);
        try (Changelog changes = select("SELECT k FROM f /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */")) {
            ZK.whileCut(() -> zk.set(ROOT + "/n0", "y"));
            ZK.whileCut(() -> zk.set(ROOT + "/n1", "y"));
            assertThat(changes.awaitEnd()).hasSize(3000).doesNotHaveDuplicates();
        }
    }

    private static JobStatus status(Changelog changes) {
        return Await.result(changes.job().getJobStatus());
    }
}
