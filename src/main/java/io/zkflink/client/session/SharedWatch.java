// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch of the server's and those who listen to it. Changed under the lock of its {@link WatchRegistry}; events come
 * on the event thread, which takes no lock for them.
 */
final class SharedWatch implements Watcher {

    private static final Logger LOG = LoggerFactory.getLogger(SharedWatch.class);

    private final String root;
    private final List<Subscription> listeners = new CopyOnWriteArrayList<>();
    private volatile WatchRegistry.Target placedOn;

    SharedWatch(String root) {
        this.root = root;
    }

    String root() {
        return root;
    }

    /** In the order in which they came. */
    List<Subscription> listeners() {
        return listeners;
    }

    /** The connection on which it was put in place last, or null. */
    WatchRegistry.Target placedOn() {
        return placedOn;
    }

    void placed(WatchRegistry.Target connection) {
        placedOn = connection;
    }

    @Override
    public void process(WatchedEvent event) {
        if (event.getType() == Event.EventType.None) {
            return;
        }
        Consumer<WatchListener> what = event.getType() == Event.EventType.NodeDeleted
                ? listener -> listener.deleted(event.getPath(), event.getZxid())
                : listener -> listener.changed(event.getPath(), event.getZxid());
        listeners.forEach(subscription -> subscription.tell(what));
    }

    /** A listener of a {@link WatchRegistry} until it has had enough. Thread-safe; told on the event thread. */
    static final class Subscription implements ZooKeeperClient.Watch {

        private final WatchRegistry registry;
        private final WatchListener listener;
        /** Null if it only wants to know of the connection. */
        private final SharedWatch watch;

        private volatile boolean closed;

        Subscription(WatchRegistry registry, WatchListener listener, SharedWatch watch) {
            this.registry = registry;
            this.listener = listener;
            this.watch = watch;
        }

        SharedWatch watch() {
            return watch;
        }

        boolean isClosed() {
            return closed;
        }

        /** One whose listener throws must not keep the others from hearing of it. */
        void tell(Consumer<WatchListener> what) {
            if (closed) {
                return;
            }
            try {
                what.accept(listener);
            } catch (RuntimeException | Error e) {
                LOG.error("A listener of ZooKeeper's events failed.", e);
                close();
                listener.failed(new ZooKeeperException(Failure.OTHER, "Handling an event of ZooKeeper failed: " + e));
            }
        }

        @Override
        public void close() {
            closed = true;
            registry.remove(this);
        }
    }
}
