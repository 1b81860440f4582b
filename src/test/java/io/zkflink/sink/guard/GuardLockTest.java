// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.ZNode;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A lock has one node in its queue, whichever answer is lost, and it is that of the session. */
class GuardLockTest {

    private static final String LOCK = "/locks/deep/guard";
    private static final String OTHER = LOCK + "/_c_6f5e9e40-0000-0000-0000-000000000000-lock-0000000000";
    private static final Acl ACL = Acl.parse("digest:job:hash:cdrwa,world:anyone:r");

    private final FakeZooKeeper zk = new FakeZooKeeper();

    @AfterEach
    void close() {
        zk.close();
    }

    private GuardLock acquire(Duration total) throws IOException, InterruptedException {
        return GuardLock.acquire(zk, LOCK, "job", ACL, new RetryPolicy(total, Duration.ofMillis(1)));
    }

    private CompletableFuture<GuardLock> acquiring() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return acquire(Await.TIMEOUT);
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private List<String> queue() {
        return List.copyOf(zk.tree(LOCK).keySet());
    }

    @Test
    void aFreeLockIsTaken() throws Exception {
        GuardLock lock = acquire(Await.TIMEOUT);

        ZNode node = zk.znode(queue().get(0)).orElseThrow();
        assertThat(new String(node.data(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("job");
        assertThat(lock.fencingToken()).isEqualTo(node.stat().czxid());
        assertThat(lock.writes()).singleElement().satisfies(check -> assertThat(check.path())
                .isEqualTo(node.path()));
    }

    @Test
    void allThatIsCreatedHasTheAcl() throws Exception {
        acquire(Await.TIMEOUT);

        assertThat(zk.tree("/").keySet()).hasSize(4).allSatisfy(path -> assertThat(zk.acl(path))
                .isEqualTo(ACL));
    }

    @Test
    void oneNodeQueuesWhicheverAnswerIsLost() throws Exception {
        int step = 0;
        for (boolean came = true; came; step++) {
            for (boolean made : new boolean[] {false, true}) {
                zk.forget();
                zk.breakAfter(step, made);
                acquire(Await.TIMEOUT);
                assertThat(queue()).as("step %d, made %s", step, made).hasSize(1);
                came = !zk.isToBreak();
                zk.breakAfter(-1, false);
            }
        }
        assertThat(step).isGreaterThan(6);
    }

    @Test
    void aNodeThatAServerShowsLateIsRecognised() throws Exception {
        int step = 0;
        for (boolean came = true; came; step++) {
            zk.forget();
            zk.breakAfter(step, true);
            zk.lagAfterBreak();
            acquire(Await.TIMEOUT);
            assertThat(queue()).as("step %d", step).hasSize(1);
            came = !zk.isToBreak();
            zk.breakAfter(-1, false);
        }
        assertThat(step).isGreaterThan(6);
    }

    @Test
    void ofSeveralNodesTheLowestQueues() {
        zk.createEphemeral(OTHER, "other", 0x77);
        CompletableFuture<GuardLock> acquiring = acquiring();
        Await.until("it queues", () -> queue().size() == 2);
        String mine =
                queue().stream().filter(path -> !path.equals(OTHER)).findFirst().orElseThrow();
        String prefix = mine.substring(0, mine.length() - 10);
        zk.createEphemeral(
                prefix + "0000000007", "job", zk.identity().orElseThrow().id());
        zk.createEphemeral(
                prefix + "0000000009", "job", zk.identity().orElseThrow().id());
        Await.until("the others are gone", () -> queue().size() == 2);
        zk.delete(OTHER);

        Await.result(acquiring);
        assertThat(queue()).containsExactly(mine);
    }

    @Test
    void aNodeOfASessionThatHasExpiredIsReplaced() {
        zk.createEphemeral(OTHER, "other", 0x77);
        CompletableFuture<GuardLock> acquiring = acquiring();
        Await.until("it queues", () -> queue().size() == 2);
        String mine =
                queue().stream().filter(path -> !path.equals(OTHER)).findFirst().orElseThrow();
        zk.delete(mine);
        Await.until("it queues again", () -> queue().size() == 2);
        // As a server shows it that has not yet heard of the end of the session.
        zk.createEphemeral(mine, "job", 0x1000);
        zk.delete(OTHER);

        Await.result(acquiring);
        assertThat(queue()).singleElement().satisfies(path -> assertThat(
                        zk.znode(path).orElseThrow().stat().ephemeralOwner())
                .isEqualTo(zk.identity().orElseThrow().id()));
    }

    @Test
    void noServerIsWaitedForForEver() {
        zk.lose();

        assertThatThrownBy(() -> acquire(Duration.ofMillis(50)))
                .hasMessage("The lock '/locks/deep/guard' ('sink.guard.lock') could not be asked for within 50 ms"
                        + " ('connection-timeout' x 'max-retry-attempts'), because ZooKeeper could not be reached. Check the"
                        + " ensemble, or raise 'max-retry-attempts'.");
    }

    @Test
    void itsLossIsToldOnce() throws Exception {
        GuardLock lock = acquire(Await.TIMEOUT);
        AtomicReference<IOException> loss = new AtomicReference<>();
        lock.onLoss(loss::set);
        assertThat(loss).hasNullValue();
        zk.delete(queue().get(0));

        assertThat(loss.get()).hasMessageStartingWith("This writer has lost the lock '" + LOCK + "'");
    }
}
