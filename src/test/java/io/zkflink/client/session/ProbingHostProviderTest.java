// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An ensemble behind a name that moves. */
class ProbingHostProviderTest {

    private final List<String> probes = new CopyOnWriteArrayList<>();
    private ServerSocket listening;
    private ProbingHostProvider hosts;

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
        hosts = new ProbingHostProvider(settings, null, () -> {}, host -> {
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
        assertThat(Await.result(next())).isEqualTo(server());
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
        answerProbes();
        for (int i = 0; i < 10; i++) {
            assertThat(Await.result(next())).isEqualTo(server());
            // The attempt failed: the next one is made at random.
            Await.result(next());
        }
    }

    @Test
    void probeComesBeforeTheFirstConnectAndAfterAFailureOnly() throws Exception {
        addresses = new InetAddress[] {address(2)};
        answerProbes();
        Await.result(next());
        assertThat(probes).hasSize(1);
        for (int i = 0; i < 5; i++) {
            hosts.onConnected();
            assertThat(Await.result(next())).isEqualTo(server());
            assertThat(probes).hasSize(1);
        }
        Await.result(next());
        assertThat(probes).hasSize(2).containsOnly("ruok");
        // What a look did not find is not looked for again at once.
        Await.result(next());
        assertThat(probes).hasSize(2);
    }

    @Test
    void serverThatEndsNoProbeIsTakenAllTheSame() throws Exception {
        addresses = new InetAddress[] {address(2)};
        assertThat(Await.result(next())).isEqualTo(server());
    }

    /** As servers do: reads a question, answers it, and closes the connection. */
    private void answerProbes() {
        Thread server = new Thread(() -> {
            try {
                while (true) {
                    try (Socket probe = listening.accept()) {
                        probes.add(new String(probe.getInputStream().readNBytes(4), StandardCharsets.US_ASCII));
                        probe.getOutputStream().write(new byte[] {'i', 'm', 'o', 'k'});
                    }
                }
            } catch (IOException e) {
                // The test has ended.
            }
        });
        server.setDaemon(true);
        server.start();
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

        assertThat(new ProbingHostProvider(settings, null, () -> {}).size()).isEqualTo(3);
    }
}
