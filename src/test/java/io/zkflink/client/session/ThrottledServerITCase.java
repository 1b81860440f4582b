// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.WatchRecorder;
import io.zkflink.testkit.ZooKeeperExtension;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that carries out one request at a time and refuses those that had to wait. */
class ThrottledServerITCase {

    private static final int LOAD = 1_000;
    private static final int USERS = 20;

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension(ZooKeeperProcess.builder()
            .property("zookeeper.request_throttle_max_requests", "1")
            .property("zookeeper.throttled_op_wait_time", "1"));

    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    @Test
    void whoWaitsIsAnswered() {
        ZooKeeper other = ZK.admin().zooKeeper();
        List<WatchRecorder> recorders = new ArrayList<>();
        List<CompletableFuture<?>> requests = new ArrayList<>();
        try (ZooKeeperClient client = SessionPool.open(ConnectionSettings.of(ZK.connectString()))) {
            Await.until("connected", () -> client.statistics().connected());
            load(other);
            for (int i = 0; i < USERS; i++) {
                WatchRecorder watch = new WatchRecorder();
                WatchRecorder listener = new WatchRecorder();
                recorders.add(watch);
                recorders.add(listener);
                client.watch("/root-" + i, watch);
                client.listen(listener);
                requests.add(client.sync());
                requests.add(client.read("/root-" + i));
                requests.add(client.write(List.of(new ZNodeWrite.Check("/", ZNodeWrite.ANY_VERSION))));
            }
            Await.until("the load is carried out", () -> answered.get() == LOAD);
            assertThat(refused.get()).isPositive();
            assertThat(requests)
                    .extracting(request -> Await.result(request.handle((value, error) -> error)))
                    .anyMatch(Objects::nonNull)
                    .allMatch(error -> error == null
                            || ZooKeeperException.wrap(error).failure().isTransient());
            recorders.forEach(recorder -> recorder.awaitExactly("established"));
            assertThat(client.statistics().reconnects()).isZero();
        }
    }

    private void load(ZooKeeper other) {
        for (int i = 0; i < LOAD; i++) {
            other.sync(
                    "/",
                    (rc, path, ctx) -> {
                        answered.incrementAndGet();
                        if (rc == KeeperException.Code.THROTTLEDOP.intValue()) {
                            refused.incrementAndGet();
                        }
                    },
                    null);
        }
    }
}
