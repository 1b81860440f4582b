// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An ensemble behind a name that moves. */
class EnsembleHostsTest {

    private ServerSocket listening;
    private EnsembleHosts hosts;

    /** What the name stands for; null: it is not known. */
    private volatile InetAddress[] addresses;

    @BeforeEach
    void listen() throws IOException {
        listening = new ServerSocket();
        listening.bind(new InetSocketAddress(address(2), 0));
        ConnectionSettings settings = ConnectionSettings.builder(name())
                .setSessionTimeout(Duration.ofSeconds(60))
                .setConnectionTimeout(Duration.ofSeconds(15))
                .setRetryWait(Duration.ofMillis(1))
                .setMaxRetryAttempts(3)
                .build();
        hosts = new EnsembleHosts(settings, null, () -> {}, host -> {
            assertThat(host).isEqualTo("zk.test");
            if (addresses == null) {
                throw new UnknownHostException(host);
            }
            return addresses.clone();
        });
    }

    @AfterEach
    void close() throws IOException {
        hosts.close();
        listening.close();
    }

    private String name() {
        return "zk.test:" + listening.getLocalPort();
    }

    /** One of many that all lead to this machine. */
    private static InetAddress address(int last) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    private CompletableFuture<InetSocketAddress> next() {
        return CompletableFuture.supplyAsync(() -> hosts.next(0), task -> {
            Thread sender = new Thread(task, "sender");
            sender.setDaemon(true);
            sender.start();
        });
    }

    private InetSocketAddress server() throws UnknownHostException {
        return new InetSocketAddress(address(2), listening.getLocalPort());
    }

    @Test
    void aNameIsResolvedAnewForEachAttempt() throws Exception {
        CompletableFuture<InetSocketAddress> found = next();
        Await.until("the name is not known", () -> hosts.lastCauses().equals(name() + ": unknown host"));
        addresses = new InetAddress[] {address(3)};
        Await.until("nobody is there", () -> hosts.lastCauses().equals(name() + ": Connection refused"));
        addresses = new InetAddress[] {address(2)};
        assertThat(Await.result(found)).isEqualTo(server());
        hosts.onConnected();
        listening.close();
        CompletableFuture<InetSocketAddress> moved = next();
        Await.until("it is gone", () -> hosts.lastCauses().equals(name() + ": Connection refused"));
        try (ServerSocket elsewhere = new ServerSocket()) {
            elsewhere.bind(new InetSocketAddress(address(4), server().getPort()));
            addresses = new InetAddress[] {address(4)};
            assertThat(Await.result(moved).getAddress()).isEqualTo(address(4));
        }
    }

    @Test
    void ofSeveralAddressesOneThatAnswersIsTaken() throws Exception {
        addresses = new InetAddress[] {address(3), address(2), address(4)};
        for (int i = 0; i < 10; i++) {
            assertThat(Await.result(next())).isEqualTo(server());
        }
    }

    @Test
    void oneAnswerIsAwaitedForNoLongerThanAConnectionMayTake() {
        assertThat(Duration.ofSeconds(60).dividedBy(hosts.size())).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void sessionHasTimeForMoreThanOneAttempt() {
        ConnectionSettings settings = ConnectionSettings.builder(name())
                .setSessionTimeout(Duration.ofSeconds(10))
                .setConnectionTimeout(Duration.ofSeconds(15))
                .build();

        assertThat(new EnsembleHosts(settings, null, () -> {}).size()).isEqualTo(3);
    }
}
