// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.settings.Secret;
import io.zkflink.client.settings.SecuritySettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.junit.jupiter.api.Test;

/** Whatever goes wrong while a connection is authenticated is told, so that nobody waits for it for ever. */
class AuthenticationGateTest {

    @Test
    void anyExceptionIsAFailure() {
        ConnectionSettings settings = ConnectionSettings.of("localhost:1");
        ProbingHostProvider hosts = new ProbingHostProvider(settings, null, () -> {});
        List<WatchedEvent> told = new ArrayList<>();
        SecuritySettings security =
                new SecuritySettings(null, new SecuritySettings.DigestMd5("bob", new Secret("builder")), null);
        AuthenticationGate authentication = new AuthenticationGate(security, hosts, told::add);
        // Without a client, a stand-in for whatever nobody thought of.
        authentication.of(null);
        hosts.onConnected();
        authentication.process(
                new WatchedEvent(Watcher.Event.EventType.None, Watcher.Event.KeeperState.SyncConnected, null));
        assertThat(told).containsExactly(AuthenticationGate.FAILED);
        assertThat(authentication.refusal())
                .contains("NullPointerException")
                .contains("Check 'sasl.username' and 'sasl.password'")
                .doesNotContain("builder");
    }
}
