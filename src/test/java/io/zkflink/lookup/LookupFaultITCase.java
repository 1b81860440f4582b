// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.session.SessionPool;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lookups against a server that is cut off, expires sessions, restarts, denies and holds garbage. */
class LookupFaultITCase {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private static final LookupCaching WATCHED = new LookupCaching.Partial(
            new LookupCaching.Limits(null, null, 1_000L, true), LookupCaching.Invalidation.WATCH);

    private final ZooKeeperAdmin zk = ZK.admin();
    private final Set<String> hidden = new HashSet<>();

    /** Where rows come from. */
    enum Mode {
        SYNC(new LookupCaching.None(), false),
        ASYNC(new LookupCaching.None(), true),
        WATCH(WATCHED, false),
        ASYNC_WATCH(WATCHED, true),
        FULL(new LookupCaching.Full(), false);

        private final LookupCaching caching;
        private final boolean async;

        Mode(LookupCaching caching, boolean async) {
            this.caching = caching;
            this.async = async;
        }

        RunningLookup.Plan plan() {
            return RunningLookup.Plan.of(ZK.connectString(), "/f/{a}/{b}", 0, 1)
                    .caching(caching)
                    .async(async);
        }
    }

    @AfterEach
    void nothingIsLeft() {
        ZK.reset();
        hidden.forEach(this::show);
        zk.deleteTree("/f");
        assertThat(SessionPool.size()).isZero();
        assertThat(CachedRows.caches()).isZero();
        assertThat(MirrorLookup.mirrors()).isZero();
        Await.until("all threads have ended", () -> threads().isEmpty());
        Await.until("all watches have ended", () -> ZK.process().watchCount() == 0);
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("zookeeper-"))
                .toList();
    }

    /** All at once, because faults take their time. */
    @Test
    void everyFaultIsSurvived() throws Exception {
        zk.create("/f/x/1", "one");
        List<RunningLookup> points = new ArrayList<>();
        List<RunningLookup> prefixes = new ArrayList<>();
        try {
            for (Mode mode : Mode.values()) {
                points.add(mode.plan().maxRetries(100).open());
                prefixes.add(mode.plan().maxRetries(100).keys(0).open());
            }
            points.forEach(each -> each.awaitRows(List.of("[x, 1, one]"), "x", "1"));
            prefixes.forEach(each -> each.awaitRows(List.of("[x, 1, one]"), "x"));
            ZK.whileCut(() -> zk.set("/f/x/1", "two"));
            points.forEach(each -> each.awaitRows(List.of("[x, 1, two]"), "x", "1"));
            prefixes.forEach(each -> each.awaitRows(List.of("[x, 1, two]"), "x"));
            ZK.expireSessions(() -> {
                zk.delete("/f/x/1");
                zk.create("/f/x/2", "three");
            });
            points.forEach(each -> each.awaitRows(List.of(), "x", "1"));
            points.forEach(each -> each.awaitRows(List.of("[x, 2, three]"), "x", "2"));
            prefixes.forEach(each -> each.awaitRows(List.of("[x, 2, three]"), "x"));
            ZK.process().restart();
            zk.create("/f/x/1", "four");
            points.forEach(each -> each.awaitRows(List.of("[x, 1, four]"), "x", "1"));
            prefixes.forEach(each -> each.awaitRows(List.of("[x, 1, four]", "[x, 2, three]"), "x"));
        } finally {
            for (RunningLookup each : points) {
                each.close();
            }
            for (RunningLookup each : prefixes) {
                each.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC", "WATCH", "ASYNC_WATCH"})
    void aLookupWaitsForTheConnection(Mode mode) throws Exception {
        zk.create("/f/x/1", "one");
        try (RunningLookup lookup = mode.plan().maxRetries(100).open()) {
            assertThat(lookup.find("x", "0")).isEmpty();
            List<CompletableFuture<Collection<RowData>>> waiting = new ArrayList<>();
            ZK.whileCut(() -> {
                waiting.add(lookup.start("x", "1"));
                zk.set("/f/x/1", "two");
            });
            assertThat(Await.result(waiting.get(0)).stream().map(RunningLookup::shown))
                    .containsExactly("[x, 1, two]");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC", "WATCH", "ASYNC_WATCH"})
    void aLookupThatWaitsTooLongFails(Mode mode) throws Exception {
        try (RunningLookup lookup = mode.plan().maxRetries(1).open();
                RunningLookup prefix = mode.plan().maxRetries(1).keys(0).open()) {
            assertThat(lookup.find("x", "0")).isEmpty();
            ZK.whileBlackholed(() -> {
                assertThatThrownBy(() -> lookup.find("x", "1"))
                        .isInstanceOf(IOException.class)
                        .hasMessageMatching("The lookup of '/f/x/1' in ZooKeeper at '127\\.0\\.0\\.1:\\d+' was not"
                                + " answered within 1000 ms \\('connection-timeout' of 500 ms x \\(1 \\+"
                                + " 'lookup\\.max-retries' of 1\\)\\): .*\\. Check that the servers run and can be"
                                + " reached, or allow more 'lookup\\.max-retries'\\.");
                assertThatThrownBy(() -> prefix.find("x")).hasMessageContaining("The lookup of '/f/{a}/{b} with [x]'");
            });
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WATCH", "ASYNC_WATCH", "FULL"})
    void cachedRowsAreServedForAWhile(Mode mode) throws Exception {
        zk.create("/f/x/1", "one");
        try (RunningLookup patient =
                        mode.plan().maxStaleness(Duration.ofHours(1)).open();
                RunningLookup strict = mode.plan()
                        .maxRetries(0)
                        .maxStaleness(Duration.ofMillis(1))
                        .open()) {
            Await.until("a watch is in place", () -> ZK.process().watchCount() == 1);
            // The first answer comes after that of the watch, the second is kept.
            patient.find("x", "1");
            patient.find("x", "1");
            strict.awaitRows(List.of("[x, 1, one]"), "x", "1");
            ZK.whileCut(() -> {
                zk.set("/f/x/1", "two");
                Await.until("the strict one fails", () -> fails(strict));
                assertThat(find(patient)).containsExactly("[x, 1, one]");
            });
            patient.awaitRows(List.of("[x, 1, two]"), "x", "1");
            Await.until("the strict one recovers", () -> !fails(strict));
            assertThat(strict.find("x", "1")).containsExactly("[x, 1, two]");
        }
    }

    private static boolean fails(RunningLookup lookup) {
        try {
            lookup.find("x", "1");
            return false;
        } catch (IOException e) {
            assertThat(e.getMessage())
                    .containsAnyOf("'lookup.max-staleness' of 1 ms", "was not answered", "CONNECTION");
            return true;
        }
    }

    private static List<String> find(RunningLookup lookup) {
        try {
            return lookup.find("x", "1");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC", "WATCH", "ASYNC_WATCH"})
    void aDenialNamesPathAndPermission(Mode mode) throws Exception {
        zk.create("/f/x/1", "one");
        zk.create("/f/y/1", "one");
        hide("/f/x/1");
        try (RunningLookup lookup = mode.plan().open();
                RunningLookup prefix = mode.plan().keys(0).open()) {
            for (ThrowingLookup denied : List.<ThrowingLookup>of(() -> lookup.find("x", "1"), () -> prefix.find("x"))) {
                assertThatThrownBy(denied::find)
                        .hasMessageContaining("'/f/x/1': its ACL denies this user the READ permission");
            }
            assertThat(lookup.find("y", "1")).containsExactly("[y, 1, one]");
        }
    }

    /** A lookup that may fail. */
    private interface ThrowingLookup {
        Object find() throws IOException;
    }

    @Test
    void aDenialEndsAMirror() throws Exception {
        zk.create("/f/x/1", "one");
        try (RunningLookup lookup = Mode.FULL.plan().open()) {
            zk.create("/f/x/2", "two");
            lookup.awaitRows(List.of("[x, 2, two]"), "x", "2");
            hide("/f/x/1");
            assertThat(lookup.find("x", "1")).containsExactly("[x, 1, one]");
            assertThatThrownBy(() ->
                            Mode.FULL.plan().maxStaleness(Duration.ofHours(2)).open())
                    .hasMessageContaining("'/f/x/1': its ACL denies this user the READ permission");
            ZK.whileCut(() -> {});
            Await.untilAsserted("the mirror fails", () -> assertThatThrownBy(() -> lookup.find("x", "2"))
                    .hasMessageContaining("'/f/x/1': its ACL denies this user the READ permission"));
            // Whoever comes next, when it is allowed again, gets another mirror.
            show("/f/x/1");
            try (RunningLookup next = Mode.FULL.plan().open()) {
                assertThat(next.find("x", "1")).containsExactly("[x, 1, one]");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void garbageFailsNamingTheZNode(Mode mode) throws Exception {
        zk.create("/f/x/1", "one");
        try (RunningLookup lookup = mode.plan().open()) {
            lookup.awaitRows(List.of("[x, 1, one]"), "x", "1");
            zk.set("/f/x/1", "!");
            Await.untilAsserted("the lookup fails", () -> assertThatThrownBy(() -> lookup.find("x", "1"))
                    .hasMessage("The data of the znode '/f/x/1' (version 1) could not be decoded: it begins with an"
                            + " exclamation mark. Correct the data, or set 'lookup.parse-errors' = 'null' or 'skip' to"
                            + " go on without it."));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReplyThatIsTooLargeSparesItsNeighbours(boolean async) throws Exception {
        zk.create("/f/x/large", "x".repeat(200_000));
        for (int i = 0; i < 40; i++) {
            zk.create("/f/x/" + i, "v" + i);
        }
        try (RunningLookup lookup = RunningLookup.Plan.of(ZK.connectString(), "/f/{a}/{b}", 0, 1)
                .async(async)
                .maxRetries(60)
                .open()) {
            assertThat(lookup.find("x", "0")).containsExactly("[x, 0, v0]");
            CompletableFuture<Collection<RowData>> large = lookup.start("x", "large");
            List<CompletableFuture<Collection<RowData>>> small = new ArrayList<>();
            for (int i = 0; i < (async ? 40 : 1); i++) {
                small.add(lookup.start("x", String.valueOf(i)));
            }
            for (int i = 0; i < small.size(); i++) {
                assertThat(Await.result(small.get(i)).stream().map(RunningLookup::shown))
                        .containsExactly("[x, " + i + ", v" + i + "]");
            }
            assertThat(Await.failure(large))
                    .hasMessageContaining("The data of the znode '/f/x/large' (200000 bytes) does not fit");
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingWhileLookupsWaitLeavesNothing(Mode mode) throws Exception {
        zk.create("/f/x/1", "one");
        RunningLookup lookup = mode.plan().open();
        lookup.find("x", "1");
        ZK.whileBlackholed(() -> {
            for (int i = 0; i < 20; i++) {
                lookup.start("y", String.valueOf(i));
            }
            try {
                lookup.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    @Tag("nightly")
    void cancellingAJobWhoseLookupsWaitLeavesNothing() {
        for (String options : List.of(
                "'lookup.async' = 'false'",
                "'lookup.async' = 'true'",
                "'lookup.async' = 'true', 'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '10'",
                "'lookup.cache' = 'FULL'")) {
            TableEnvironment sql = SharedMiniCluster.tableEnvironment(2);
            sql.executeSql("CREATE TEMPORARY TABLE l (a STRING, pt AS PROCTIME()) WITH ('connector' = 'datagen',"
                    + " 'rows-per-second' = '100', 'fields.a.length' = '5')");
            sql.executeSql("CREATE TEMPORARY TABLE t (a STRING, b STRING, v STRING) WITH ('connector' = 'zookeeper',"
                    + " 'connect-string' = '" + ZK.connectString() + "', 'path' = '/f/{a}/{b}', " + options + ")");
            try (Changelog changes = new Changelog(sql.executeSql(
                    "SELECT l.a, t.v FROM l LEFT JOIN t FOR SYSTEM_TIME" + " AS OF l.pt ON t.a = l.a AND t.b = l.a"))) {
                Await.until("rows arrive", () -> changes.rows().size() > 10);
                ZK.whileBlackholed(changes::close);
            }
            Await.until("the session is given back", () -> SessionPool.size() == 0);
        }
    }

    @Test
    @Tag("nightly")
    void aMirrorOfAServerThatIsNotThereFailsToOpen() {
        assertThatThrownBy(() -> RunningLookup.Plan.of("127.0.0.1:1", "/f/{a}/{b}", 0, 1)
                        .caching(new LookupCaching.Full())
                        .open())
                .hasMessageContaining("Could not connect to ZooKeeper at '127.0.0.1:1'");
    }

    private void hide(String path) {
        setAcl(
                path,
                Collections.singletonList(new ACL(ZooDefs.Perms.ALL & ~ZooDefs.Perms.READ, new Id("world", "anyone"))));
        hidden.add(path);
    }

    private void show(String path) {
        setAcl(path, ZooDefs.Ids.OPEN_ACL_UNSAFE);
    }

    private void setAcl(String path, List<ACL> acl) {
        try {
            zk.zooKeeper().setACL(path, acl, -1);
        } catch (KeeperException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
