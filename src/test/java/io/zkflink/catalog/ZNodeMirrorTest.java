// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a mirror answers when the connection is lost, when reading is denied, and when it is closed. */
class ZNodeMirrorTest {

    private static final ConnectionSettings CONNECTION = ConnectionSettings.builder("localhost:1")
            .setConnectionTimeout(Duration.ofSeconds(20))
            .build();

    private final FakeZooKeeper zooKeeper = new FakeZooKeeper();
    private ZNodeMirror mirror;

    private void open(Duration maxStaleness) {
        mirror = new ZNodeMirror(new ZNodeMirror.Key(CONNECTION, "/root", maxStaleness), connection -> new Session());
    }

    @AfterEach
    void close() {
        mirror.close();
    }

    @Test
    void whatIsKnownIsAnsweredWhileTheConnectionIsLost() throws Exception {
        zooKeeper.create("/root", "");
        zooKeeper.create("/root/b", "1");
        zooKeeper.create("/root/a", "2");
        zooKeeper.create("/root/a/c", "3");
        open(Duration.ofMinutes(1));
        assertThat(mirror.children("/root")).extracting(ZNode::path).containsExactly("/root/b", "/root/a");
        zooKeeper.lose();
        assertThat(mirror.get("/root/a/c")).isPresent();
        zooKeeper.set("/root/a", "4");
        zooKeeper.reconnect();
        Await.until(
                "the change is seen",
                () -> Arrays.equals(mirror.get("/root/a").orElseThrow().data(), "4".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void notForLongerThanItsLimit() throws Exception {
        zooKeeper.create("/root/a", "1");
        open(Duration.ofMillis(1));
        assertThat(mirror.get("/root/a")).isPresent();
        zooKeeper.lose();
        Await.untilAsserted("it is too old", () -> assertThatThrownBy(() -> mirror.get("/root/a"))
                .hasMessage("What is known of '/root' is out of date: the connection to ZooKeeper at 'localhost:1' has"
                        + " been lost for more than 1 ms. Check that the servers run and can be reached."));
        zooKeeper.reconnect();
        Await.until("it is known again", this::isAnswered);
    }

    private boolean isAnswered() {
        try {
            return mirror.get("/root/a").isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    /** Nothing is asked of a server until somebody asks here, and then at once. */
    @Test
    void whatWasDeniedIsReadAgainForWhoeverAsks() throws Exception {
        zooKeeper.create("/root/a", "1");
        zooKeeper.failReads("/root/a", Failure.NO_PERMISSION);
        open(Duration.ofMinutes(1));
        assertThatThrownBy(() -> mirror.get("/root/a")).hasMessageContaining("NO_PERMISSION");
        assertThatThrownBy(() -> mirror.get("/root/a")).hasMessageContaining("NO_PERMISSION");
        zooKeeper.healReads("/root/a");
        assertThat(mirror.get("/root/a")).isPresent();
    }

    @Test
    void whoAsksAfterItIsClosedIsTold() {
        open(Duration.ofMinutes(1));
        mirror.close();
        assertThatThrownBy(() -> mirror.get("/root/a")).hasMessageContaining("The catalog was closed.");
        assertThatThrownBy(() -> mirror.client()).hasMessageContaining("The catalog was closed.");
    }

    /** One of several of the same ensemble. */
    private final class Session extends ForwardingClient {
        Session() {
            super(zooKeeper);
        }

        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            return request.get();
        }

        @Override
        public void close() {
            // The next one goes on.
        }
    }
}
