// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.session.DedicatedSessionClient;
import io.zkflink.sink.batch.GuardException;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of two clients that are connected as one session, only that writes which came last. */
class EpochFencedSessionITCase {

    /** Clients of one session push each other off the connection, again and again. */
    private static final int ATTEMPTS = 20;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final List<DedicatedSession> opened = new ArrayList<>();

    @BeforeEach
    void createRoot() {
        zk.create(root, "");
    }

    @AfterEach
    void close() {
        opened.forEach(DedicatedSession::close);
    }

    @Test
    void theZombieWritesNothing() {
        EpochFencedSession zombie = open(null);
        SessionIdentity identity = establish(zombie);
        assertThat(write(zombie, "/by-first")).isEmpty();

        EpochFencedSession successor = open(identity);
        assertThat(establish(successor)).isEqualTo(identity);

        // They push each other off the connection, so a request may be lost before it is refused.
        GuardException refusal = write(zombie, "/by-zombie").orElseThrow();
        assertThat(zombie.violation(refusal))
                .hasMessage(
                        "The ZooKeeper session " + identity.name() + " of this writer was taken over by another one,"
                                + " which Flink started in its place. This one writes nothing any more.");
        assertThat(write(successor, "/by-successor")).isEmpty();
        assertThat(zk.children(root)).contains("by-first", "by-successor").doesNotContain("by-zombie");
    }

    @Test
    void itMayAttachAgainAndAgain() {
        EpochFencedSession first = open(null);
        SessionIdentity identity = establish(first);
        first.session().detach();
        for (int i = 0; i < 5; i++) {
            EpochFencedSession next = open(identity);
            assertThat(establish(next)).isEqualTo(identity);
            assertThat(establish(next)).isEqualTo(identity);
            assertThat(write(next, "/" + i)).isEmpty();
            next.session().detach();
        }
        assertThat(zk.stat(root + "/epochs/" + identity.name()).getVersion()).isEqualTo(5);
    }

    /** {@code sink.commit-path} was changed at a restore. */
    @Test
    void aSessionKeepsTheEpochThatItHas() {
        EpochFencedSession first = open(null);
        SessionIdentity identity = establish(first);
        assertThat(write(first, "/row")).isEmpty();

        EpochFencedSession next = open(identity, "/other/epochs");
        assertThat(establish(next)).isEqualTo(identity);
        assertThat(write(next, "/by-next")).isEmpty();
        assertThat(write(first, "/by-zombie")).isPresent();
        assertThat(zk.exists(root + "/row")).isTrue();
        assertThat(next.isEpoch(root + "/epochs/" + identity.name())).isTrue();
    }

    @Test
    void aSessionWithoutItsEpochIsEnded() {
        EpochFencedSession first = open(null);
        SessionIdentity identity = establish(first);
        assertThat(write(first, "/row")).isEmpty();
        String epoch = root + "/epochs/" + identity.name();
        zk.delete(epoch);

        EpochFencedSession next = open(identity);
        Await.until("connected", () -> next.session().identity().isPresent());
        assertThat(Await.failure(next.establish()))
                .hasMessage(
                        "The znode '" + epoch + "', by which a writer knows that its ZooKeeper session is its own, was"
                                + " deleted by somebody else. The session was ended; when the job restarts it begins another one"
                                + " and creates its rows again. Let nobody delete what is below 'sink.commit-path'.");
        Await.until("the session has ended", () -> !zk.exists(root + "/row"));
    }

    @Test
    void aZnodeOfSomebodyElseIsNoEpoch() {
        EpochFencedSession session = open(null);
        Await.until("connected", () -> session.session().identity().isPresent());
        String epoch =
                root + "/epochs/" + session.session().identity().orElseThrow().name();
        zk.create(epoch, "");

        assertThat(Await.failure(session.establish()))
                .hasMessage(
                        "The znode '" + epoch + "' is not one that this connector has created: 'sink.commit-path' must"
                                + " name a znode that nobody else writes below.");
    }

    private EpochFencedSession open(SessionIdentity previous) {
        return open(previous, "/epochs");
    }

    private EpochFencedSession open(SessionIdentity previous, String epochs) {
        DedicatedSession session = DedicatedSessionClient.open(
                ConnectionSettings.of(SharedZooKeeper.connectString()), Optional.ofNullable(previous));
        opened.add(session);
        return new EpochFencedSession(session, previous, root + epochs, SinkSettings.DEFAULTS.rows(), Runnable::run);
    }

    private static SessionIdentity establish(EpochFencedSession session) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Await.until(
                    "connected",
                    () -> session.session().identity().isPresent()
                            && session.session().statistics().connected());
            try {
                return session.establish().join();
            } catch (CompletionException e) {
                assertThat(e).hasMessageContaining("CONNECTIONLOSS");
            }
        }
        throw new AssertionError("no connection lasts");
    }

    /** Why it was refused, or empty. */
    private Optional<GuardException> write(EpochFencedSession session, String name) {
        ZNodeWrite create = new ZNodeWrite.Create(root + name, null, CreateMode.EPHEMERAL, 0, Acl.OPEN);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Await.until("connected", () -> session.session().statistics().connected());
            try {
                assertThat(session.client().write(List.of(create)).join()).isEmpty();
                return Optional.empty();
            } catch (CompletionException e) {
                if (e.getCause() instanceof GuardException refusal) {
                    return Optional.of(refusal);
                }
                // Pushed off.
            }
        }
        throw new AssertionError("no connection lasts");
    }
}
