// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What is below a znode is deleted by requests that a server takes, and each of them is progress. */
class SubtreeDeletionTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final List<Integer> requestBytes = new ArrayList<>();
    private int progress;

    private final ForwardingClient client = new ForwardingClient(zk) {
        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            return request.get();
        }

        @Override
        public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
            requestBytes.add(writes.stream().mapToInt(ZNodeWrite::bytes).sum());
            return super.writeAndTell(writes);
        }
    };

    private void delete(String path) {
        SubtreeDeletion deletion =
                new SubtreeDeletion(new GuardedClient(client, List::of), Runnable::run, () -> progress++);
        assertThat(Await.result(deletion.deleteBelow(path))).isTrue();
        assertThat(zk.tree(path)).isEmpty();
    }

    /** A writer whose connection breaks gives up only when nothing has succeeded for long. */
    @Test
    void eachRequestIsProgress() {
        for (int i = 0; i < 3_000; i++) {
            zk.create("/t/a/" + i, "");
        }
        delete("/t/a");

        assertThat(requestBytes).hasSize(6);
        assertThat(progress).isGreaterThan(6);
    }

    @Test
    void requestsFitIntoTheLimitOfTheServersHoweverLongThePaths() {
        String deep = "/t/a" + ("/" + "x".repeat(500)).repeat(10);
        for (int i = 0; i < 400; i++) {
            zk.create(deep + "/" + i, "");
        }
        delete("/t/a");

        assertThat(requestBytes).hasSizeGreaterThan(1).allMatch(bytes -> bytes < 500_000);
    }
}
