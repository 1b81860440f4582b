// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.SharedResources;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.testkit.FakeZooKeeper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Catalogs on a fake ZooKeeper, each with a session and a mirror of its own, as in clusters of their own. */
final class FakeCatalogs implements AutoCloseable {

    static final String PATH = "/_flink/catalog";

    private final FakeZooKeeper zooKeeper;
    private final List<ZooKeeperCatalog> open = new ArrayList<>();
    private final SharedResources<ZNodeMirror.Key, ZNodeMirror> mirrors =
            new SharedResources<>(any -> true, ZNodeMirror::close);

    /** Null for a connection that holds. */
    private final Random faults;

    private Runnable beforeWrite = () -> {};
    private int sessions;

    FakeCatalogs(FakeZooKeeper zooKeeper, Random faults) {
        this.zooKeeper = zooKeeper;
        this.faults = faults;
    }

    ZooKeeperCatalog open(String name) {
        // Nothing is shared: the root's key differs by its time limit.
        Duration limit = Duration.ofMinutes(1).plusMillis(sessions++);
        CatalogSettings settings = new CatalogSettings(
                ConnectionSettings.builder("localhost:1")
                        .setConnectionTimeout(Duration.ofSeconds(20))
                        .build(),
                Map.of("connect-string", "localhost:1"),
                PATH,
                Acl.OPEN,
                false,
                List.of(),
                limit);
        ZooKeeperCatalog catalog = new ZooKeeperCatalog(
                name,
                "default",
                settings,
                FakeCatalogs.class.getClassLoader(),
                key -> mirrors.lease(key, () -> new ZNodeMirror(key, connection -> new Client())));
        catalog.open();
        open.add(catalog);
        return catalog;
    }

    /** Runs something once, right before the next write. */
    void beforeNextWrite(Runnable action) {
        beforeWrite = action;
    }

    @Override
    public void close() {
        open.forEach(ZooKeeperCatalog::close);
    }

    /** One session, whose connection breaks now and then, before a write or after it. */
    private final class Client implements ZooKeeperClient {

        private final List<Watch> watches = new ArrayList<>();

        @Override
        public CompletableFuture<Optional<WriteRefusal>> write(List<ZNodeWrite> writes) {
            Runnable action = beforeWrite;
            beforeWrite = () -> {};
            action.run();
            int fault = faults == null ? 9 : faults.nextInt(10);
            if (fault > 1) {
                return zooKeeper.write(writes);
            }
            if (fault == 1) {
                zooKeeper.write(writes).join();
            }
            zooKeeper.lose();
            zooKeeper.reconnect();
            return CompletableFuture.failedFuture(
                    new ZooKeeperException(Failure.CONNECTION_LOST, "A broken connection."));
        }

        @Override
        public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
            throw new AssertionError("No definition is sequential.");
        }

        @Override
        public CompletableFuture<Optional<ZNode>> read(String path) {
            return zooKeeper.read(path);
        }

        @Override
        public CompletableFuture<Optional<ZNode>> stat(String path) {
            return zooKeeper.stat(path);
        }

        @Override
        public CompletableFuture<Boolean> exists(String path) {
            return zooKeeper.exists(path);
        }

        @Override
        public CompletableFuture<Optional<List<String>>> children(String path) {
            return zooKeeper.children(path);
        }

        @Override
        public CompletableFuture<Long> sync() {
            return zooKeeper.sync();
        }

        @Override
        public long newestZxid() {
            return zooKeeper.newestZxid();
        }

        @Override
        public CompletableFuture<Void> createNamespace(Acl acl) {
            return zooKeeper.createNamespace(acl);
        }

        @Override
        public Watch watch(String root, WatchListener listener) {
            watches.add(zooKeeper.watch(root, listener));
            return watches.get(watches.size() - 1);
        }

        @Override
        public Watch listen(WatchListener listener) {
            watches.add(zooKeeper.listen(listener));
            return watches.get(watches.size() - 1);
        }

        @Override
        public ZooKeeperClient.Statistics statistics() {
            return zooKeeper.statistics();
        }

        @Override
        public void close() {
            watches.forEach(Watch::close);
        }
    }
}
