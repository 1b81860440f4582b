// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ConnectionSettingsBuilder;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperClientContract;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.Ports;
import io.zkflink.testkit.TcpProxy;
import io.zkflink.testkit.WatchRecorder;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.ZooKeeperThread;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The client of the {@link SessionPool} keeps the contract against a real server, and what only that one shows. */
class SessionClientITCase extends ZooKeeperClientContract {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private static final AtomicInteger ROOTS = new AtomicInteger();

    private final List<ZooKeeperClient> opened = new ArrayList<>();

    @Override
    protected ZooKeeperClient open() {
        return open(settings(ZK.connectString(), ""));
    }

    @Override
    protected String freshRoot() {
        return "/root-" + ROOTS.incrementAndGet();
    }

    @Override
    protected void create(String path, String data) {
        if (data == null) {
            ZK.admin().create(path);
        } else {
            ZK.admin().create(path, data);
        }
    }

    @Override
    protected void set(String path, String data) {
        ZK.admin().set(path, data);
    }

    @Override
    protected void delete(String path) {
        ZK.admin().delete(path);
    }

    @Override
    protected void loseConnection() {
        ZK.proxy().cut();
    }

    @Override
    protected void restoreConnection() {
        ZK.proxy().heal();
    }

    @AfterEach
    void nothingIsLeft() {
        opened.forEach(ZooKeeperClient::close);
        ZK.reset();
        assertThat(SessionPool.size()).isZero();
    }

    @Test
    void serverThatAcceptsAConnectionAndNeverAnswersCostsNoSession() {
        ZooKeeperClient mine = open();
        Await.result(mine.read(root));
        Set<String> sessions = ZK.process().sessions();
        ZK.proxy().cut();
        ZK.proxy().blackhole();
        Await.until("a request for the session has no answer", ZK.proxy()::isHoldingBack);

        ZK.proxy().forsake();

        repeat(() -> mine.read(root));
        assertThat(sessions).containsAll(ZK.process().sessions());
    }

    @Nested
    class Paths {

        @Test
        void namespaceIsPutBeforeAndTakenOff() {
            createTree(root + "/ns/deep");
            assertRelative(open(settings(ZK.connectString(), root.substring(1) + "/ns/deep")), root + "/ns/deep");
        }

        @Test
        void chrootIsPutBeforeAndTakenOff() {
            createTree(root + "/chroot");
            assertRelative(open(settings(ZK.connectString() + root + "/chroot", "")), root + "/chroot");
        }

        @Test
        void namespaceLiesBelowTheChroot() {
            createTree(root + "/chroot/ns");
            assertRelative(open(settings(ZK.connectString() + root + "/chroot", "ns")), root + "/chroot/ns");
        }

        @Test
        void namespaceThatDoesNotExistIsEmptyAndWatchedFor() {
            ZooKeeperClient mine = open(settings(ZK.connectString(), root.substring(1)));
            WatchRecorder recorder = new WatchRecorder();
            mine.watch("/", recorder);
            recorder.awaitExactly("established");
            assertThat(Await.result(mine.read("/"))).isEmpty();
            assertThat(Await.result(mine.children("/a"))).isEmpty();

            create(root + "/a", "1");

            recorder.awaitExactly("established", "changed /", "changed /a");
        }

        @Test
        void watchIsRelativeAfterAReconnectToo() {
            create(root + "/chroot/ns", "");
            ZooKeeperClient mine = open(settings(ZK.connectString() + root + "/chroot", "ns"));
            WatchRecorder recorder = new WatchRecorder();
            mine.watch("/a", recorder);
            recorder.awaitExactly("established");
            loseConnection();
            recorder.awaitLast("lost");
            restoreConnection();
            recorder.awaitLast("established");

            create(root + "/chroot/ns/a/b", "1");

            recorder.awaitExactly("established", "lost", "established", "changed /a", "changed /a/b");
        }

        private void createTree(String at) {
            create(at + "/a/b", "1");
            create(at + "/c", "2");
        }

        private void assertRelative(ZooKeeperClient mine, String at) {
            ZNode znode = Await.result(mine.read("/a/b")).orElseThrow();
            assertThat(znode.path()).isEqualTo("/a/b");
            assertThat(text(znode)).isEqualTo("1");
            assertThat(Await.result(mine.read("/")).orElseThrow().path()).isEqualTo("/");
            assertThat(Await.result(mine.children("/")).orElseThrow()).containsExactlyInAnyOrder("a", "c");
            assertThat(Await.result(mine.sync())).isPositive();

            WatchRecorder all = new WatchRecorder();
            mine.watch("/", all);
            all.awaitExactly("established");
            WatchRecorder some = new WatchRecorder();
            mine.watch("/a", some);
            some.awaitExactly("established");
            set(at + "/a/b", "2");
            set(at + "/c", "2");
            set(at, "2");

            all.awaitExactly("established", "changed /a/b", "changed /c", "changed /");
            some.awaitExactly("established", "changed /a/b");
        }
    }

    @Nested
    class Sharing {

        @Test
        void equalSettingsShareASessionUntilTheLastCloses() {
            read("/");
            Set<String> one = ZK.process().sessions();
            ZooKeeperClient second = open(settings(ZK.connectString(), root.substring(1)));
            Await.result(second.read("/"));

            assertThat(ZK.process().sessions()).isEqualTo(one);
            assertThat(SessionPool.size()).isEqualTo(1);

            client.close();
            client.close();
            assertThat(Await.result(second.read("/"))).isEmpty();
            assertThat(ZK.process().sessions()).isEqualTo(one);

            second.close();
            assertThat(SessionPool.size()).isZero();
            Await.until(
                    "the server has ended the session",
                    () -> ZK.process().sessions().size() == one.size() - 1);
        }

        @Test
        void otherSettingsGetAnotherSession() {
            read("/");
            int one = ZK.process().sessionCount();
            ConnectionSettings mine = settings(ZK.connectString(), "");
            ZooKeeperClient other = open(ConnectionSettings.builder(mine.connectString())
                    .setSessionTimeout(mine.sessionTimeout().plusSeconds(1))
                    .setConnectionTimeout(mine.connectionTimeout())
                    .setRetryWait(mine.retryWait())
                    .setMaxRetryAttempts(mine.maxRetryAttempts())
                    .build());
            Await.result(other.read("/"));

            assertThat(SessionPool.size()).isEqualTo(2);
            assertThat(ZK.process().sessionCount()).isEqualTo(one + 1);
        }

        @Test
        void watchesOfOneRootAreOneOnTheServerAndEndWithTheLast() {
            read("/");
            int none = ZK.process().watchCount();
            ZooKeeperClient second = open();
            watch(root).awaitExactly("established");
            WatchRecorder recorder = new WatchRecorder();
            second.watch(root, recorder);
            recorder.awaitExactly("established");
            assertThat(ZK.process().watchCount()).isEqualTo(none + 1);

            client.close();
            create(root, "1");
            recorder.awaitExactly("established", "changed " + root);

            ZooKeeperClient third = open();
            second.close();
            Await.until("the server has dropped the watch", () -> ZK.process().watchCount() == none);
            third.close();
        }

        @Test
        void watchThatIsClosedWithoutAConnectionIsGoneWhenThereIsOne() {
            read("/");
            int none = ZK.process().watchCount();
            WatchRecorder witness = new WatchRecorder();
            ZooKeeperClient second = open();
            second.watch(root + "/other", witness);
            WatchRecorder recorder = new WatchRecorder();
            ZooKeeperClient.Watch watch = client.watch(root, recorder);
            recorder.awaitExactly("established");
            witness.awaitExactly("established");
            loseConnection();
            witness.awaitLast("lost");

            watch.close();
            restoreConnection();

            witness.awaitLast("established");
            Await.until("only the other watch is left", () -> ZK.process().watchCount() == none + 1);
            recorder.awaitExactly("established", "lost");
        }

        @Test
        void watchThatIsClosedAndAskedForAgainWithoutAConnectionIsThereWhenThereIsOne() {
            WatchRecorder first = new WatchRecorder();
            ZooKeeperClient.Watch watch = client.watch(root, first);
            first.awaitExactly("established");
            loseConnection();
            first.awaitLast("lost");

            watch.close();
            WatchRecorder second = watch(root);
            restoreConnection();

            second.awaitExactly("established");
            create(root, "1");
            second.awaitExactly("established", "changed " + root);
        }

        @Test
        void closingOneUserFailsOnlyItsReads() {
            create(root, "1");
            WatchRecorder witness = watch(root);
            witness.awaitExactly("established");
            ZooKeeperClient second = open();
            loseConnection();
            witness.awaitLast("lost");
            CompletableFuture<?> mine = client.read(root);
            CompletableFuture<?> others = second.read(root);

            client.close();
            restoreConnection();

            assertThat(failure(mine).failure()).isEqualTo(Failure.CLOSED);
            Await.result(others);
        }

        /** Else they would meet a class loader that is closed. */
        @Test
        void lastCloseWaitsForItsThreads() {
            read("/");
            Set<Thread> others = threads();
            ZooKeeperClient alone = alone();
            assertThat(threads()).isNotEqualTo(others);

            alone.close();

            assertThat(others).containsAll(threads());
        }

        @Test
        void lastCloseLeavesAServerThatIsAway() {
            read("/");
            Set<Thread> others = threads();
            ZooKeeperClient alone = alone();
            ZK.process().pause();

            alone.close();

            assertThat(others).containsAll(threads());
        }

        @Test
        void lastCloseWaitsEvenIfInterrupted() {
            read("/");
            Set<Thread> others = threads();
            ZooKeeperClient alone = alone();

            Thread.currentThread().interrupt();
            alone.close();

            assertThat(Thread.interrupted()).isTrue();
            assertThat(others).containsAll(threads());
        }

        /** Jobs come and go, and those that share a session do not know of each other. */
        @Test
        void threadsKeepNothingOfWhoStartedThem() {
            Set<Thread> others = Thread.getAllStackTraces().keySet();
            ClassLoader connectors = SessionPool.class.getClassLoader();
            ClassLoader job = new URLClassLoader(new URL[0], connectors);
            // Its session lasts longer, and would be waited for.
            client.close();
            Thread.currentThread().setContextClassLoader(job);
            try {
                ZooKeeperClient first = open(settings(ZK.connectString(), "", Duration.ofSeconds(1), Map.of()));
                Await.result(first.read("/"));
                assertThat(since(others)).isNotEmpty().allMatch(thread -> thread.getContextClassLoader() == connectors);
                ZK.expireSessions();
                Await.until(
                        "there is another session",
                        () -> first.statistics().expiries() == 1
                                && first.statistics().connected());
                assertThat(since(others)).allMatch(thread -> thread.getContextClassLoader() == connectors);
            } finally {
                Thread.currentThread().setContextClassLoader(connectors);
            }
        }

        private static Set<Thread> since(Set<Thread> others) {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> !others.contains(thread))
                    .filter(thread -> thread instanceof ZooKeeperThread
                            || thread.getName().startsWith("zookeeper-"))
                    .collect(Collectors.toSet());
        }

        /** The only user of a session, since it wants another timeout; connected. */
        private ZooKeeperClient alone() {
            ZooKeeperClient alone = open(settings(ZK.connectString(), "", Duration.ofMinutes(1), Map.of()));
            Await.result(alone.read("/"));
            return alone;
        }

        /** Those of ZooKeeper's clients in this process. */
        private static Set<Thread> threads() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(ZooKeeperThread.class::isInstance)
                    .collect(Collectors.toSet());
        }
    }

    @Nested
    class Outages {

        @Test
        void expiredSessionIsFollowedByAnotherWithItsWatches() {
            ZooKeeperClient mine = openShort();
            WatchRecorder recorder = new WatchRecorder();
            mine.watch(root, recorder);
            recorder.awaitExactly("established");

            ZK.expireSessions(() -> create(root + "/missed", "1"));
            recorder.awaitExactly("established", "lost", "established");
            create(root + "/seen", "1");

            recorder.awaitExactly("established", "lost", "established", "changed " + root + "/seen");
            assertThat(Await.result(mine.read(root + "/missed"))).isPresent();
        }

        @Test
        @Tag("nightly")
        void sessionExpiresAgainAndAgain() {
            ZooKeeperClient mine = openShort();
            WatchRecorder recorder = new WatchRecorder();
            mine.watch(root, recorder);
            recorder.awaitLast("established");
            for (int i = 0; i < 3; i++) {
                ZK.expireSessions();
                int times = 2 + i;
                Await.until(
                        "the watch is established again",
                        () -> recorder.heard().stream()
                                        .filter("established"::equals)
                                        .count()
                                == times);
                create(root + "/" + i, "1");
                recorder.awaitLast("changed " + root + "/" + i);
            }
        }

        @Test
        void readAskedWhileTheSessionExpiresIsAnsweredByTheNext() {
            create(root, "1");
            ZooKeeperClient mine = openShort();
            WatchRecorder recorder = new WatchRecorder();
            mine.watch(root, recorder);
            recorder.awaitLast("established");
            List<CompletableFuture<?>> asked = new ArrayList<>();

            ZK.expireSessions(() -> {
                recorder.awaitLast("lost");
                asked.add(mine.read(root));
                asked.add(mine.children(root));
            });

            asked.forEach(Await::result);
        }

        @Test
        void serverThatRestartsIsFoundAgain() {
            create(root, "1");
            WatchRecorder recorder = watch(root);
            recorder.awaitExactly("established");

            ZK.process().restart();
            recorder.awaitExactly("established", "lost", "established");
            set(root, "2");

            recorder.awaitExactly("established", "lost", "established", "changed " + root);
            assertThat(text(read(root).orElseThrow())).isEqualTo("2");
        }

        @Test
        void serverThatHangsIsNoticed() {
            ZooKeeperClient mine = open(settings(ZK.connectString(), "", Duration.ofSeconds(2), Map.of()));
            WatchRecorder recorder = new WatchRecorder();
            mine.watch(root, recorder);
            recorder.awaitExactly("established");

            ZK.process().pause();
            recorder.awaitExactly("established", "lost");
            ZK.process().resume();
            recorder.awaitLast("established");
            create(root, "1");

            recorder.awaitLast("changed " + root);
        }

        @Test
        void readInFlightWhenTheConnectionBreaksFailsAsLost() {
            create(root, "1");
            assertThat(read(root)).isPresent();
            ZK.proxy().blackhole();
            CompletableFuture<?> inFlight = client.read(root);
            loseConnection();

            assertThat(failure(inFlight).failure()).isEqualTo(Failure.CONNECTION_LOST);
            restoreConnection();
            assertThat(repeat(() -> client.read(root))).isPresent();
        }

        @Test
        void manyReadsOverManyDisconnectsAreAnsweredInTheEnd() {
            Map<String, String> znodes = new LinkedHashMap<>();
            for (int i = 0; i < 500; i++) {
                znodes.put(root + "/" + i, "data of " + i);
            }
            ZK.admin().createAll(znodes);
            for (int round = 0; round < 5; round++) {
                List<CompletableFuture<?>> reads = new ArrayList<>();
                znodes.keySet().forEach(path -> reads.add(client.read(path)));
                loseConnection();
                restoreConnection();
                reads.forEach(read -> read.exceptionally(e -> null).join());
            }

            znodes.forEach((path, data) -> assertThat(
                            text(repeat(() -> client.read(path)).orElseThrow()))
                    .isEqualTo(data));
        }
    }

    @Nested
    class Unreachable {

        @Test
        void nobodyListening() {
            String address = "127.0.0.1:" + Ports.free();
            ZooKeeperClient mine = open(impatient(address));
            WatchRecorder recorder = new WatchRecorder();
            mine.watch("/a", recorder);

            ZooKeeperException cause = failure(mine.read("/a"));

            assertThat(cause.failure()).isEqualTo(Failure.UNREACHABLE);
            assertThat(cause)
                    .hasMessageContaining("'" + address + "'")
                    .hasMessageContaining("within 1000 ms")
                    .hasMessageContaining(address + ": Connection refused")
                    .hasMessageContaining("'connect-string'")
                    .hasMessageContaining("'connection-timeout'")
                    .hasMessageContaining("'max-retry-attempts'");
            recorder.awaitExactly("failed UNREACHABLE");
            assertThat(recorder.failure()).hasMessage(cause.getMessage());
            assertThat(failure(mine.sync())).hasMessage(cause.getMessage());
            assertThat(failure(mine.children("/a"))).hasMessage(cause.getMessage());
            WatchRecorder late = new WatchRecorder();
            mine.watch("/a", late);
            late.awaitExactly("failed UNREACHABLE");
        }

        @Test
        void failsWithinItsTime() {
            long start = System.nanoTime();
            failure(open(impatient("127.0.0.1:" + Ports.free())).read("/a"));

            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(900), Duration.ofSeconds(5));
        }

        @Test
        void unknownHost() {
            assertThat(failure(open(impatient("no-such-host.invalid:2181")).read("/a")))
                    .hasMessageContaining("no-such-host.invalid:2181: unknown host");
        }

        @Test
        void listeningButSilent() {
            ZK.proxy().blackhole();

            assertThat(failure(open(impatient(ZK.connectString())).read("/a")))
                    .hasMessageContaining("'" + ZK.connectString() + "'")
                    .hasMessageContaining("no server answered the session request");
        }

        @Test
        void nextUserTriesAgainWhileTheFirstIsStillThere() {
            try (TcpProxy proxy = new TcpProxy(ZK.process().port())) {
                proxy.cut();
                ZooKeeperClient first = open(impatient(proxy.connectString()));
                failure(first.read("/"));

                proxy.heal();
                ZooKeeperClient second = open(impatient(proxy.connectString()));
                assertThat(Await.result(second.read("/"))).isPresent();
                assertThat(failure(first.read("/")).failure()).isEqualTo(Failure.UNREACHABLE);

                first.close();
                assertThat(Await.result(second.read("/"))).isPresent();
                second.close();
            }
        }

        @Test
        void onlyTheFirstConnectHasADeadline() {
            ConnectionSettings settings = impatient(ZK.connectString());
            ZooKeeperClient mine = open(settings);
            WatchRecorder recorder = new WatchRecorder();
            mine.watch("/", recorder);
            recorder.awaitLast("established");
            long longer = settings.totalTimeout().multipliedBy(2).toNanos();

            loseConnection();
            long start = System.nanoTime();
            Await.until("the deadline of a first connect has passed", () -> System.nanoTime() - start > longer);
            restoreConnection();

            recorder.awaitExactly("established", "lost", "established");
        }

        private ConnectionSettings impatient(String connectString) {
            return ConnectionSettings.builder(connectString)
                    .setSessionTimeout(Duration.ofSeconds(20))
                    .setConnectionTimeout(Duration.ofMillis(500))
                    .setRetryWait(Duration.ofMillis(100))
                    .setMaxRetryAttempts(2)
                    .build();
        }
    }

    @Nested
    class Denials {

        @Test
        void deniedReadNamesThePathAndSparesItsNeighbours() throws Exception {
            create(root + "/open", "1");
            createSecret(root + "/secret");
            List<CompletableFuture<?>> neighbours = new ArrayList<>();
            List<CompletableFuture<?>> denied = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                neighbours.add(client.read(root + "/open"));
                denied.add(i % 2 == 0 ? client.read(root + "/secret") : client.children(root + "/secret"));
            }

            for (CompletableFuture<?> read : denied) {
                assertThat(failure(read).failure()).isEqualTo(Failure.NO_PERMISSION);
                assertThat(failure(read)).hasMessageContaining("read '" + root + "/secret'");
            }
            neighbours.forEach(Await::result);
        }

        @Test
        void deniedReadNamesThePathAsItsUserDoes() throws Exception {
            createSecret(root + "/secret");
            ZooKeeperClient mine = open(settings(ZK.connectString(), root.substring(1)));

            assertThat(failure(mine.read("/secret"))).hasMessageContaining("'/secret'");
        }

        private void createSecret(String path) throws Exception {
            create(path, "1");
            // ZooKeeper asks the list whether it contains null, which List.of() does not like.
            ACL nobody = new ACL(ZooDefs.Perms.ALL, new Id("digest", "nobody:x"));
            ZK.admin().zooKeeper().setACL(path, Arrays.asList(nobody), -1);
        }
    }

    @Nested
    class Limits {

        private static final int LIMIT = 4096;

        @Test
        void childrenListOverTheLimitFailsAndSparesItsNeighbours() {
            createBigParent(root + "/big");
            create(root + "/small", "1");
            ZooKeeperClient mine = limited("");

            assertTooLarge(mine, () -> mine.children(root + "/big"), root + "/small", root + "/big");
        }

        @Test
        void dataOverTheLimitFailsAndSparesItsNeighbours() {
            ZK.admin().createRaw(root + "/big", new byte[3 * LIMIT], CreateMode.PERSISTENT);
            create(root + "/small", "1");
            ZooKeeperClient mine = limited("");

            assertTooLarge(mine, () -> mine.read(root + "/big"), root + "/small", root + "/big");
        }

        @Test
        @Tag("nightly")
        void limitHoldsBelowANamespaceToo() {
            createBigParent(root + "/big");
            create(root + "/small", "1");
            ZooKeeperClient mine = limited(root.substring(1));

            assertTooLarge(mine, () -> mine.children("/big"), "/small", "/big");
        }

        @Test
        void manyReadsThatFitOneByOneAreAllAnswered() {
            Map<String, String> znodes = new LinkedHashMap<>();
            for (int i = 0; i < 100; i++) {
                znodes.put(root + "/" + i, "x".repeat(500));
            }
            ZK.admin().createAll(znodes);
            ZooKeeperClient mine = limited("");

            for (CompletableFuture<?> read : znodes.keySet().stream()
                    .map(path -> CompletableFuture.supplyAsync(() -> repeat(() -> mine.read(path))))
                    .toList()) {
                Await.result(read);
            }
        }

        @Test
        void largeReplyFitsByDefault() {
            ZK.admin().createRaw(root + "/big", new byte[1_000_000], CreateMode.PERSISTENT);

            assertThat(read(root + "/big").orElseThrow().data()).hasSize(1_000_000);
        }

        private void assertTooLarge(
                ZooKeeperClient mine, Supplier<CompletableFuture<?>> big, String small, String named) {
            CompletableFuture<ZooKeeperException> judged = CompletableFuture.supplyAsync(() -> {
                ZooKeeperException failure = failure(big.get());
                for (int i = 0; i < 50 && failure.failure() == Failure.CONNECTION_LOST; i++) {
                    failure = failure(big.get());
                }
                return failure;
            });
            while (!judged.isDone()) {
                assertThat(repeat(() -> mine.read(small))).isPresent();
            }

            ZooKeeperException failure = Await.result(judged);
            assertThat(failure.failure()).isEqualTo(Failure.REPLY_TOO_LARGE);
            assertThat(failure)
                    .hasMessageContaining("'" + named + "'")
                    .hasMessageContaining(String.valueOf(LIMIT))
                    .hasMessageContaining("'properties.jute.maxbuffer'");
            assertThat(Await.result(mine.read(small))).isPresent();
        }

        private ZooKeeperClient limited(String namespace) {
            return open(settings(
                    ZK.connectString(),
                    namespace,
                    Duration.ofSeconds(20),
                    Map.of(ConnectionSettings.REPLY_LIMIT, String.valueOf(LIMIT))));
        }

        private void createBigParent(String path) {
            Map<String, String> znodes = new LinkedHashMap<>();
            for (int i = 0; i < 500; i++) {
                znodes.put(path + "/child-" + (1000 + i), "");
            }
            ZK.admin().createAll(znodes);
        }
    }

    @Test
    void watchOfAUserWithAnotherAdminIsSeen() {
        WatchRecorder recorder = watch(root);
        recorder.awaitExactly("established");
        try (ZooKeeperAdmin other = new ZooKeeperAdmin(ZK.directConnectString())) {
            other.createEphemeral(root + "/mine", "x");
        }

        recorder.awaitExactly(
                "established", "changed " + root, "changed " + root + "/mine", "changed " + root + "/mine");
    }

    private ZooKeeperClient open(ConnectionSettings settings) {
        ZooKeeperClient next = SessionPool.open(settings);
        opened.add(next);
        return next;
    }

    /** A client whose session, the only one of this test, expires soon. */
    private ZooKeeperClient openShort() {
        client.close();
        return open(settings(ZK.connectString(), "", Duration.ofSeconds(1), Map.of()));
    }

    private static ConnectionSettings settings(String connectString, String namespace) {
        return settings(connectString, namespace, Duration.ofSeconds(6), Map.of());
    }

    private static ConnectionSettings settings(
            String connectString, String namespace, Duration sessionTimeout, Map<String, String> properties) {
        ConnectionSettingsBuilder settings = ConnectionSettings.builder(connectString)
                .setNamespace(namespace)
                .setSessionTimeout(sessionTimeout)
                .setConnectionTimeout(Duration.ofSeconds(15))
                .setRetryWait(Duration.ofMillis(100))
                .setMaxRetryAttempts(3);
        properties.forEach(settings::setProperty);
        return settings.build();
    }

    /** Repeats a read that loses its connection, as its callers do. */
    private static <T> T repeat(Supplier<CompletableFuture<T>> read) {
        for (int i = 0; i < 1_000; i++) {
            CompletableFuture<T> once = read.get();
            Throwable cause =
                    once.handle((value, e) -> e).orTimeout(60, TimeUnit.SECONDS).join();
            if (cause == null) {
                return once.join();
            }
            assertThat(cause).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                    .isEqualTo(Failure.CONNECTION_LOST));
        }
        throw new AssertionError("The read never got through");
    }

    private static ZooKeeperException failure(CompletableFuture<?> future) {
        return (ZooKeeperException) Await.failure(future);
    }
}
