// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.WatchRecorder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ZooKeeperClient} does, real or fake: the fake is worth only as much as this suite asks. */
public abstract class ZooKeeperClientContract {

    protected ZooKeeperClient client;
    /** Does not exist, and no other test uses it. */
    protected String root;

    protected abstract ZooKeeperClient open();

    protected abstract String freshRoot();

    /** Another program creates a znode and its parents; null is null data. */
    protected abstract void create(String path, String data);

    protected abstract void set(String path, String data);

    protected abstract void delete(String path);

    protected abstract void loseConnection();

    protected abstract void restoreConnection();

    @BeforeEach
    void openClient() {
        root = freshRoot();
        client = open();
    }

    @AfterEach
    void closeClient() {
        client.close();
    }

    @Test
    void readGivesDataAndStat() {
        create(root + "/a", "1");
        set(root + "/a", "two");
        create(root + "/a/b", "");

        ZNode znode = read(root + "/a").orElseThrow();

        assertThat(znode.path()).isEqualTo(root + "/a");
        assertThat(text(znode)).isEqualTo("two");
        ZNodeStat stat = znode.stat();
        assertThat(stat.version()).isEqualTo(1);
        assertThat(stat.dataLength()).isEqualTo(3);
        assertThat(stat.numChildren()).isEqualTo(1);
        assertThat(stat.cversion()).isEqualTo(1);
        assertThat(stat.ephemeralOwner()).isZero();
        assertThat(stat.czxid()).isPositive().isLessThan(stat.mzxid());
        assertThat(stat.mzxid()).isLessThan(stat.pzxid());
        assertThat(stat.ctime()).isPositive().isLessThanOrEqualTo(stat.mtime());
    }

    @Test
    void statFollowsChildrenThatComeAndGo() {
        create(root + "/a", "");
        create(root + "/b", "");
        long pzxid = read(root).orElseThrow().stat().pzxid();
        delete(root + "/a");

        ZNodeStat stat = read(root).orElseThrow().stat();

        assertThat(stat.numChildren()).isEqualTo(1);
        assertThat(stat.cversion()).isEqualTo(3);
        assertThat(stat.version()).isZero();
        assertThat(stat.pzxid()).isGreaterThan(pzxid);
        assertThat(stat.mzxid()).isEqualTo(stat.czxid());
    }

    @Test
    void statLeavesTheDataOut() {
        create(root, "1");
        for (int length : new int[] {1, 100_000, 100_000, 2}) {
            set(root, "x".repeat(length));
            ZNode znode = Await.result(client.stat(root)).orElseThrow();
            assertThat(znode.data()).isEmpty();
            assertThat(znode.stat()).isEqualTo(read(root).orElseThrow().stat());
        }
        assertThat(Await.result(client.stat(root + "/none"))).isEmpty();
    }

    @Test
    void anAnswerTellsOfTransactionsThatItDoesNotShow() {
        create(root, "1");
        create(root + "/a", "1");
        read(root);
        long before = client.newestZxid();
        assertThat(before)
                .isGreaterThanOrEqualTo(read(root + "/a").orElseThrow().stat().czxid());
        delete(root + "/a");

        assertThat(read(root + "/a")).isEmpty();

        assertThat(client.newestZxid()).isGreaterThan(before);
        assertThat(client.sync().join()).isGreaterThanOrEqualTo(client.newestZxid());
    }

    @Test
    void znodeCreatedAgainHasAnotherCzxid() {
        create(root, "1");
        ZNodeStat before = read(root).orElseThrow().stat();
        delete(root);
        create(root, "1");

        ZNodeStat after = read(root).orElseThrow().stat();

        assertThat(after.czxid()).isGreaterThan(before.czxid());
        assertThat(after.version()).isZero();
    }

    @Test
    void readOfNothingIsEmpty() {
        assertThat(read(root)).isEmpty();
        assertThat(read(root + "/a/b")).isEmpty();
        assertThat(children(root)).isEmpty();
    }

    @Test
    void existsSaysOfEachPathWhetherThereIsAZNode() {
        create(root + "/a", "");
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (String path : List.of(root, root + "/a", root + "/b", root + "/a/c")) {
            answers.add(client.exists(path));
        }
        assertThat(answers.stream().map(Await::result)).containsExactly(true, true, false, false);
    }

    @Test
    void emptyAndNullDataAreNoValue() {
        create(root + "/empty", "");
        create(root + "/null", null);

        for (String path : List.of(root + "/empty", root + "/null")) {
            ZNode znode = read(path).orElseThrow();
            assertThat(znode.data()).isEmpty();
            assertThat(znode.value()).isEmpty();
            assertThat(znode.stat().dataLength()).isZero();
        }
    }

    @Test
    void childrenAreListedByName() {
        create(root + "/a", "");
        create(root + "/b/below", "");
        create(root + "/ä ö", "");

        assertThat(children(root).orElseThrow()).containsExactlyInAnyOrder("a", "b", "ä ö");
        assertThat(children(root + "/a")).hasValue(List.of());
    }

    @Test
    void rootIsReadLikeAnyOther() {
        create(root, "x");

        assertThat(read("/").orElseThrow().path()).isEqualTo("/");
        assertThat(children("/").orElseThrow()).contains(root.substring(1));
    }

    @Test
    void syncCoversTheLastWrite() {
        create(root, "1");
        set(root, "2");

        long synced = Await.result(syncOnceConnected());

        assertThat(synced)
                .isGreaterThanOrEqualTo(read(root).orElseThrow().stat().mzxid());
    }

    @Test
    void watchReportsWhatHappensAtAndBelowItsRootInOrder() {
        WatchRecorder recorder = watch(root);
        recorder.awaitExactly("established");

        create(root, "1");
        create(root + "/a/b", "1");
        set(root + "/a", "2");
        delete(root + "/a/b");
        delete(root + "/a");
        set(root, "2");
        delete(root);

        recorder.awaitExactly(
                "established",
                "changed " + root,
                "changed " + root + "/a",
                "changed " + root + "/a/b",
                "changed " + root + "/a",
                "changed " + root + "/a/b",
                "changed " + root + "/a",
                "changed " + root,
                "changed " + root);
    }

    @Test
    void watchReportsNothingBesideItsRoot() {
        create(root + "/in", "1");
        WatchRecorder recorder = watch(root + "/in");
        recorder.awaitExactly("established");

        create(root + "/inside", "1");
        create(root + "/beside/in", "1");
        set(root, "2");
        create(root + "/in/a", "1");

        recorder.awaitExactly("established", "changed " + root + "/in/a");
    }

    @Test
    void rootThatDoesNotExistYetIsWatchedFor() {
        WatchRecorder recorder = watch(root + "/later/deep");
        recorder.awaitExactly("established");

        create(root + "/later/deep/a", "1");

        recorder.awaitExactly("established", "changed " + root + "/later/deep", "changed " + root + "/later/deep/a");
    }

    @Test
    void readAfterAnEventSeesWhatTheEventWasAbout() {
        create(root, "0");
        WatchRecorder recorder = watch(root);
        recorder.awaitLast("established");
        for (int i = 1; i <= 100; i++) {
            set(root, String.valueOf(i));
            int changes = i;
            Await.until("the change is reported", () -> recorder.heard().size() == 1 + changes);
            ZNode znode = read(root).orElseThrow();
            assertThat(text(znode)).isEqualTo(String.valueOf(i));
            assertThat(recorder.lastZxid()).isEqualTo(znode.stat().mzxid());
        }
    }

    @Test
    void listenersOfOneRootAreIndependent() {
        WatchRecorder closing = new WatchRecorder();
        ZooKeeperClient.Watch watch = client.watch(root, closing);
        closing.awaitExactly("established");
        WatchRecorder staying = watch(root);
        staying.awaitExactly("established");
        create(root, "1");
        staying.awaitExactly("established", "changed " + root);
        Await.untilAsserted("both hear", () -> assertThat(closing.heard()).endsWith("changed " + root));

        watch.close();
        List<String> before = closing.heard();
        set(root, "2");

        staying.awaitExactly("established", "changed " + root, "changed " + root);
        assertThat(closing.heard()).isEqualTo(before);
    }

    @Test
    void listenersOfNestedRootsAreIndependent() {
        WatchRecorder outer = watch(root);
        outer.awaitExactly("established");
        WatchRecorder inner = new WatchRecorder();
        ZooKeeperClient.Watch watch = client.watch(root + "/a", inner);
        inner.awaitExactly("established");

        create(root + "/a", "1");
        inner.awaitExactly("established", "changed " + root + "/a");
        outer.awaitExactly("established", "changed " + root, "changed " + root + "/a");

        watch.close();
        set(root + "/a", "2");
        outer.awaitExactly("established", "changed " + root, "changed " + root + "/a", "changed " + root + "/a");
        inner.awaitExactly("established", "changed " + root + "/a");
    }

    @Test
    void outerRootsEndLeavesTheInnerOne() {
        WatchRecorder outer = new WatchRecorder();
        ZooKeeperClient.Watch watch = client.watch(root, outer);
        WatchRecorder inner = watch(root + "/a");
        inner.awaitExactly("established");

        watch.close();
        create(root + "/a", "1");

        inner.awaitExactly("established", "changed " + root + "/a");
    }

    @Test
    void rootIsWatchedAgainAfterItsWatchWasClosed() {
        WatchRecorder first = new WatchRecorder();
        ZooKeeperClient.Watch watch = client.watch(root, first);
        first.awaitExactly("established");
        watch.close();
        watch.close();

        WatchRecorder second = watch(root);
        second.awaitExactly("established");
        create(root, "1");

        second.awaitExactly("established", "changed " + root);
        first.awaitExactly("established");
    }

    @Test
    void changesWhileLostAreNotReportedLaterOnesAre() {
        WatchRecorder recorder = watch(root);
        recorder.awaitExactly("established");

        loseConnection();
        recorder.awaitExactly("established", "lost");
        create(root + "/missed", "1");
        restoreConnection();
        recorder.awaitExactly("established", "lost", "established");
        create(root + "/seen", "1");

        recorder.awaitExactly("established", "lost", "established", "changed " + root + "/seen");
        assertThat(read(root + "/missed")).isPresent();
    }

    @Test
    void watchSetWhileLostIsEstablishedLater() {
        WatchRecorder witness = watch(root);
        witness.awaitExactly("established");
        loseConnection();
        witness.awaitLast("lost");
        WatchRecorder recorder = watch(root + "/a");
        assertThat(recorder.heard()).isEmpty();

        restoreConnection();
        recorder.awaitExactly("established");
        create(root + "/a", "1");

        recorder.awaitExactly("established", "changed " + root + "/a");
    }

    @Test
    void watchClosedWhileLostStaysSilent() {
        WatchRecorder witness = watch(root + "/b");
        WatchRecorder closed = new WatchRecorder();
        ZooKeeperClient.Watch watch = client.watch(root + "/a", closed);
        witness.awaitExactly("established");
        closed.awaitExactly("established");
        loseConnection();
        witness.awaitLast("lost");
        closed.awaitLast("lost");

        watch.close();
        restoreConnection();
        witness.awaitLast("established");
        create(root + "/a", "1");
        create(root + "/b", "1");

        witness.awaitLast("changed " + root + "/b");
        closed.awaitExactly("established", "lost");
    }

    @Test
    void readsWaitWhileTheConnectionIsLost() {
        create(root, "1");
        WatchRecorder witness = watch(root);
        witness.awaitExactly("established");
        loseConnection();
        witness.awaitLast("lost");

        CompletableFuture<Optional<ZNode>> read = client.read(root);
        CompletableFuture<Long> sync = client.sync();
        set(root, "2");

        assertThat(Await.failure(sync)).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                .isEqualTo(Failure.CONNECTION_LOST));
        assertThat(read).isNotDone();
        restoreConnection();
        assertThat(text(Await.result(read).orElseThrow())).isEqualTo("2");
    }

    @Test
    void closedClientAnswersNothing() {
        create(root, "1");
        assertThat(read(root)).isPresent();

        client.close();
        client.close();

        assertClosed(client.read(root));
        assertClosed(client.children(root));
        assertClosed(client.sync());
    }

    @Test
    void closedClientRefusesWatches() {
        client.close();

        WatchRecorder recorder = watch(root);

        recorder.awaitExactly("failed " + Failure.CLOSED);
    }

    @Test
    void closeFailsWaitingReadsAndEndsWatches() {
        WatchRecorder recorder = watch(root);
        recorder.awaitExactly("established");
        loseConnection();
        recorder.awaitLast("lost");
        CompletableFuture<Optional<ZNode>> read = client.read(root);
        CompletableFuture<Optional<List<String>>> children = client.children(root);

        client.close();

        assertClosed(read);
        assertClosed(children);
        restoreConnection();
        create(root, "1");
        recorder.awaitExactly("established", "lost");
    }

    @Test
    void manyReadsAtOnceAreAllAnsweredRightly() {
        Map<String, String> znodes = new TreeMap<>();
        for (int i = 0; i < 200; i++) {
            znodes.put(root + "/" + i, "data of " + i);
        }
        znodes.forEach(this::create);
        List<CompletableFuture<Optional<ZNode>>> reads = new ArrayList<>();
        List<CompletableFuture<Optional<List<String>>>> lists = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            // Every fifth znode does not exist.
            reads.add(client.read(root + "/" + i % 250));
            if (i % 10 == 0) {
                lists.add(client.children(root + "/" + i % 250));
            }
        }

        for (int i = 0; i < reads.size(); i++) {
            String path = root + "/" + i % 250;
            Optional<ZNode> znode = Await.result(reads.get(i));
            assertThat(znode.map(ZNode::path))
                    .isEqualTo(Optional.ofNullable(znodes.get(path)).map(data -> path));
            assertThat(znode.map(ZooKeeperClientContract::text)).isEqualTo(Optional.ofNullable(znodes.get(path)));
        }
        for (int i = 0; i < lists.size(); i++) {
            boolean exists = znodes.containsKey(root + "/" + i * 10 % 250);
            assertThat(Await.result(lists.get(i))).isEqualTo(exists ? Optional.of(List.of()) : Optional.empty());
        }
    }

    @Test
    void cancelledReadsDisturbNobody() {
        create(root, "1");
        List<CompletableFuture<Optional<ZNode>>> kept = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            CompletableFuture<Optional<ZNode>> cancelled = client.read(root);
            kept.add(client.read(root));
            cancelled.cancel(false);
        }

        kept.forEach(read -> assertThat(Await.result(read)).isPresent());
    }

    @Test
    void answersMayAskAgain() {
        create(root, "1");

        CompletableFuture<Optional<ZNode>> chain = client.read(root);
        for (int i = 0; i < 100; i++) {
            chain = chain.thenCompose(znode -> client.read(znode.orElseThrow().path()));
        }

        assertThat(Await.result(chain)).isPresent();
    }

    @Test
    void writesAreOneTransaction() {
        create(root + "/set", "1");
        create(root + "/deleted", "1");
        WatchRecorder recorder = watch(root);
        recorder.awaitExactly("established");

        assertThat(write(
                        new ZNodeWrite.Check(root + "/set", 0),
                        creating(root + "/new", CreateMode.PERSISTENT),
                        creating(root + "/new/below", CreateMode.PERSISTENT),
                        new ZNodeWrite.SetData(root + "/set", bytes("2"), 0),
                        new ZNodeWrite.Delete(root + "/deleted", ZNodeWrite.ANY_VERSION)))
                .isEmpty();

        ZNodeStat stat = read(root + "/new/below").orElseThrow().stat();
        assertThat(read(root + "/set").orElseThrow().stat().mzxid()).isEqualTo(stat.czxid());
        assertThat(text(read(root + "/set").orElseThrow())).isEqualTo("2");
        assertThat(read(root + "/deleted")).isEmpty();
        recorder.awaitExactly(
                "established",
                "changed " + root + "/new",
                "changed " + root + "/new/below",
                "changed " + root + "/set",
                "changed " + root + "/deleted");
    }

    @Test
    void refusedWritesLeaveNothing() {
        create(root + "/a/b", "1");
        ZNodeWrite fine = creating(root + "/new", CreateMode.PERSISTENT);
        int any = ZNodeWrite.ANY_VERSION;

        assertRefused(Failure.NODE_EXISTS, fine, creating(root + "/a", CreateMode.PERSISTENT));
        assertRefused(Failure.NO_NODE, fine, creating(root + "/none/b", CreateMode.PERSISTENT));
        assertRefused(Failure.NO_NODE, fine, new ZNodeWrite.SetData(root + "/none", bytes("2"), any));
        assertRefused(Failure.NO_NODE, fine, new ZNodeWrite.Delete(root + "/none", any));
        assertRefused(Failure.NO_NODE, fine, new ZNodeWrite.Check(root + "/none", any));
        assertRefused(Failure.BAD_VERSION, fine, new ZNodeWrite.SetData(root + "/a", bytes("2"), 7));
        assertRefused(Failure.BAD_VERSION, fine, new ZNodeWrite.Delete(root + "/a/b", 7));
        assertRefused(Failure.BAD_VERSION, fine, new ZNodeWrite.Check(root + "/a", 7));
        assertRefused(Failure.NOT_EMPTY, fine, new ZNodeWrite.Delete(root + "/a", any));
    }

    private void assertRefused(Failure failure, ZNodeWrite fine, ZNodeWrite refused) {
        WriteRefusal refusal = write(fine, refused, fine).orElseThrow();

        assertThat(refusal.index()).isEqualTo(1);
        assertThat(refusal.failure()).isEqualTo(failure);
        assertThat(refusal.cause()).hasMessageContaining(refused.path());
        assertThat(read(fine.path())).isEmpty();
    }

    @Test
    void sequentialNamesGrow() {
        create(root, "");

        write(creating(root + "/n-", CreateMode.PERSISTENT_SEQUENTIAL));
        write(creating(root + "/n-", CreateMode.PERSISTENT_SEQUENTIAL));

        assertThat(children(root).orElseThrow()).containsExactlyInAnyOrder("n-0000000000", "n-0000000001");
    }

    @Test
    void writesDoNotWaitForAConnection() {
        create(root, "");
        WatchRecorder witness = watch(root);
        witness.awaitExactly("established");
        loseConnection();
        witness.awaitLast("lost");

        CompletableFuture<?> lost = client.write(List.of(creating(root + "/a", CreateMode.PERSISTENT)));
        assertThat(((ZooKeeperException) Await.failure(lost)).failure()).isEqualTo(Failure.CONNECTION_LOST);
        restoreConnection();
        witness.awaitLast("established");
        client.close();

        assertClosed(client.write(List.of(creating(root + "/a", CreateMode.PERSISTENT))));
    }

    private Optional<WriteRefusal> write(ZNodeWrite... writes) {
        read("/"); // waits for the connection
        return Await.result(client.write(List.of(writes)));
    }

    private static ZNodeWrite creating(String path, CreateMode mode) {
        return new ZNodeWrite.Create(path, bytes("new"), mode, 0, Acl.OPEN);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    protected final WatchRecorder watch(String path) {
        WatchRecorder recorder = new WatchRecorder();
        client.watch(path, recorder);
        return recorder;
    }

    protected final Optional<ZNode> read(String path) {
        return Await.result(client.read(path));
    }

    protected final Optional<List<String>> children(String path) {
        return Await.result(client.children(path));
    }

    protected static String text(ZNode znode) {
        return new String(znode.data(), StandardCharsets.UTF_8);
    }

    /** A sync does not wait for the first connect, reads do. */
    private CompletableFuture<Long> syncOnceConnected() {
        return client.read("/").thenCompose(any -> client.sync());
    }

    private static void assertClosed(CompletableFuture<?> future) {
        assertThat(Await.failure(future)).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                .isEqualTo(Failure.CLOSED));
    }
}
