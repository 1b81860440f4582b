// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.WatchRecorder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The fake keeps the contract, and the promises that only a fake can make. */
class FakeZooKeeperContractTest extends ZooKeeperClientContract {

    private FakeZooKeeper fake;

    @Override
    protected ZooKeeperClient open() {
        fake = new FakeZooKeeper();
        return fake;
    }

    @Override
    protected String freshRoot() {
        return "/root";
    }

    @Override
    protected void create(String path, String data) {
        fake.createRaw(path, data == null ? null : data.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    protected void set(String path, String data) {
        fake.set(path, data);
    }

    @Override
    protected void delete(String path) {
        fake.delete(path);
    }

    @Override
    protected void loseConnection() {
        fake.lose();
    }

    @Override
    protected void restoreConnection() {
        fake.reconnect();
    }

    @Test
    void heldReadsAreAnsweredOneByOneWithTheTreeOfThatMoment() {
        fake.create("/a", "1");
        fake.holdReads();
        CompletableFuture<Optional<ZNode>> first = fake.read("/a");
        CompletableFuture<Optional<ZNode>> second = fake.read("/a");
        CompletableFuture<Long> sync = fake.sync();
        assertThat(fake.held()).containsExactly("read /a", "read /a", "sync /");

        assertThat(fake.answerNext()).isEqualTo("read /a");
        fake.set("/a", "2");
        assertThat(second).isNotDone();
        fake.answerAll();

        assertThat(text(first.join().orElseThrow())).isEqualTo("1");
        assertThat(text(second.join().orElseThrow())).isEqualTo("2");
        assertThat(sync).isCompletedWithValue(fake.zxid());
        assertThatThrownBy(fake::answerNext).isInstanceOf(IllegalStateException.class);
        assertThat(fake.answered()).containsExactly("read /a", "read /a", "sync /");
    }

    @Test
    void heldReadsFailWithTheConnection() {
        fake.holdReads();
        CompletableFuture<Optional<ZNode>> lost = fake.read("/a");
        fake.lose();
        fake.reconnect();
        CompletableFuture<Optional<ZNode>> expired = fake.read("/a");
        fake.expire();

        assertThat(((ZooKeeperException) Await.failure(lost)).failure()).isEqualTo(Failure.CONNECTION_LOST);
        assertThat(((ZooKeeperException) Await.failure(expired)).failure()).isEqualTo(Failure.SESSION_EXPIRED);
    }

    @Test
    void pathFailsUntilHealed() {
        fake.create("/a", "1");
        fake.failReads("/a", Failure.NO_PERMISSION);

        assertThat(((ZooKeeperException) Await.failure(fake.read("/a"))).failure())
                .isEqualTo(Failure.NO_PERMISSION);
        assertThat(fake.read("/")).isCompleted();
        fake.healReads("/a");
        assertThat(fake.read("/a")).isCompleted();
    }

    @Test
    void transactionHasOneZxid() {
        WatchRecorder recorder = watch("/");
        long zxid = fake.transaction(() -> {
            fake.create("/a", "1");
            fake.create("/b", "1");
        });

        assertThat(read("/a").orElseThrow().stat().czxid()).isEqualTo(zxid);
        assertThat(read("/b").orElseThrow().stat().czxid()).isEqualTo(zxid);
        recorder.awaitExactly("established", "changed /a", "changed /b");
    }

    @Test
    void ensembleCanFallBehind() {
        fake.setZxid(100);
        fake.create("/a", "1");
        assertThat(fake.sync()).isCompletedWithValue(101L);

        fake.forget();

        assertThat(fake.sync()).isCompletedWithValue(0L);
        assertThat(read("/a")).isEmpty();
    }

    @Test
    void clockIsSetByTheTest() {
        fake.setClock(42);
        fake.create("/a", "1");
        fake.setClock(43);
        fake.set("/a", "2");

        ZNodeStat stat = read("/a").orElseThrow().stat();

        assertThat(List.of(stat.ctime(), stat.mtime())).containsExactly(42L, 43L);
    }

    @Test
    void failedSessionFailsEverything() {
        WatchRecorder recorder = watch("/");
        fake.fail(Failure.AUTHENTICATION_FAILED);

        recorder.awaitExactly("established", "failed AUTHENTICATION_FAILED");
        assertThat(((ZooKeeperException) Await.failure(fake.read("/"))).failure())
                .isEqualTo(Failure.AUTHENTICATION_FAILED);
    }

    @Test
    void callbacksDoNotNest() {
        StringBuilder order = new StringBuilder();
        client.watch("/", new WatchListener() {
            @Override
            public void established() {}

            @Override
            public void changed(String path, long zxid) {
                order.append("<").append(path);
                if (path.equals("/a")) {
                    fake.create("/b", "1");
                }
                order.append(">");
            }

            @Override
            public void lost() {}

            @Override
            public void failed(ZooKeeperException cause) {}
        });

        fake.create("/a", "1");

        assertThat(order).hasToString("</a></b>");
    }
}
