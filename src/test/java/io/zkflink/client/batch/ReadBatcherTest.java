// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.Await;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is sent together, with a handle that answers when the test says so. */
class ReadBatcherTest {

    private static final int A_MILLION = 1_000_000;

    private final Handle handle = handle();
    private final ReadBatcher batcher = new ReadBatcher(ConnectionSettings.of("localhost:1"));
    private final ReadBatcher.Queue one = batcher.newQueue();
    private final ReadBatcher.Queue other = batcher.newQueue();

    @AfterEach
    void close() throws InterruptedException {
        handle.close();
    }

    @Test
    void whatSeveralWaitForIsReadOnce() {
        List<CompletableFuture<Optional<ZNode>>> reads = new ArrayList<>();
        reads.add(one.data("/ns/a", "/a"));
        reads.add(other.data("/ns/a", "/ns/a"));
        reads.add(one.data("/ns/b", "/b"));
        reads.add(one.data("/ns/a", "/a"));
        CompletableFuture<Optional<List<String>>> children = other.children("/ns/a", "/a");
        batcher.connected(handle);
        assertThat(handle.sent()).containsExactlyInAnyOrder("/ns/a", "/ns/a", "/ns/b");
        handle.answer();
        assertThat(reads.stream().map(read -> Await.result(read).orElseThrow().path()))
                .containsExactly("/a", "/ns/a", "/b", "/a");
        assertThat(Await.result(children)).contains(List.of("child"));
    }

    /** A server breaks the connection at a request of 1 MB, and with it the reads of all who share it. */
    @Test
    void aRequestHoldsNoMorePathsThanAServerTakes() {
        List<CompletableFuture<Optional<ZNode>>> reads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String path = "/" + i + "x".repeat(20_000);
            reads.add(one.data(path, path));
        }
        batcher.connected(handle);
        assertThat(handle.sent().size()).isBetween(1, 16);
        while (!reads.stream().allMatch(CompletableFuture::isDone)) {
            handle.answer();
        }
    }

    @Test
    void aPathThatNoServerTakesIsThatOfNoZNode() {
        batcher.connected(handle);
        String path = "/" + "\u00fc".repeat(600_000);
        assertThat(one.data(path, path)).isCompletedWithValue(Optional.empty());
        assertThat(one.children(path, path)).isCompletedWithValue(Optional.empty());
        assertThat(one.exists(path, path)).isCompletedWithValue(false);
        assertThat(handle.sent()).isEmpty();
        String possible = "/" + "x".repeat(400_000);
        assertThat(one.data(possible, possible)).isNotDone();
    }

    /** Small data comes along in one request; of what is large the Stat is asked for alone. */
    @Test
    void whereDataIsLargeItIsNotReadForItsStat() {
        batcher.connected(handle);
        handle.bytes = 1_000_000;
        CompletableFuture<Optional<ZNode>> first = one.stat("/big", "/big");
        handle.answer();
        assertThat(Await.result(first).orElseThrow().data()).isEmpty();
        assertThat(handle.sent()).containsExactly("/big");
        CompletableFuture<Optional<ZNode>> again = one.stat("/big", "/big");
        CompletableFuture<Optional<ZNode>> likelyToBe = one.stat("/other", "/other");
        handle.found(3, 1_000_000);
        handle.notFound(KeeperException.Code.NONODE);
        assertThat(Await.result(again).orElseThrow().stat().dataLength()).isEqualTo(1_000_000);
        assertThat(Await.result(likelyToBe)).isEmpty();
        while (handle.sent().size() == 1) {
            CompletableFuture<Optional<ZNode>> small = one.stat("/small", "/small");
            if (handle.sent().size() == 1) {
                handle.found(0, 10);
                assertThat(small).isCompleted();
            }
        }
        assertThat(handle.sent()).containsExactly("/big", "/small");
        handle.bytes = 10;
        handle.answer();
        // It is known to be large, whatever others are.
        CompletableFuture<Optional<ZNode>> known = one.stat("/big", "/big");
        handle.found(0, 10);
        assertThat(Await.result(known)).isPresent();
        one.stat("/big", "/big");
        assertThat(handle.sent()).containsExactly("/big", "/small", "/big");
    }

    /** Its data would be read in vain, for ever. */
    @Test
    void dataThatNoReplyHoldsHasAStat() {
        batcher.connected(handle);
        one.stat("/big", "/big");
        handle.fail(KeeperException.Code.CONNECTIONLOSS);
        CompletableFuture<Optional<ZNode>> big = one.stat("/big", "/big");
        handle.found(0, 70_000_000);
        assertThat(Await.result(big).orElseThrow().stat().dataLength()).isEqualTo(70_000_000);
        CompletableFuture<Optional<ZNode>> data = one.data("/big", "/big");
        assertThat(handle.sent()).containsExactly("/big", "/big");
        handle.answer();
        assertThat(data).isCompleted();
    }

    /** Whoever waits for more gives it to whoever waits for less. */
    @Test
    void aStatIsReadOnceWithWhatElseIsWanted() {
        CompletableFuture<Optional<ZNode>> stat = one.stat("/a", "/a");
        CompletableFuture<Optional<ZNode>> data = other.data("/a", "/a");
        batcher.connected(handle);
        assertThat(handle.sent()).containsExactly("/a");
        handle.answer();
        assertThat(Await.result(data).orElseThrow().data()).hasSize(1);
        assertThat(Await.result(stat).orElseThrow().data()).isEmpty();
    }

    @Test
    void nobodyJoinsWhatWasSent() {
        batcher.connected(handle);
        one.data("/a", "/a");
        one.data("/x", "/x");
        CompletableFuture<Optional<ZNode>> late = one.data("/a", "/a");
        CompletableFuture<Optional<ZNode>> asLate = other.data("/a", "/a");
        handle.answer();
        assertThat(late).isNotDone();
        assertThat(handle.sent()).containsExactly("/a", "/x", "/a");
        handle.answer();
        handle.answer();
        assertThat(late).isCompleted();
        assertThat(asLate).isCompleted();
    }

    @Test
    void allWhoWaitedFailTogether() {
        CompletableFuture<Optional<ZNode>> first = one.data("/a", "/a");
        CompletableFuture<Optional<ZNode>> second = other.data("/a", "/a");
        batcher.connected(handle);
        handle.fail(KeeperException.Code.CONNECTIONLOSS);
        assertThat(Await.failure(first)).hasMessageContaining("CONNECTIONLOSS");
        assertThat(Await.failure(second)).hasMessageContaining("CONNECTIONLOSS");
    }

    @Test
    void whatIsThrottledIsNoSuspect() {
        batcher.connected(handle);
        CompletableFuture<Optional<ZNode>> first = one.data("/a", "/a");
        handle.fail(KeeperException.Code.THROTTLEDOP);
        assertThat(Await.failure(first)).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                .isEqualTo(Failure.CONNECTION_LOST));
        one.data("/a", "/a");
        one.data("/b", "/b");
        assertThat(handle.sent()).containsExactly("/a", "/a", "/b");
    }

    @Test
    void listThatMayFitSurvivesOrdinaryLosses() {
        batcher.connected(handle);
        CompletableFuture<Optional<List<String>>> list = one.children("/big", "/big");
        for (int i = 0; i < 5; i++) {
            handle.fail(KeeperException.Code.CONNECTIONLOSS);
            assertThat(list).isCompletedExceptionally();
            list = one.children("/big", "/big");
            handle.found(A_MILLION);
        }
        for (int i = 0; i < 5; i++) {
            handle.fail(KeeperException.Code.CONNECTIONLOSS);
            list = one.children("/big", "/big");
            // It breaks before anything is known of this list.
            handle.notFound(KeeperException.Code.CONNECTIONLOSS);
            assertThat(list).isCompletedExceptionally();
            list = one.children("/big", "/big");
            handle.found(0);
            handle.answer();
            assertThat(Await.result(list)).contains(List.of("child"));
            list = one.children("/big", "/big");
        }
    }

    @Test
    void listThatBreaksTheConnectionEachTimeIsTooLarge() {
        batcher.connected(handle);
        one.children("/big", "/big");
        for (int i = 0; i < 7; i++) {
            handle.fail(KeeperException.Code.CONNECTIONLOSS);
            one.children("/big", "/big");
            if (i < 6) {
                handle.found(A_MILLION);
            }
        }
        CompletableFuture<Optional<List<String>>> list = one.children("/other", "/other");
        handle.found(A_MILLION);
        handle.answer();
        assertThat(Await.result(list)).isPresent();
        assertThat(handle.sent()).filteredOn("/big"::equals).hasSize(7);
    }

    @Test
    void whatCannotFitIsTooLargeAtOnce() {
        batcher.connected(handle);
        one.data("/big", "/big");
        handle.fail(KeeperException.Code.CONNECTIONLOSS);
        CompletableFuture<Optional<ZNode>> big = one.data("/big", "/big");
        handle.found(0, 70_000_000);
        assertThat(Await.failure(big)).hasMessageContaining("(70000000 bytes) does not fit");
    }

    /** ZooKeeper's client says OK of a reply that it could not read to its end, and breaks the connection. */
    @Test
    void whatWasNotReadToItsEndIsLost() {
        batcher.connected(handle);
        CompletableFuture<Optional<ZNode>> big = one.data("/big", "/big");
        handle.fail(KeeperException.Code.OK);
        assertThat(Await.failure(big)).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                .isEqualTo(Failure.CONNECTION_LOST));
        CompletableFuture<Optional<List<String>>> children = one.children("/big", "/big");
        handle.fail(KeeperException.Code.OK);
        assertThat(Await.failure(children)).isInstanceOf(ZooKeeperException.class);
    }

    @Test
    void answerThatMakesNoSenseFailsItsReadAlone() {
        one.data("/a", "/a");
        CompletableFuture<Optional<ZNode>> broken = one.data("/b", "/b");
        CompletableFuture<Optional<ZNode>> fine = one.data("/c", "/c");
        batcher.connected(handle);
        handle.answer("/b");
        assertThat(Await.failure(broken)).hasMessageContaining("'/b' makes no sense");
        assertThat(Await.result(fine)).isPresent();
    }

    private static Handle handle() {
        try {
            return new Handle();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Handle extends ZooKeeper {
        private final List<String> sent = new ArrayList<>();
        /** What the Stat of each znode says of its data. */
        private int bytes = 1;

        private final ArrayDeque<List<Op>> requests = new ArrayDeque<>();
        private final ArrayDeque<AsyncCallback.StatCallback> trials = new ArrayDeque<>();
        private final ArrayDeque<AsyncCallback.MultiCallback> callbacks = new ArrayDeque<>();

        Handle() throws IOException {
            super("localhost:1", 1_000, event -> {});
        }

        @Override
        public void multi(Iterable<Op> ops, AsyncCallback.MultiCallback callback, Object context) {
            List<Op> request = new ArrayList<>();
            ops.forEach(request::add);
            request.forEach(op -> sent.add(op.getPath()));
            requests.add(request);
            callbacks.add(callback);
        }

        @Override
        public void getData(String path, boolean watch, AsyncCallback.DataCallback callback, Object context) {
            multi(
                    List.of(Op.getData(path)),
                    (rc, ignored, ctx, results) -> {
                        OpResult.GetDataResult found = results == null ? null : (OpResult.GetDataResult) results.get(0);
                        callback.processResult(
                                rc,
                                path,
                                ctx,
                                found == null ? null : found.getData(),
                                found == null ? null : found.getStat());
                    },
                    context);
        }

        @Override
        public void getChildren(String path, boolean watch, AsyncCallback.ChildrenCallback callback, Object context) {
            multi(
                    List.of(Op.getChildren(path)),
                    (rc, ignored, ctx, results) -> callback.processResult(
                            rc,
                            path,
                            ctx,
                            results == null ? null : ((OpResult.GetChildrenResult) results.get(0)).getChildren()),
                    context);
        }

        @Override
        public void exists(String path, boolean watch, AsyncCallback.StatCallback callback, Object context) {
            trials.add(callback);
        }

        void found(int children) {
            found(children, 0);
        }

        void found(int children, int bytes) {
            Stat stat = new Stat();
            stat.setNumChildren(children);
            stat.setDataLength(bytes);
            trials.poll().processResult(0, null, null, stat);
        }

        void notFound(KeeperException.Code code) {
            trials.poll().processResult(code.intValue(), null, null, null);
        }

        List<String> sent() {
            return sent;
        }

        void answer() {
            answer(null);
        }

        /** @param broken whose answer is one to another question */
        void answer(String broken) {
            List<OpResult> results = new ArrayList<>();
            Stat stat = new Stat();
            stat.setDataLength(bytes);
            for (Op op : requests.poll()) {
                results.add(
                        !op.getPath().equals(broken) && op.getType() == org.apache.zookeeper.ZooDefs.OpCode.getData
                                ? new OpResult.GetDataResult(new byte[] {1}, stat)
                                : new OpResult.GetChildrenResult(List.of("child")));
            }
            callbacks.poll().processResult(0, null, null, results);
        }

        void fail(KeeperException.Code code) {
            requests.poll();
            callbacks.poll().processResult(code.intValue(), null, null, null);
        }
    }
}
