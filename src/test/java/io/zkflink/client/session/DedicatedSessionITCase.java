// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.settings.Secret;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A session goes from one client to the next, with all that it owns. */
class DedicatedSessionITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final List<DedicatedSession> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(DedicatedSession::close);
    }

    @Test
    void whatADetachedSessionOwnsIsStillOwnedByWhoeverGoesOnWithIt() {
        zk.create(root + "/ns", "");
        DedicatedSession first = open("/ns", Optional.empty());
        SessionIdentity identity = connected(first);
        assertThat(Await.result(first.write(List.of(ephemeral("/a"), ephemeral("/b")))))
                .isEmpty();

        first.detach();
        DedicatedSession second = open("/ns", Optional.of(identity));

        assertThat(connected(second)).isEqualTo(identity);
        assertThat(Await.result(second.ephemerals())).containsExactlyInAnyOrder("/a", "/b");
        assertThat(zk.stat(root + "/ns/a").getEphemeralOwner()).isEqualTo(identity.id());

        second.close();
        Await.until("the session has ended", () -> zk.children(root + "/ns").isEmpty());
    }

    @Test
    void aDetachedClientLeavesNoThread() {
        Set<Thread> before = threads();
        DedicatedSession session = open("", Optional.empty());
        connected(session);
        assertThat(threads()).anyMatch(thread -> !before.contains(thread));

        session.detach();

        Await.untilAsserted(
                "all threads have ended", () -> assertThat(threads()).isSubsetOf(before));
    }

    @Test
    void aSessionThatIsGoneIsFollowedByAnother() throws Exception {
        DedicatedSession session = open("", Optional.empty());
        SessionIdentity identity = connected(session);

        end(identity);

        Await.until("there is another session", () -> {
            Optional<SessionIdentity> now = session.identity();
            return now.isPresent() && now.get().id() != identity.id();
        });
        assertThat(session.statistics().expiries()).isEqualTo(1);

        DedicatedSession late = open("", Optional.of(identity));
        assertThat(connected(late).id()).isNotEqualTo(identity.id());
    }

    @Test
    void nobodyGoesOnWithASessionWhosePasswordHeDoesNotKnow() {
        SessionIdentity identity = connected(open("", Optional.empty()));
        String wrong = Base64.getEncoder().encodeToString(new byte[16]);

        DedicatedSession thief = open("", Optional.of(new SessionIdentity(identity.id(), new Secret(wrong))));

        assertThat(connected(thief).id()).isNotEqualTo(identity.id());
        assertThat(identity.toString()).doesNotContain(identity.password().value());
    }

    @Test
    void theServersNamesAreTold() {
        zk.create(root + "/queue", "");
        DedicatedSession session = open("", Optional.empty());
        connected(session);
        ZNodeWrite next = new ZNodeWrite.Create("/queue/n-", null, CreateMode.EPHEMERAL_SEQUENTIAL, 0, Acl.OPEN);

        WriteResult result =
                Await.result(session.writeAndTell(List.of(new ZNodeWrite.Check("/queue", -1), next, ephemeral("/e"))));

        assertThat(result.refusal()).isEmpty();
        assertThat(result.created()).containsExactly("n-0000000000", "e");
        assertThat(zk.get(root + "/queue/n-0000000000")).isEmpty();
    }

    private DedicatedSession open(String namespace, Optional<SessionIdentity> previous) {
        if (!zk.exists(root)) {
            zk.create(root, "");
        }
        // The chroot and the namespace are both taken off the paths that the server tells.
        DedicatedSession session = DedicatedSessionClient.open(
                ConnectionSettings.builder(SharedZooKeeper.connectString() + root)
                        .setNamespace(namespace.isEmpty() ? "" : namespace.substring(1))
                        .setSessionTimeout(Duration.ofSeconds(20))
                        .setConnectionTimeout(Duration.ofSeconds(10))
                        .setRetryWait(Duration.ofMillis(100))
                        .setMaxRetryAttempts(3)
                        .build(),
                previous);
        opened.add(session);
        return session;
    }

    private static SessionIdentity connected(DedicatedSession session) {
        Await.until("connected", () -> session.identity().isPresent());
        return session.identity().orElseThrow();
    }

    /** As whoever knows its password can. */
    private static void end(SessionIdentity session) throws Exception {
        ZooKeeper handle = new ZooKeeper(
                SharedZooKeeper.connectString(),
                20_000,
                event -> {},
                session.id(),
                Base64.getDecoder().decode(session.password().value()));
        Await.until("connected as the session", () -> handle.getState().isConnected());
        handle.close();
    }

    private static ZNodeWrite ephemeral(String path) {
        byte[] data = path.getBytes(StandardCharsets.UTF_8);
        return new ZNodeWrite.Create(path, data, CreateMode.EPHEMERAL, 0, Acl.OPEN);
    }

    /** Those of ZooKeeper's clients and of our own. */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().contains("EventThread")
                        || thread.getName().contains("SendThread")
                        || thread.getName().startsWith("zookeeper-session"))
                .collect(Collectors.toSet());
    }
}
