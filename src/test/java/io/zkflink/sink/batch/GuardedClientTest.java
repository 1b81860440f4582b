// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever has lost what guards him writes nothing at all, at whichever of his requests that happens. */
class GuardedClientTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final GuardedClient client =
            new GuardedClient(zk, () -> List.of(new ZNodeWrite.Check("/fence", ZNodeWrite.ANY_VERSION)));

    @BeforeEach
    void fence() {
        zk.create("/fence", "");
    }

    private static ZNodeWrite create(String path) {
        return new ZNodeWrite.Create(path, null, CreateMode.PERSISTENT, 0, Acl.OPEN);
    }

    @Test
    void refusalsCountTheCallersOwnWrites() {
        WriteRefusal refusal = Await.result(client.write(List.of(create("/a"), create("/b/c"))))
                .orElseThrow();

        assertThat(refusal.index()).isEqualTo(1);
        assertThat(refusal.failure()).isEqualTo(Failure.NO_NODE);
        assertThat(Await.result(client.writeAndTell(List.of(create("/a")))).created())
                .containsExactly("a");
    }

    @Test
    void aGuardThatDoesNotHoldIsAFailure() {
        zk.delete("/fence");

        assertThat(Await.failure(client.write(List.of(create("/a"))))).isInstanceOf(GuardException.class);
        assertThat(Await.failure(client.advance(List.of(create("/a"))))).isInstanceOf(GuardException.class);
        assertThat(Await.failure(client.check())).isInstanceOf(GuardException.class);
        assertThat(Await.failure(client.createNamespace(Acl.OPEN))).isInstanceOf(GuardException.class);
        assertThat(zk.tree("/")).isEmpty();
    }

    @Test
    void aNamespaceWithAGuardInItIsThere() {
        Await.result(client.createNamespace(Acl.OPEN));
        Await.result(client.check());
    }

    @Test
    void whatTheGuardChangesIsOnlyCheckedOutsideOfItsOwnRequest() {
        GuardedClient advancing =
                new GuardedClient(zk, () -> List.of(new ZNodeWrite.SetData("/fence", new byte[] {1}, 0)));
        Await.result(advancing.write(List.of(create("/a"))));
        assertThat(zk.znode("/fence").orElseThrow().stat().version()).isZero();

        Await.result(advancing.advance(List.of(create("/b"))));

        assertThat(zk.znode("/fence").orElseThrow().stat().version()).isEqualTo(1);
        assertThat(Await.failure(advancing.write(List.of(create("/c"))))).isInstanceOf(GuardException.class);
    }

    /** Parents, deletions below a row and the rows themselves are requests of their own. */
    @Test
    void nothingOfABatchIsWrittenOnceTheGuardIsGone() {
        int requests = 0;
        for (boolean lost = true; lost; requests++) {
            zk.forget();
            zk.create("/fence", "");
            zk.create("/t/old/a/b", "");
            zk.holdReads();
            CompletableFuture<BatchResult> written = batch().write();
            for (int i = 0; i < requests && !zk.held().isEmpty(); i++) {
                zk.answerNext();
            }
            lost = !zk.held().isEmpty();
            zk.delete("/fence");
            Map<String, String> before = new TreeMap<>(zk.tree("/"));
            zk.answerAll();
            if (lost) {
                assertThat(Await.result(written))
                        .as("after %d", requests)
                        .isInstanceOfSatisfying(BatchResult.Failed.class, failed -> assertThat(failed.cause())
                                .isInstanceOf(GuardException.class));
                assertThat(zk.tree("/")).as("after %d", requests).isEqualTo(before);
            }
        }
        assertThat(requests).isGreaterThan(6);
        assertThat(zk.tree("/t")).containsOnlyKeys("/t/new", "/t/new/deep", "/t/new/deep/row");
    }

    private BatchWrite batch() {
        BatchContext context = new BatchContext(
                client,
                new WriteRules(false, false, true, Acl.OPEN, Acl.OPEN),
                new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1)),
                new KnownZNodes(),
                new SinkMetrics(new UnregisteredMetricsGroup()),
                Runnable::run);
        return new BatchWrite(
                context,
                true,
                List.of(
                        new BatchedRow(new RowWrite.Remove("/t/old"), Acl.OPEN),
                        new BatchedRow(
                                new RowWrite.Put("/t/new/deep/row", null, true, null, CreateMode.PERSISTENT, 0),
                                Acl.OPEN)));
    }
}
