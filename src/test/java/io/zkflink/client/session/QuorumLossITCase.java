// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;

/** A server that has lost its quorum still answers those who only want to read, with what it knew. */
class QuorumLossITCase {

    @Test
    void aReadOnlyServerIsNeverRead() throws Exception {
        try (ZooKeeperProcess server = new ZooKeeperProcess().start()) {
            try (ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
                zk.create("/a", "old");
            }
            try (ZooKeeperClient client = SessionPool.open(settings(server, 1_000))) {
                assertThat(Await.result(client.read("/a"))).isPresent();
                server.restartWithoutQuorum();
                ZooKeeper readOnly = new ZooKeeper(server.connectString(), 10_000, event -> {}, true);
                try {
                    Await.until(
                            "the server serves readers",
                            () -> readOnly.getState() == ZooKeeper.States.CONNECTEDREADONLY);
                    assertThat(readOnly.getData("/a", false, null)).isNotEmpty();
                } finally {
                    readOnly.close();
                }
                CompletableFuture<Optional<ZNode>> read = client.read("/a");
                try (ZooKeeperClient late = SessionPool.open(settings(server, 1))) {
                    assertThat(Await.failure(late.read("/a")))
                            .hasMessageContaining(
                                    "Could not connect to ZooKeeper at '" + server.connectString() + "' within 1500 ms")
                            .hasMessageContaining(
                                    "no server answered the session request: they may have lost their quorum, or"
                                            + " want TLS on this port ('ssl.enabled')");
                }

                assertThat(read).isNotDone();
                assertThat(client.statistics().connected()).isFalse();

                server.restart();
                assertThat(Await.result(read)).isPresent();
            }
        }
    }

    private static ConnectionSettings settings(ZooKeeperProcess server, int attempts) {
        return ConnectionSettings.builder(server.connectString())
                .setSessionTimeout(Duration.ofSeconds(30))
                .setConnectionTimeout(Duration.ofMillis(1_500))
                .setRetryWait(Duration.ofMillis(200))
                .setMaxRetryAttempts(attempts)
                .build();
    }
}
