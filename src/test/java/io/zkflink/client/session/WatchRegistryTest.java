// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.WatchRecorder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What listeners hear when requests fail although the connection lives, with a connection that answers on command. */
class WatchRegistryTest {

    private final ArrayDeque<Runnable> timer = new ArrayDeque<>();
    private final WatchRegistry watches = new WatchRegistry((millis, task) -> timer.add(task));
    private final FakeConnection connection = new FakeConnection();
    private final WatchRecorder recorder = new WatchRecorder();

    @ParameterizedTest
    @EnumSource(
            value = KeeperException.Code.class,
            names = {"THROTTLEDOP", "OPERATIONTIMEOUT", "REQUESTTIMEOUT", "SESSIONMOVED", "CONNECTIONLOSS"})
    void watchThatFailsOnALiveConnectionIsAskedForAgain(KeeperException.Code code) {
        watches.watch("/a", recorder);
        watches.connected(connection);
        for (int i = 0; i < 20; i++) {
            assertThat(connection.answer(code)).isEqualTo("watch /a");
            timer.poll().run();
        }
        connection.answer(KeeperException.Code.OK);
        assertThat(recorder.heard()).containsExactly("established");
        assertThat(connection.waiting()).isEmpty();
    }

    @Test
    void listenerThatJoinsAConnectionIsToldOfItThoughTheServerThrottles() {
        watches.connected(connection);
        watches.listen(recorder);
        assertThat(connection.answer(KeeperException.Code.THROTTLEDOP)).isEqualTo("sync");
        timer.poll().run();
        connection.answer(KeeperException.Code.OK);
        assertThat(recorder.heard()).containsExactly("established");
    }

    @Test
    void whatCannotBeIsToldOnce() {
        watches.connected(connection);
        watches.listen(recorder);
        connection.answer(KeeperException.Code.SYSTEMERROR);
        WatchRecorder other = new WatchRecorder();
        watches.watch("/a", other);
        connection.answer(KeeperException.Code.NOAUTH);
        watches.lost();
        watches.connected(connection);
        assertThat(recorder.heard()).containsExactly("failed OTHER");
        assertThat(other.heard()).containsExactly("failed NO_PERMISSION");
    }

    @Test
    void watchThatEndsThoughTheServerThrottlesIsTakenOffTheServer() {
        ZooKeeperClient.Watch watch = watches.watch("/a", recorder);
        watches.connected(connection);
        connection.answer(KeeperException.Code.OK);
        watch.close();
        assertThat(connection.answer(KeeperException.Code.THROTTLEDOP)).isEqualTo("end /a");
        timer.poll().run();
        assertThat(connection.answer(KeeperException.Code.OK)).isEqualTo("end /a");
        assertThat(timer).isEmpty();
    }

    @Test
    void watchThatIsAskedForAgainMeanwhileStays() {
        ZooKeeperClient.Watch watch = watches.watch("/a", recorder);
        watches.connected(connection);
        connection.answer(KeeperException.Code.OK);
        watch.close();
        connection.answer(KeeperException.Code.THROTTLEDOP);
        watches.watch("/a", new WatchRecorder());
        timer.poll().run();
        assertThat(connection.waiting()).containsExactly("watch /a");
    }

    @Test
    void whatWasNotAnsweredBeforeALossIsNotAskedForTwice() {
        watches.watch("/a", recorder);
        watches.connected(connection);
        connection.answer(KeeperException.Code.CONNECTIONLOSS);
        watches.lost();
        watches.connected(connection);
        timer.poll().run();
        assertThat(connection.waiting()).containsExactly("watch /a");
        connection.answer(KeeperException.Code.OK);
        assertThat(recorder.heard()).containsExactly("lost", "established");
    }

    @Test
    void whoHasEndedItsWatchHearsNothing() {
        ZooKeeperClient.Watch watch = watches.watch("/a", recorder);
        WatchRecorder other = new WatchRecorder();
        watches.watch("/a", other);
        watches.connected(connection);
        ZooKeeperClient.Watch listener = watches.listen(recorder);
        watch.close();
        listener.close();
        connection.answer(KeeperException.Code.OK);
        connection.answer(KeeperException.Code.OK);
        watches.lost();
        assertThat(recorder.heard()).isEmpty();
        assertThat(other.heard()).containsExactly("established", "lost");
    }

    @Test
    void listenerThatThrowsKeepsNothingFromTheOthers() {
        WatchRecorder broken = new WatchRecorder() {
            @Override
            public synchronized void changed(String path, long zxid) {
                throw new NoClassDefFoundError("gone");
            }
        };
        watches.watch("/a", broken);
        watches.watch("/a", recorder);
        watches.connected(connection);
        connection.answer(KeeperException.Code.OK);
        connection.watcher.process(
                new WatchedEvent(Watcher.Event.EventType.NodeCreated, Watcher.Event.KeeperState.SyncConnected, "/a"));
        watches.lost();
        assertThat(recorder.heard()).containsExactly("established", "changed /a", "lost");
        assertThat(broken.heard()).containsExactly("established", "failed OTHER");
        assertThat(broken.failure()).hasMessageContaining("NoClassDefFoundError: gone");
    }

    /** Answers requests in their order, as the test says. */
    private static final class FakeConnection implements WatchRegistry.Target {
        private final List<String> waiting = new ArrayList<>();
        private final ArrayDeque<CompletableFuture<?>> answers = new ArrayDeque<>();
        private Watcher watcher;

        @Override
        public CompletableFuture<Void> addWatch(String root, Watcher watch) {
            watcher = watch;
            return ask("watch " + root);
        }

        @Override
        public CompletableFuture<Void> removeWatch(String root) {
            return ask("end " + root);
        }

        @Override
        public CompletableFuture<Long> sync() {
            return ask("sync");
        }

        private <T> CompletableFuture<T> ask(String what) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            waiting.add(what);
            answers.add(answer);
            return answer;
        }

        List<String> waiting() {
            return waiting;
        }

        String answer(KeeperException.Code code) {
            CompletableFuture<?> next = answers.poll();
            if (code == KeeperException.Code.OK) {
                next.complete(null);
            } else {
                next.completeExceptionally(ZooKeeperException.of(code, "ask", "/a"));
            }
            return waiting.remove(0);
        }

        @Override
        public boolean keepsWatches() {
            return true;
        }

        @Override
        public String server() {
            return "fake:2181";
        }
    }
}
