// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.recipes.LockDialect;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.testkit.FakeZooKeeper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Each claim has one node, and that of its session, whichever request breaks, whichever answer is lost. */
class RecipeWriterTest {

    private static final String CURATOR = "_c_6f5e9e40-0000-0000-0000-000000000000-lock-";

    private final FakeZooKeeper zk = new FakeZooKeeper();
    /** The one that was opened last. */
    private RunningWriter writer;

    private RecipeSettings recipe = RecipeSettings.lock(LockDialect.CURATOR, 1);

    private RunningWriter open(boolean checkpointed, SessionBoundState state) throws Exception {
        writer = RunningWriter.ofClaims(zk, checkpointed, state, recipe);
        return writer;
    }

    private RunningWriter open() throws Exception {
        return open(false, SessionBoundState.NONE);
    }

    /** Who queues at a resource, in the order of the queue. */
    private List<String> queue(String resource) {
        List<String> names = new ArrayList<>(zk.tree(resource).keySet());
        names.sort((a, b) -> a.substring(a.length() - 10).compareTo(b.substring(b.length() - 10)));
        return names.stream()
                .map(path -> new String(zk.znode(path).orElseThrow().data(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void claimsQueueInTheirOrderAndAreReleased() throws Exception {
        open();
        writer.claim("/locks/r", "one");
        writer.claim("/locks/r", "two");
        writer.claim("/locks/r", "one");
        writer.claim("/locks/s", "one");
        assertThat(queue("/locks/r")).containsExactly("one", "two");
        writer.release("/locks/r", "one");

        assertThat(queue("/locks/r")).containsExactly("two");
        assertThat(queue("/locks/s")).containsExactly("one");
    }

    @Test
    void twoClaimsOfOneResourceNeverComeInOneTransaction() throws Exception {
        open();
        for (int i = 0; i < 6; i++) {
            writer.claimLater("/locks/r", "o" + i);
        }
        writer.task.drain();

        assertThat(zk.tree("/locks/r").keySet().stream()
                        .map(path -> zk.znode(path).orElseThrow().stat().czxid()))
                .hasSize(6)
                .doesNotHaveDuplicates();
    }

    @Test
    void aClaimWhoseNodeSomebodyElseDeletesQueuesAnew() throws Exception {
        open();
        writer.claim("/locks/r", "one");
        writer.claim("/locks/r", "two");
        zk.delete(new TreeSet<>(zk.tree("/locks/r").keySet())
                .stream()
                        .filter(path -> "one".equals(zk.tree("/locks/r").get(path)))
                        .findFirst()
                        .orElseThrow());
        writer.task.drain();
        assertThat(queue("/locks/r")).containsExactly("two", "one");

        zk.deleteTree("/locks");
        writer.task.pass(100);
        assertThat(queue("/locks/r")).containsExactlyInAnyOrder("two", "one");
        writer.release("/locks/r", "one");
        writer.release("/locks/r", "two");
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
                open();
                writer.claim("/locks/r", "one");
                writer.claim("/locks/r", "two");
                writer.claim("/locks/s", "one");
                writer.task.pass(100);
                writer.release("/locks/r", "one");
                writer.claim("/locks/t", "one");
                writer.task.pass(1_000);

                came = !zk.isToBreak();
                zk.breakAfter(-1, false);
                assertThat(writer.claims())
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
            open();
            TreeSet<String> wanted = new TreeSet<>();
            for (int i = 0; i < 60; i++) {
                String resource = "/locks/" + random.nextInt(3);
                String owner = "o" + random.nextInt(3);
                switch (random.nextInt(10)) {
                    case 0 -> zk.breakAfter(random.nextInt(4), random.nextBoolean());
                    case 1 -> {
                        zk.lose();
                        writer.task.drain();
                        zk.reconnect();
                    }
                    case 2 -> {
                        zk.expire();
                        zk.reconnect();
                    }
                    case 3, 4 -> {
                        writer.releaseLater(resource, owner);
                        wanted.remove(resource + " " + owner);
                    }
                    case 5 -> writer.task.pass(random.nextInt(500));
                    case 6 -> zk.tree(resource).keySet().stream().findFirst().ifPresent(zk::delete);
                    default -> {
                        writer.claimLater(resource, owner);
                        wanted.add(resource + " " + owner);
                    }
                }
                if (random.nextBoolean()) {
                    writer.task.drain();
                }
            }
            zk.breakAfter(-1, false);
            writer.task.pass(5_000);
            assertThat(writer.claims()).as("seed %d", seed + round).containsExactlyElementsOf(wanted);
        }
    }

    /** Each claim that comes takes a request of its own; those that go need none. */
    @Test
    void thoseThatGoLeaveTogetherWithOneThatComes() throws Exception {
        open();
        for (int i = 0; i < 3; i++) {
            writer.claim("/locks/r", "o" + i);
        }
        writer.claimLater("/locks/r", "new");
        writer.claimLater("/locks/r", "newer");
        writer.releaseLater("/locks/r", "o0");
        writer.releaseLater("/locks/r", "o1");
        long before = zk.newestZxid();
        writer.task.drain();

        assertThat(queue("/locks/r")).containsExactly("o2", "new", "newer");
        assertThat(zk.newestZxid()).isEqualTo(before + 2);
    }

    /** Whatever waits meanwhile: positions are those of the rows. */
    @Test
    void aClaimThatGoesAndComesAgainQueuesBehindThoseThatCameBetween() throws Exception {
        open(true, SessionBoundState.NONE);
        writer.claim("/locks/r", "one");
        writer.claim("/locks/r", "two");
        writer.release("/locks/r", "one");
        writer.claim("/locks/r", "one");
        writer.checkpoint(1);
        assertThat(queue("/locks/r")).containsExactly("two", "one");

        writer.claimLater("/locks/r", "three");
        writer.claimLater("/locks/r", "four");
        writer.claimLater("/locks/r", "five");
        writer.releaseLater("/locks/r", "four");
        writer.releaseLater("/locks/r", "two");
        writer.claimLater("/locks/r", "four");
        writer.claimLater("/locks/r", "two");
        writer.task.drain();
        // What was not released yet when it was claimed again stays where it is.
        assertThat(queue("/locks/r")).containsExactly("two", "one", "three", "five", "four");
    }

    /** As a server might show them that has not heard of the end of the session yet. */
    @Test
    void nodesOfAnExpiredSessionAreDeletedWhateverBreaksMeanwhile() throws Exception {
        int step = 0;
        for (boolean came = true; came; step++) {
            zk.forget();
            open();
            writer.claim("/locks/r", "one");
            String node = zk.tree("/locks/r").firstKey();
            zk.expire();
            zk.createEphemeral(node.substring(0, node.length() - 10) + "0000000009", "left behind", 0x77);
            zk.breakAfter(step, true);
            zk.reconnect();
            writer.task.pass(1_000);

            came = !zk.isToBreak();
            zk.breakAfter(-1, false);
            assertThat(queue("/locks/r")).as("step %d", step).containsExactly("one");
        }
        assertThat(step).isGreaterThan(6);
    }

    @Test
    void theNextWriterKeepsThePlaceInTheQueue() throws Exception {
        RunningWriter first = open(true, SessionBoundState.NONE);
        first.claim("/locks/r", "one");
        assertThat(queue("/locks/r")).isEmpty();
        SessionBoundState state = first.checkpoint(1);
        zk.createEphemeral("/locks/r/" + CURATOR + "0000000007", "theirs", 0x77);

        RunningWriter next = open(true, state);
        next.claim("/locks/r", "one");
        assertThat(queue("/locks/r")).containsExactly("one", "theirs");
        next.release("/locks/r", "one");
        assertThat(queue("/locks/r")).containsExactly("theirs");
    }

    /** A restored source takes part in checkpoints before it has told again what it had told before the failure. */
    @Test
    void aRowThatIsReplayedAfterTheFirstCheckpointsKeepsItsPlaceInTheQueue() throws Exception {
        RunningWriter first = open(true, SessionBoundState.NONE);
        SessionBoundState state = first.checkpoint(1);
        first.claim("/locks/r", "one");
        first.claim("/locks/r", "never told again");
        zk.createEphemeral("/locks/r/" + CURATOR + "0000000007", "theirs", 0x77);

        RunningWriter next = open(true, state);
        for (int checkpoint = 2; checkpoint < 10; checkpoint++) {
            next.checkpoint(checkpoint);
            writer.task.pass(400);
        }
        next.claim("/locks/r", "one");
        assertThat(queue("/locks/r")).containsExactly("one", "never told again", "theirs");

        writer.task.pass(1_000);
        next.checkpoint(10);
        assertThat(queue("/locks/r")).containsExactly("one", "theirs");
    }

    /** A server denies the creation of what is there before it says that it is there. */
    @Test
    void parentsThatExistNeedNoPermission() throws Exception {
        zk.create("/config", "");
        zk.create(RunningWriter.EPOCHS, "");
        zk.denyCreationsIn("/");
        open();
        writer.claimLater("/config/r", "one");
        writer.claimLater("/config/locks/deep/r", "one");
        writer.claimLater("/config/locks/r", "two");
        writer.task.drain();

        assertThat(writer.claims()).containsExactly("/config/locks/deep/r one", "/config/locks/r two", "/config/r one");
        assertThatThrownBy(() -> writer.claim("/other/r", "one")).hasMessageEndingWith("NO_PERMISSION");
    }

    @Test
    void contendersOfAnotherDialectAreRefused() throws Exception {
        zk.create("/locks/r/6f5e9e40000000000000000000000000__lock__0000000000", "kazoo");
        open();

        assertThatThrownBy(() -> writer.claim("/locks/r", "one")).hasMessageContaining("lock.dialect");
    }

    @Test
    void whateverIsLostABarrierIsOpenWhileItHasMembers() throws Exception {
        recipe = RecipeSettings.barrier(2);
        int step = 0;
        for (boolean came = true; came; step++) {
            for (boolean made : new boolean[] {false, true}) {
                zk.expire();
                zk.reconnect();
                zk.forget();
                open();
                zk.breakAfter(step, made);
                writer.claim("/barriers/b", "one");
                writer.claim("/barriers/b", "two");
                writer.task.pass(1_000);
                boolean open = zk.znode("/barriers/b/ready").isPresent();
                writer.release("/barriers/b", "one");
                writer.release("/barriers/b", "two");
                writer.task.pass(1_000);

                came = !zk.isToBreak();
                zk.breakAfter(-1, false);
                assertThat(open).as("step %d, made %s", step, made).isTrue();
                assertThat(zk.znode("/barriers/b/ready"))
                        .as("step %d, made %s", step, made)
                        .isEmpty();
            }
        }
        assertThat(step).isGreaterThan(6);
    }

    @Test
    void aBarrierOpensWithItsLastMemberAndClosesWhenAllHaveLeft() throws Exception {
        recipe = RecipeSettings.barrier(2);
        open();
        writer.claim("/barriers/b", "one");
        assertThat(zk.znode("/barriers/b/ready")).isEmpty();
        writer.claim("/barriers/b", "two");
        assertThat(zk.znode("/barriers/b/ready")).isPresent();
        writer.release("/barriers/b", "one");
        assertThat(zk.znode("/barriers/b/ready")).isPresent();
        writer.release("/barriers/b", "two");
        assertThat(zk.znode("/barriers/b/ready")).isEmpty();
    }
}
