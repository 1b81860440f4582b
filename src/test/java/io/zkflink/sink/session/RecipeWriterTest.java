// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.path.ZNodePath;
import io.zkflink.recipes.LockDialect;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.sink.ManualTask;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.FakeZooKeeper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Each claim has one node, and that of its session, whichever request breaks, whichever answer is lost. */
class RecipeWriterTest {

    private static final String EPOCHS = "/_flink/commits/_sessions";
    private static final String CURATOR = "_c_6f5e9e40-0000-0000-0000-000000000000-lock-";
    private static final SinkSettings SETTINGS = new SinkSettings(
            null,
            new SinkSettings.Rows(ConflictPolicy.FAIL, false, false, Acl.OPEN),
            new SinkSettings.Batching(3, 2, 10_000, 1 << 20, Duration.ofMillis(100)));

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private ManualTask task = new ManualTask();
    private RecipeSettings recipe = RecipeSettings.lock(LockDialect.CURATOR, 1);

    private SessionBoundWriter open(boolean checkpointed, SessionBoundState state) throws Exception {
        task = new ManualTask();
        SessionBoundWriter writer = new RecipeWriter(
                zk,
                state,
                recipe,
                SETTINGS,
                new SessionBoundWriter.Owning(
                        EPOCHS, new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(10)), Duration.ofSeconds(4)),
                task.writerContext(checkpointed));
        writer.open();
        task.drain();
        return writer;
    }

    private SessionBoundWriter open() throws Exception {
        return open(false, SessionBoundState.NONE);
    }

    private static SessionBoundRow.Id id(String resource, String owner) {
        return new SessionBoundRow.Id(resource, owner);
    }

    private void claim(SessionBoundWriter writer, String resource, String owner) throws Exception {
        writer.put(id(resource, owner), owner.getBytes(StandardCharsets.UTF_8));
        task.drain();
    }

    private void release(SessionBoundWriter writer, String resource, String owner) throws Exception {
        writer.remove(id(resource, owner));
        task.drain();
    }

    /** Who queues at a resource, in the order of the queue. */
    private List<String> queue(String resource) {
        List<String> names = new ArrayList<>(zk.tree(resource).keySet());
        names.sort((a, b) -> a.substring(a.length() - 10).compareTo(b.substring(b.length() - 10)));
        return names.stream()
                .map(path -> new String(zk.znode(path).orElseThrow().data(), StandardCharsets.UTF_8))
                .toList();
    }

    /** The claims of the session, sorted. */
    private List<String> claims() {
        List<String> claims = new ArrayList<>();
        for (String path : zk.ephemerals().join()) {
            if (!path.startsWith(EPOCHS)) {
                claims.add(ZNodePath.parent(path) + " "
                        + new String(zk.znode(path).orElseThrow().data(), StandardCharsets.UTF_8));
            }
        }
        Collections.sort(claims);
        return claims;
    }

    @Test
    void claimsQueueInTheirOrderAndAreReleased() throws Exception {
        SessionBoundWriter writer = open();
        claim(writer, "/locks/r", "one");
        claim(writer, "/locks/r", "two");
        claim(writer, "/locks/r", "one");
        claim(writer, "/locks/s", "one");
        assertThat(queue("/locks/r")).containsExactly("one", "two");
        release(writer, "/locks/r", "one");

        assertThat(queue("/locks/r")).containsExactly("two");
        assertThat(queue("/locks/s")).containsExactly("one");
    }

    @Test
    void twoClaimsOfOneResourceNeverComeInOneTransaction() throws Exception {
        SessionBoundWriter writer = open();
        for (int i = 0; i < 6; i++) {
            writer.put(id("/locks/r", "o" + i), new byte[0]);
        }
        task.drain();

        assertThat(zk.tree("/locks/r").keySet().stream()
                        .map(path -> zk.znode(path).orElseThrow().stat().czxid()))
                .hasSize(6)
                .doesNotHaveDuplicates();
    }

    @Test
    void aClaimWhoseNodeSomebodyElseDeletesQueuesAnew() throws Exception {
        SessionBoundWriter writer = open();
        claim(writer, "/locks/r", "one");
        claim(writer, "/locks/r", "two");
        zk.delete(new TreeSet<>(zk.tree("/locks/r").keySet())
                .stream()
                        .filter(path -> "one".equals(zk.tree("/locks/r").get(path)))
                        .findFirst()
                        .orElseThrow());
        task.drain();
        assertThat(queue("/locks/r")).containsExactly("two", "one");

        zk.deleteTree("/locks");
        task.pass(100);
        assertThat(queue("/locks/r")).containsExactlyInAnyOrder("two", "one");
        release(writer, "/locks/r", "one");
        release(writer, "/locks/r", "two");
        assertThat(queue("/locks/r")).isEmpty();
    }

    @Test
    void whateverIsLostEachClaimHasOneNode() throws Exception {
        int step = 0;
        for (boolean came = true; came; step++) {
            for (boolean made : new boolean[] {false, true}) {
                zk.expire();
                zk.reconnect();
                zk.forget();
                zk.breakAfter(step, made);
                SessionBoundWriter writer = open();
                claim(writer, "/locks/r", "one");
                claim(writer, "/locks/r", "two");
                claim(writer, "/locks/s", "one");
                task.pass(100);
                release(writer, "/locks/r", "one");
                claim(writer, "/locks/t", "one");
                task.pass(1_000);

                came = !zk.isToBreak();
                zk.breakAfter(-1, false);
                assertThat(claims())
                        .as("step %d, made %s", step, made)
                        .containsExactly("/locks/r two", "/locks/s one", "/locks/t one");
            }
        }
        assertThat(step).isGreaterThan(12);
    }

    @Test
    void anythingInAnyOrderEqualsTheClaims() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 200; round++) {
            Random random = new Random(seed + round);
            zk.expire();
            zk.reconnect();
            zk.forget();
            SessionBoundWriter writer = open();
            TreeSet<String> wanted = new TreeSet<>();
            for (int i = 0; i < 60; i++) {
                String resource = "/locks/" + random.nextInt(3);
                String owner = "o" + random.nextInt(3);
                switch (random.nextInt(10)) {
                    case 0 -> zk.breakAfter(random.nextInt(4), random.nextBoolean());
                    case 1 -> {
                        zk.lose();
                        task.drain();
                        zk.reconnect();
                    }
                    case 2 -> {
                        zk.expire();
                        zk.reconnect();
                    }
                    case 3, 4 -> {
                        writer.remove(id(resource, owner));
                        wanted.remove(resource + " " + owner);
                    }
                    case 5 -> task.pass(random.nextInt(500));
                    case 6 -> zk.tree(resource).keySet().stream().findFirst().ifPresent(zk::delete);
                    default -> {
                        writer.put(id(resource, owner), owner.getBytes(StandardCharsets.UTF_8));
                        wanted.add(resource + " " + owner);
                    }
                }
                if (random.nextBoolean()) {
                    task.drain();
                }
            }
            zk.breakAfter(-1, false);
            task.pass(5_000);
            assertThat(claims()).as("seed %d", seed + round).containsExactlyElementsOf(wanted);
        }
    }

    /** As a server might show them that has not heard of the end of the session yet. */
    @Test
    void nodesOfAnExpiredSessionAreDeletedWhateverBreaksMeanwhile() throws Exception {
        int step = 0;
        for (boolean came = true; came; step++) {
            zk.forget();
            SessionBoundWriter writer = open();
            claim(writer, "/locks/r", "one");
            String node = zk.tree("/locks/r").firstKey();
            zk.expire();
            zk.createEphemeral(node.substring(0, node.length() - 10) + "0000000009", "left behind", 0x77);
            zk.breakAfter(step, true);
            zk.reconnect();
            task.pass(1_000);

            came = !zk.isToBreak();
            zk.breakAfter(-1, false);
            assertThat(queue("/locks/r")).as("step %d", step).containsExactly("one");
        }
        assertThat(step).isGreaterThan(6);
    }

    @Test
    void theNextWriterKeepsThePlaceInTheQueue() throws Exception {
        SessionBoundWriter first = open(true, SessionBoundState.NONE);
        claim(first, "/locks/r", "one");
        assertThat(queue("/locks/r")).isEmpty();
        SessionBoundState state = first.snapshot(1);
        first.completed(1);
        task.drain();
        zk.createEphemeral("/locks/r/" + CURATOR + "0000000007", "theirs", 0x77);

        SessionBoundWriter next = open(true, state);
        claim(next, "/locks/r", "one");
        assertThat(queue("/locks/r")).containsExactly("one", "theirs");
        release(next, "/locks/r", "one");
        assertThat(queue("/locks/r")).containsExactly("theirs");
    }

    /** A restored source takes part in checkpoints before it has told again what it had told before the failure. */
    @Test
    void aRowThatIsReplayedAfterTheFirstCheckpointsKeepsItsPlaceInTheQueue() throws Exception {
        SessionBoundWriter first = open(true, SessionBoundState.NONE);
        SessionBoundState state = first.snapshot(1);
        first.completed(1);
        claim(first, "/locks/r", "one");
        claim(first, "/locks/r", "never told again");
        zk.createEphemeral("/locks/r/" + CURATOR + "0000000007", "theirs", 0x77);

        SessionBoundWriter next = open(true, state);
        for (int checkpoint = 2; checkpoint < 10; checkpoint++) {
            next.snapshot(checkpoint);
            next.completed(checkpoint);
            task.pass(400);
        }
        claim(next, "/locks/r", "one");
        assertThat(queue("/locks/r")).containsExactly("one", "never told again", "theirs");

        task.pass(1_000);
        next.snapshot(10);
        next.completed(10);
        task.drain();
        assertThat(queue("/locks/r")).containsExactly("one", "theirs");
    }

    @Test
    void contendersOfAnotherDialectAreRefused() throws Exception {
        zk.create("/locks/r/6f5e9e40000000000000000000000000__lock__0000000000", "kazoo");
        SessionBoundWriter writer = open();

        assertThatThrownBy(() -> claim(writer, "/locks/r", "one")).hasMessageContaining("lock.dialect");
    }

    @Test
    void aBarrierOpensWithItsLastMemberAndClosesWhenAllHaveLeft() throws Exception {
        recipe = RecipeSettings.barrier(2);
        SessionBoundWriter writer = open();
        claim(writer, "/barriers/b", "one");
        assertThat(zk.znode("/barriers/b/ready")).isEmpty();
        claim(writer, "/barriers/b", "two");
        assertThat(zk.znode("/barriers/b/ready")).isPresent();
        release(writer, "/barriers/b", "one");
        assertThat(zk.znode("/barriers/b/ready")).isPresent();
        release(writer, "/barriers/b", "two");
        assertThat(zk.znode("/barriers/b/ready")).isEmpty();
    }
}
