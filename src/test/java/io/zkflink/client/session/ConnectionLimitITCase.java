// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.TcpProxy;
import io.zkflink.testkit.ZooKeeperProcess;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A server that allows each client address one connection ({@code maxClientCnxns}). */
class ConnectionLimitITCase {

    @Test
    void oneConnectionIsEnough() {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .config("maxClientCnxns", "1")
                        .build()
                        .start();
                TcpProxy proxy = new TcpProxy(server.port());
                ZooKeeperClient client = SessionPool.open(settings(proxy.connectString()))) {
            read(client);
            for (int i = 0; i < 3; i++) {
                proxy.cut();
                Await.until("the loss is noticed", () -> !client.statistics().connected());
                proxy.heal();
                read(client);
            }
            // Or the client would take the one connection by which the server is asked whether it serves.
            proxy.cut();
            server.kill();
            server.restart();
            proxy.heal();
            read(client);
            assertThat(client.statistics().expiries()).isZero();
        }
    }

    private static void read(ZooKeeperClient client) {
        Await.until("a read is answered", () -> {
            CompletableFuture<?> read = client.read("/");
            return Await.result(read.handle((value, error) -> error == null));
        });
    }

    private static ConnectionSettings settings(String connectString) {
        return ConnectionSettings.builder(connectString)
                .setSessionTimeout(Duration.ofSeconds(30))
                .setConnectionTimeout(Duration.ofSeconds(15))
                .setRetryWait(Duration.ofMillis(100))
                .setMaxRetryAttempts(3)
                .build();
    }
}
