// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.LogSearch;
import io.zkflink.testkit.Ports;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What an outage of hours writes to the log, with waits of a millisecond instead of seconds. */
class OutageTest {

    @Test
    void anOutageIsLoggedEverMoreRarely() {
        String address = "127.0.0.1:" + Ports.free();
        ConnectionSettings settings = ConnectionSettings.builder(address)
                .setSessionTimeout(Duration.ofSeconds(60))
                .setConnectionTimeout(Duration.ofSeconds(15))
                .setRetryWait(Duration.ofMillis(1))
                .setMaxRetryAttempts(3)
                .build();
        ProbingHostProvider hosts = new ProbingHostProvider(settings, null, () -> {});
        Thread sender = new Thread(() -> hosts.next(1_000), "sender");
        sender.setDaemon(true);
        sender.setUncaughtExceptionHandler((thread, closed) -> {});
        try (LogSearch logs = new LogSearch(line -> line.startsWith(ProbingHostProvider.class.getName()))) {
            sender.start();
            // With the default waits of up to 5 s this takes more than an hour.
            Await.until("1024 attempts are reported", () -> logs.found().stream()
                    .anyMatch(line -> line.contains(" 1024 times")));
            assertThat(logs.found())
                    .hasSize(6)
                    .allMatch(line -> line.contains(address + ": Connection refused"))
                    .first()
                    .asString()
                    .contains("ZooKeeper cannot be reached; trying until it answers: ");
        } finally {
            hosts.close();
        }
    }
}
