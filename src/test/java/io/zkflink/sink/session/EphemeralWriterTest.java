// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.Failure;
import io.zkflink.path.ZNodePath;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ManualTask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ephemeral znodes of a session equal the rows, whichever request breaks, whichever answer is lost. */
class EphemeralWriterTest {

    private static final long OTHER_SESSION = 0x77;
    private static final Acl ACL = Acl.parse("digest:job:hash:cdrwa,world:anyone:r");

    private final FakeZooKeeper zk = new FakeZooKeeper();
    /** The one that was opened last. */
    private RunningWriter writer;

    @AfterEach
    void close() {
        zk.close();
    }

    private RunningWriter open(boolean checkpointed, SessionBoundState state) throws Exception {
        writer = RunningWriter.ofZNodes(zk, checkpointed, state, ACL);
        return writer;
    }

    private RunningWriter open() throws Exception {
        return open(false, SessionBoundState.NONE);
    }

    private Map<String, String> owned() {
        return RunningWriter.owned(zk);
    }

    @Test
    void rowsComeAndChangeAndGo() throws Exception {
        open();
        writer.put("/s/a/1", "x");
        writer.put("/s/b/2", "y");
        writer.put("/s/a/1", "z");
        writer.remove("/s/b/2");

        assertThat(owned()).isEqualTo(Map.of("/s/a/1", "z"));
    }

    @Test
    void allThatIsCreatedHasTheAcl() throws Exception {
        open();
        writer.put("/s/a/1", "x");

        assertThat(zk.tree("/").keySet()).hasSize(7).allSatisfy(path -> assertThat(zk.acl(path))
                .isEqualTo(ACL));
    }

    /** A server denies the creation of what is there before it says that it is there. */
    @Test
    void parentsThatExistNeedNoPermission() throws Exception {
        zk.create("/config", "");
        zk.create(RunningWriter.EPOCHS, "");
        zk.denyCreationsIn("/");
        open();
        writer.putLater("/config/a", "1");
        writer.putLater("/config/deep/er/b", "1");
        writer.putLater("/config/deep/c", "1");
        writer.task.drain();

        assertThat(owned()).containsOnlyKeys("/config/a", "/config/deep/er/b", "/config/deep/c");
        assertThatThrownBy(() -> writer.put("/other/a", "1")).hasMessageEndingWith("NO_PERMISSION");
    }

    @Test
    void whateverIsLostTheSessionHasTheRows() throws Exception {
        boolean came = true;
        int step = 0;
        for (; came; step++) {
            for (boolean made : new boolean[] {false, true}) {
                zk.expire();
                zk.reconnect();
                zk.forget();
                zk.breakAfter(step, made);
                open();
                writer.put("/s/a/1", "x");
                writer.put("/s/b/2", "y");
                writer.put("/s/a/1", "z");
                writer.task.pass(100);
                writer.remove("/s/b/2");
                writer.put("/s/c/3", "c");
                writer.task.pass(1_000);

                came = !zk.isToBreak();
                zk.breakAfter(-1, false);
                assertThat(owned()).as("step %d, made %s", step, made).isEqualTo(Map.of("/s/a/1", "z", "/s/c/3", "c"));
            }
        }
        assertThat(step).isGreaterThan(12);
    }

    @Test
    void anythingInAnyOrderEqualsTheRows() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 200; round++) {
            Random random = new Random(seed + round);
            zk.expire();
            zk.reconnect();
            zk.forget();
            open();
            Map<String, String> rows = new TreeMap<>();
            for (int i = 0; i < 60; i++) {
                String path = "/s/" + random.nextInt(3) + "/" + random.nextInt(4);
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
                        writer.removeLater(path);
                        rows.remove(path);
                    }
                    case 5 -> writer.task.pass(random.nextInt(500));
                    case 6 -> {
                        if (zk.znode(path).isPresent()) {
                            zk.delete(path);
                        }
                    }
                    default -> {
                        writer.putLater(path, "" + i);
                        rows.put(path, "" + i);
                    }
                }
                if (random.nextBoolean()) {
                    writer.task.drain();
                }
            }
            zk.breakAfter(-1, false);
            writer.task.pass(5_000);
            assertThat(owned()).as("seed %d", seed + round).isEqualTo(rows);
        }
    }

    @Test
    void whatSomebodyElseDeletesIsCreatedAgain() throws Exception {
        open();
        writer.put("/s/a/1", "x");
        writer.put("/s/b/deep/2", "y");
        writer.put("/z/3", "z");
        zk.delete("/s/a/1");
        zk.deleteTree("/s/b");
        zk.delete("/z/3");
        writer.task.drain();

        assertThat(owned()).isEqualTo(Map.of("/s/a/1", "x", "/s/b/deep/2", "y", "/z/3", "z"));
        writer.remove("/z/3");
        writer.task.pass(1_000);
        assertThat(zk.znode("/z/3")).isEmpty();
    }

    @Test
    void whatSomebodyElseDeletesBeforeItsRowIsReplayedIsCreatedAgain() throws Exception {
        open(true, SessionBoundState.NONE);
        writer.put("/s/a", "1");
        SessionBoundState state = writer.checkpoint(1);
        writer.put("/s/replayed", "1");

        RunningWriter next = open(true, state);
        zk.delete("/s/replayed");
        next.put("/s/replayed", "1");
        assertThat(owned()).containsOnlyKeys("/s/a", "/s/replayed");
    }

    @Test
    void noServerIsWaitedForForEver() throws Exception {
        open();
        writer.put("/s/a", "1");
        zk.lose();
        writer.task.pass(9_000);
        zk.reconnect();
        writer.task.pass(60_000);
        writer.put("/s/a", "2");
        writer.task.pass(60_000);
        zk.lose();

        assertThatThrownBy(() -> writer.task.pass(10_000))
                .hasMessage("The rows of this writer could not be brought to ZooKeeper within 10000 ms"
                        + " ('connection-timeout' x 'max-retry-attempts'), because its connection was lost. Check the"
                        + " ensemble, or raise 'max-retry-attempts'.");
    }

    /** A server that is there and says nothing is noticed as lost only after most of the session timeout. */
    @Test
    void noAnswerIsWaitedForForEver() throws Exception {
        zk.holdReads();
        open();
        writer.put("/s/a", "1");
        writer.task.pass(9_000);

        assertThatThrownBy(() -> writer.task.pass(2_000))
                .hasMessage("The rows of this writer could not be brought to ZooKeeper within 10000 ms"
                        + " ('connection-timeout' x 'max-retry-attempts'), because there was no answer of the server."
                        + " Check the ensemble, or raise 'max-retry-attempts'.");
    }

    @Test
    void requestsThatNeverSucceedAreNotSentForEver() throws Exception {
        open();
        zk.failReads(RunningWriter.EPOCHS + "/0x1001", Failure.CONNECTION_LOST);
        writer.putLater("/s/a", "1");

        assertThatThrownBy(() -> writer.task.pass(11_000))
                .hasMessageStartingWith("The rows of this writer could not be brought to ZooKeeper within 10000 ms");
    }

    @Test
    void nothingIsCreatedBeforeACheckpointKnowsTheSession() throws Exception {
        open(true, SessionBoundState.NONE);
        writer.put("/s/a", "1");
        writer.writer.snapshot(1);
        assertThat(owned()).isEmpty();
        writer.writer.completed(1);
        writer.task.drain();
        assertThat(owned()).containsOnlyKeys("/s/a");

        zk.expire();
        zk.reconnect();
        writer.task.drain();
        assertThat(owned()).isEmpty();
        writer.checkpoint(2);
        assertThat(owned()).containsOnlyKeys("/s/a");
    }

    @Test
    void theNextWriterGoesOnWithTheSessionAndTheZombieWritesNothing() throws Exception {
        RunningWriter zombie = open(true, SessionBoundState.NONE);
        zombie.put("/s/a", "1");
        SessionBoundState state = zombie.checkpoint(1);
        zombie.put("/s/replayed", "1");
        zombie.put("/s/not-replayed", "1");
        ManualTask late = zombie.task;

        RunningWriter next = open(true, state);
        next.checkpoint(2);
        next.put("/s/replayed", "2");
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1", "/s/replayed", "2", "/s/not-replayed", "1"));
        writer.task.pass(4_000);
        next.checkpoint(3);
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1", "/s/replayed", "2"));

        zombie.putLater("/s/deep/parent/of/zombie", "1");
        assertThatThrownBy(late::drain)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was taken over by another one");
        assertThat(zk.tree("/s")).containsOnlyKeys("/s/a", "/s/replayed");
        assertThat(zk.isDetached()).isTrue();
    }

    @Test
    void aRowWaitsForOneAboveThatGoes() throws Exception {
        open();
        writer.put("/s/a", "1");
        writer.put("/s/c", "1");
        writer.putLater("/s/b", "1");
        writer.removeLater("/s/c");
        writer.putLater("/s/c/d/e", "1");
        writer.removeLater("/s/a");
        writer.putLater("/s/a/b", "1");
        writer.task.drain();

        assertThat(owned()).containsOnlyKeys("/s/b", "/s/a/b", "/s/c/d/e");
    }

    /** Writers that follow each other, each from the last checkpoint on. */
    @Test
    void anythingOverFailoversEqualsTheRows() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 100; round++) {
            Random random = new Random(seed + round);
            zk.expire();
            zk.reconnect();
            zk.forget();
            open(true, SessionBoundState.NONE);
            SessionBoundState state = writer.checkpoint(1);
            Map<String, String> rows = new TreeMap<>();
            List<Runnable> sinceCheckpoint = new ArrayList<>();
            for (int i = 2; i < 80; i++) {
                String path = "/s/" + random.nextInt(3) + "/" + random.nextInt(3);
                String value = "" + i;
                switch (random.nextInt(12)) {
                    case 0 -> zk.breakAfter(random.nextInt(4), random.nextBoolean());
                    case 1 -> {
                        zk.lose();
                        writer.task.drain();
                        zk.reconnect();
                    }
                    case 2 -> {
                        state = writer.checkpoint(i);
                        sinceCheckpoint.clear();
                    }
                    case 3 -> {
                        zk.breakAfter(-1, false);
                        open(true, state);
                        sinceCheckpoint.forEach(Runnable::run);
                    }
                    case 4, 5, 6, 7 -> {
                        rows.remove(path);
                        does(sinceCheckpoint, () -> writer.removeLater(path));
                    }
                    default -> {
                        rows.put(path, value);
                        does(sinceCheckpoint, () -> writer.putLater(path, value));
                    }
                }
                if (random.nextInt(3) == 0) {
                    writer.task.drain();
                }
            }
            zk.breakAfter(-1, false);
            writer.task.pass(5_000);
            writer.checkpoint(100);
            writer.task.pass(5_000);
            assertThat(owned()).as("seed %d", seed + round).isEqualTo(rows);
        }
    }

    private static void does(List<Runnable> sinceCheckpoint, Runnable change) {
        change.run();
        sinceCheckpoint.add(change);
    }

    /** Of paths of all depths, none lies below another one that is there, or was put where a parent is. */
    @Test
    void relatedPathsInAnyOrderEqualTheRows() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 200; round++) {
            Random random = new Random(seed + round);
            zk.expire();
            zk.reconnect();
            zk.forget();
            open();
            Map<String, String> rows = new TreeMap<>();
            Set<String> parents = new HashSet<>();
            for (int i = 0; i < 80; i++) {
                String path = "/s" + "/x".repeat(random.nextInt(3)) + "/" + "abcd".charAt(random.nextInt(4));
                if (random.nextInt(4) == 0) {
                    path += "/y";
                }
                switch (random.nextInt(10)) {
                    case 0 -> zk.breakAfter(random.nextInt(4), random.nextBoolean());
                    case 1 -> {
                        zk.expire();
                        zk.reconnect();
                    }
                    case 2, 3, 4, 5 -> {
                        writer.removeLater(path);
                        rows.remove(path);
                    }
                    default -> {
                        String parent = ZNodePath.parent(path);
                        if (!parents.contains(path) && !rows.containsKey(parent)) {
                            parents.add(parent);
                            writer.putLater(path, "" + i);
                            rows.put(path, "" + i);
                        }
                    }
                }
                if (random.nextInt(4) == 0) {
                    writer.task.drain();
                }
            }
            zk.breakAfter(-1, false);
            writer.task.pass(5_000);
            assertThat(owned()).as("seed %d", seed + round).isEqualTo(rows);
        }
    }

    @Test
    void theEndOfTheInputRemovesAll() throws Exception {
        open();
        writer.put("/s/a", "1");
        writer.put("/s/b", "1");
        writer.end();

        assertThat(zk.tree("/s")).isEmpty();
    }

    @Test
    void persistentZnodesOfOthersAreNotTouched() throws Exception {
        zk.create("/s/a", "theirs");
        open();

        assertThatThrownBy(() -> writer.put("/s/a", "1"))
                .hasMessageContaining("The znode '/s/a' exists and is not ephemeral");
        assertThat(zk.tree("/s")).isEqualTo(Map.of("/s/a", "theirs"));
    }

    /** What the rows that Flink is about to replay have made of it. */
    @Test
    void aRowOfTheCheckpointMayHaveBecomeAParentSince() throws Exception {
        open(true, SessionBoundState.NONE);
        writer.put("/s/a", "1");
        SessionBoundState state = writer.checkpoint(1);
        writer.remove("/s/a");
        writer.put("/s/a/b", "1");
        assertThat(owned()).containsOnlyKeys("/s/a/b");

        open(true, state);
        writer.task.pass(1_000);
        writer.remove("/s/a");
        writer.put("/s/a/b", "2");
        writer.task.pass(10_000);
        assertThat(owned()).isEqualTo(Map.of("/s/a/b", "2"));

        open(true, state);
        assertThatThrownBy(() -> writer.task.pass(6_000))
                .hasMessageContaining("The znode '/s/a' exists and is not ephemeral");

        open(true, state);
        writer.task.pass(1_000);
        zk.deleteTree("/s/a");
        writer.task.pass(1_000);
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1"));
    }

    @Test
    void ephemeralZnodesOfOthersAreWaitedFor() throws Exception {
        zk.createEphemeral("/s/a", "theirs", OTHER_SESSION);
        open();
        writer.put("/s/a", "1");
        writer.task.pass(3_000);
        assertThat(owned()).isEmpty();
        zk.delete("/s/a");
        writer.task.pass(1_000);

        assertThat(owned()).isEqualTo(Map.of("/s/a", "1"));
    }

    @Test
    void ephemeralZnodesOfAnEarlierJobAreWaitedForAsLongAsItsSessionMayLive() throws Exception {
        zk.createEphemeral("/s/a", "theirs", OTHER_SESSION);
        zk.createEphemeral(RunningWriter.EPOCHS + "/0x77", "9000", OTHER_SESSION);
        open();
        writer.put("/s/a", "1");
        writer.task.pass(8_000);
        zk.delete("/s/a");
        writer.task.pass(1_000);
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1"));

        zk.createEphemeral("/s/b", "theirs", OTHER_SESSION);
        writer.put("/s/b", "1");
        assertThatThrownBy(() -> writer.task.pass(10_000))
                .hasMessageContaining("has outlived its own session timeout (9000 ms)");
    }

    @Test
    void ephemeralZnodesOfOthersAreNotWaitedForForEver() throws Exception {
        zk.createEphemeral("/s/a", "theirs", OTHER_SESSION);
        open();
        writer.put("/s/a", "1");

        assertThatThrownBy(() -> writer.task.pass(6_000))
                .hasMessage("The znode '/s/a' is an ephemeral one of the session 0x77, which is not this sink's and has"
                        + " outlived 'session-timeout' (4000 ms): another job or program holds it. Stop that, or write to"
                        + " another 'path'.");
    }
}
