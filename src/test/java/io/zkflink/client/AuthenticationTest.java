// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.junit.jupiter.api.Test;

/** Whatever goes wrong while a connection is authenticated is told, so that nobody waits for it for ever. */
class AuthenticationTest {

    @Test
    void anyExceptionIsAFailure() {
        ConnectionSettings settings = ConnectionSettings.of("localhost:1");
        EnsembleHosts hosts = new EnsembleHosts(settings, null, () -> {});
        List<WatchedEvent> told = new ArrayList<>();
        SecuritySettings security =
                new SecuritySettings(null, new SecuritySettings.DigestMd5("bob", new Secret("builder")), null);
        Authentication authentication = new Authentication(security, hosts, told::add);
        // Without a client, a stand-in for whatever nobody thought of.
        authentication.of(null);
        hosts.onConnected();
        authentication.process(
                new WatchedEvent(Watcher.Event.EventType.None, Watcher.Event.KeeperState.SyncConnected, null));
        assertThat(told).containsExactly(Authentication.FAILED);
        assertThat(authentication.refusal())
                .contains("NullPointerException")
                .contains("Check 'sasl.username' and 'sasl.password'")
                .doesNotContain("builder");
    }
}
