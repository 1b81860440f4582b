// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;

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

    private static Handle handle() {
        try {
            return new Handle();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Handle extends ZooKeeper {
        private final List<String> sent = new ArrayList<>();
        private final ArrayDeque<List<Op>> requests = new ArrayDeque<>();
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

        List<String> sent() {
            return sent;
        }

        void answer() {
            List<OpResult> results = new ArrayList<>();
            for (Op op : requests.poll()) {
                results.add(
                        op.getKind() == Op.OpKind.READ && op.getType() == org.apache.zookeeper.ZooDefs.OpCode.getData
                                ? new OpResult.GetDataResult(new byte[] {1}, new Stat())
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
