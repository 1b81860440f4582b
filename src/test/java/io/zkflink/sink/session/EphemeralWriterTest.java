// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.Failure;
import io.zkflink.sink.ManualTask;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.FakeZooKeeper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ephemeral znodes of a session equal the rows, whichever request breaks, whichever answer is lost. */
class EphemeralWriterTest {

    private static final String EPOCHS = "/_flink/commits/_sessions";
    private static final long OTHER_SESSION = 0x77;
    private static final Acl ACL = Acl.parse("digest:job:hash:cdrwa,world:anyone:r");
    private static final SinkSettings SETTINGS = new SinkSettings(
            null,
            new SinkSettings.Rows(ConflictPolicy.FAIL, false, false, ACL),
            new SinkSettings.Batching(3, 2, 10_000, 1 << 20, Duration.ofMillis(100)));

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private ManualTask task = new ManualTask();

    @AfterEach
    void close() {
        zk.close();
    }

    private SessionBoundWriter open(boolean checkpointed, SessionBoundState state) throws Exception {
        task = new ManualTask();
        SessionBoundWriter writer = new EphemeralWriter(
                zk,
                state,
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

    private static SessionBoundRow.Id id(String path) {
        return new SessionBoundRow.Id(path, null);
    }

    private static byte[] bytes(String data) {
        return data.getBytes(StandardCharsets.UTF_8);
    }

    private void put(SessionBoundWriter writer, String path, String data) throws Exception {
        writer.put(id(path), bytes(data));
        task.drain();
    }

    private void remove(SessionBoundWriter writer, String path) throws Exception {
        writer.remove(id(path));
        task.drain();
    }

    /** The znodes of the session but its epoch, with their data. */
    private Map<String, String> owned() {
        Map<String, String> owned = new TreeMap<>();
        for (String path : zk.ephemerals().join()) {
            if (!path.startsWith(EPOCHS)) {
                owned.put(path, new String(zk.znode(path).orElseThrow().data(), StandardCharsets.UTF_8));
            }
        }
        return owned;
    }

    @Test
    void rowsComeAndChangeAndGo() throws Exception {
        SessionBoundWriter writer = open();
        put(writer, "/s/a/1", "x");
        put(writer, "/s/b/2", "y");
        put(writer, "/s/a/1", "z");
        remove(writer, "/s/b/2");

        assertThat(owned()).isEqualTo(Map.of("/s/a/1", "z"));
    }

    @Test
    void allThatIsCreatedHasTheAcl() throws Exception {
        SessionBoundWriter writer = open();
        put(writer, "/s/a/1", "x");

        assertThat(zk.tree("/").keySet()).hasSize(7).allSatisfy(path -> assertThat(zk.acl(path))
                .isEqualTo(ACL));
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
                SessionBoundWriter writer = open();
                put(writer, "/s/a/1", "x");
                put(writer, "/s/b/2", "y");
                put(writer, "/s/a/1", "z");
                task.pass(100);
                remove(writer, "/s/b/2");
                put(writer, "/s/c/3", "c");
                task.pass(1_000);

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
            SessionBoundWriter writer = open();
            Map<String, String> rows = new TreeMap<>();
            for (int i = 0; i < 60; i++) {
                String path = "/s/" + random.nextInt(3) + "/" + random.nextInt(4);
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
                        writer.remove(id(path));
                        rows.remove(path);
                    }
                    case 5 -> task.pass(random.nextInt(500));
                    case 6 -> {
                        if (zk.znode(path).isPresent()) {
                            zk.delete(path);
                        }
                    }
                    default -> {
                        writer.put(id(path), bytes("" + i));
                        rows.put(path, "" + i);
                    }
                }
                if (random.nextBoolean()) {
                    task.drain();
                }
            }
            zk.breakAfter(-1, false);
            task.pass(5_000);
            assertThat(owned()).as("seed %d", seed + round).isEqualTo(rows);
        }
    }

    @Test
    void whatSomebodyElseDeletesIsCreatedAgain() throws Exception {
        SessionBoundWriter writer = open();
        put(writer, "/s/a/1", "x");
        put(writer, "/s/b/deep/2", "y");
        put(writer, "/z/3", "z");
        zk.delete("/s/a/1");
        zk.deleteTree("/s/b");
        zk.delete("/z/3");
        task.drain();

        assertThat(owned()).isEqualTo(Map.of("/s/a/1", "x", "/s/b/deep/2", "y", "/z/3", "z"));
        remove(writer, "/z/3");
        task.pass(1_000);
        assertThat(zk.znode("/z/3")).isEmpty();
    }

    @Test
    void whatSomebodyElseDeletesBeforeItsRowIsReplayedIsCreatedAgain() throws Exception {
        SessionBoundWriter writer = open(true, SessionBoundState.NONE);
        put(writer, "/s/a", "1");
        SessionBoundState state = writer.snapshot(1);
        writer.completed(1);
        put(writer, "/s/replayed", "1");

        SessionBoundWriter next = open(true, state);
        zk.delete("/s/replayed");
        put(next, "/s/replayed", "1");
        assertThat(owned()).containsOnlyKeys("/s/a", "/s/replayed");
    }

    @Test
    void noServerIsWaitedForForEver() throws Exception {
        SessionBoundWriter writer = open();
        put(writer, "/s/a", "1");
        zk.lose();
        task.pass(9_000);
        zk.reconnect();
        task.pass(60_000);
        put(writer, "/s/a", "2");
        task.pass(60_000);
        zk.lose();

        assertThatThrownBy(() -> task.pass(10_000))
                .hasMessage("The rows of this writer could not be brought to ZooKeeper within 10000 ms"
                        + " ('connection-timeout' x 'max-retry-attempts'), because its connection was lost. Check the"
                        + " ensemble, or raise 'max-retry-attempts'.");
    }

    /** A server that is there and says nothing is noticed as lost only after most of the session timeout. */
    @Test
    void noAnswerIsWaitedForForEver() throws Exception {
        zk.holdReads();
        SessionBoundWriter writer = open();
        put(writer, "/s/a", "1");
        task.pass(9_000);

        assertThatThrownBy(() -> task.pass(2_000))
                .hasMessage("The rows of this writer could not be brought to ZooKeeper within 10000 ms"
                        + " ('connection-timeout' x 'max-retry-attempts'), because there was no answer of the server."
                        + " Check the ensemble, or raise 'max-retry-attempts'.");
    }

    @Test
    void requestsThatNeverSucceedAreNotSentForEver() throws Exception {
        SessionBoundWriter writer = open();
        zk.failReads(EPOCHS + "/0x1001", Failure.CONNECTION_LOST);
        writer.put(id("/s/a"), bytes("1"));

        assertThatThrownBy(() -> task.pass(11_000))
                .hasMessageStartingWith("The rows of this writer could not be brought to ZooKeeper within 10000 ms");
    }

    @Test
    void nothingIsCreatedBeforeACheckpointKnowsTheSession() throws Exception {
        SessionBoundWriter writer = open(true, SessionBoundState.NONE);
        put(writer, "/s/a", "1");
        writer.snapshot(1);
        assertThat(owned()).isEmpty();
        writer.completed(1);
        task.drain();
        assertThat(owned()).containsOnlyKeys("/s/a");

        zk.expire();
        zk.reconnect();
        task.drain();
        assertThat(owned()).isEmpty();
        writer.snapshot(2);
        writer.completed(2);
        task.drain();
        assertThat(owned()).containsOnlyKeys("/s/a");
    }

    @Test
    void theNextWriterGoesOnWithTheSessionAndTheZombieWritesNothing() throws Exception {
        SessionBoundWriter zombie = open(true, SessionBoundState.NONE);
        put(zombie, "/s/a", "1");
        SessionBoundState state = zombie.snapshot(1);
        zombie.completed(1);
        put(zombie, "/s/replayed", "1");
        put(zombie, "/s/not-replayed", "1");
        ManualTask late = task;

        SessionBoundWriter next = open(true, state);
        next.snapshot(2);
        next.completed(2);
        task.drain();
        put(next, "/s/replayed", "2");
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1", "/s/replayed", "2", "/s/not-replayed", "1"));
        task.pass(4_000);
        next.snapshot(3);
        next.completed(3);
        task.drain();
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1", "/s/replayed", "2"));

        zombie.put(id("/s/deep/parent/of/zombie"), bytes("1"));
        assertThatThrownBy(late::drain)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was taken over by another one");
        assertThat(zk.tree("/s")).containsOnlyKeys("/s/a", "/s/replayed");
        assertThat(zk.isDetached()).isTrue();
    }

    @Test
    void theEndOfTheInputRemovesAll() throws Exception {
        SessionBoundWriter writer = open();
        put(writer, "/s/a", "1");
        put(writer, "/s/b", "1");
        writer.end();
        writer.close();

        assertThat(zk.tree("/s")).isEmpty();
    }

    @Test
    void persistentZnodesOfOthersAreNotTouched() throws Exception {
        zk.create("/s/a", "theirs");
        SessionBoundWriter writer = open();

        assertThatThrownBy(() -> put(writer, "/s/a", "1"))
                .hasMessageContaining("The znode '/s/a' exists and is not ephemeral");
        assertThat(zk.tree("/s")).isEqualTo(Map.of("/s/a", "theirs"));
    }

    @Test
    void ephemeralZnodesOfOthersAreWaitedFor() throws Exception {
        zk.createEphemeral("/s/a", "theirs", OTHER_SESSION);
        SessionBoundWriter writer = open();
        put(writer, "/s/a", "1");
        task.pass(3_000);
        assertThat(owned()).isEmpty();
        zk.delete("/s/a");
        task.pass(1_000);

        assertThat(owned()).isEqualTo(Map.of("/s/a", "1"));
    }

    @Test
    void ephemeralZnodesOfAnEarlierJobAreWaitedForAsLongAsItsSessionMayLive() throws Exception {
        zk.createEphemeral("/s/a", "theirs", OTHER_SESSION);
        zk.createEphemeral(EPOCHS + "/0x77", "9000", OTHER_SESSION);
        SessionBoundWriter writer = open();
        put(writer, "/s/a", "1");
        task.pass(8_000);
        zk.delete("/s/a");
        task.pass(1_000);
        assertThat(owned()).isEqualTo(Map.of("/s/a", "1"));

        zk.createEphemeral("/s/b", "theirs", OTHER_SESSION);
        put(writer, "/s/b", "1");
        assertThatThrownBy(() -> task.pass(10_000))
                .hasMessageContaining("has outlived its own session timeout (9000 ms)");
    }

    @Test
    void ephemeralZnodesOfOthersAreNotWaitedForForEver() throws Exception {
        zk.createEphemeral("/s/a", "theirs", OTHER_SESSION);
        SessionBoundWriter writer = open();
        put(writer, "/s/a", "1");

        assertThatThrownBy(() -> task.pass(6_000))
                .hasMessage("The znode '/s/a' is an ephemeral one of the session 0x77, which is not this sink's and has"
                        + " outlived 'session-timeout' (4000 ms): another job or program holds it. Stop that, or write to"
                        + " another 'path'.");
    }
}
