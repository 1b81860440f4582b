// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recursive watches of a session, and who listens to them. The server keeps one watch per path and session, so
 * listeners of one root share it; on a new handle all are placed anew.
 *
 * <p>Thread-safe. Requests are sent under the lock, so that a root which is given up and asked for again at the same
 * time keeps its watch; listeners are called outside of it, on the event thread.
 */
final class SharedWatches {

    private static final Logger LOG = LoggerFactory.getLogger(SharedWatches.class);

    private final Map<String, SharedWatch> watches = new HashMap<>();
    /** Those who only want to know of the connection. */
    private final List<WatchListener> listeners = new ArrayList<>();

    private Handle connected;
    /** Of whose server it has been logged that it is old; for the event thread. */
    private volatile Handle oldServer;

    private ZooKeeperException refusal;

    /** All that can be established on a connected handle is, now or with the server's answer. */
    void connected(Handle handle) {
        List<WatchListener> established;
        synchronized (this) {
            connected = handle;
            established = new ArrayList<>(listeners);
            for (SharedWatch watch : watches.values()) {
                if (watch.placedOn == handle && handle.keepsWatches()) {
                    // ZooKeeper's client has put it in place again, ahead of any request.
                    established.addAll(watch.listeners);
                } else {
                    place(watch, List.copyOf(watch.listeners));
                }
            }
        }
        established.forEach(WatchListener::established);
    }

    void lost() {
        List<WatchListener> all;
        synchronized (this) {
            connected = null;
            all = all();
        }
        all.forEach(WatchListener::lost);
    }

    /** Ends all watches for good. */
    void fail(ZooKeeperException cause) {
        List<WatchListener> all;
        synchronized (this) {
            connected = null;
            refusal = cause;
            all = all();
            watches.clear();
            listeners.clear();
        }
        all.forEach(listener -> listener.failed(cause));
    }

    private List<WatchListener> all() {
        List<WatchListener> all = new ArrayList<>(listeners);
        watches.values().forEach(watch -> all.addAll(watch.listeners));
        return all;
    }

    /**
     * Watches a subtree for a listener.
     *
     * @param root as the server's chroot sees it
     */
    ZooKeeperClient.Watch watch(String root, WatchListener listener) {
        ZooKeeperException refused;
        synchronized (this) {
            refused = refusal;
            if (refused == null) {
                SharedWatch watch = watches.computeIfAbsent(root, SharedWatch::new);
                watch.listeners.add(listener);
                if (connected != null) {
                    // Placing it again where it already is changes nothing, and is answered in order with the events.
                    place(watch, List.of(listener));
                }
                return () -> unwatch(watch, listener);
            }
        }
        listener.failed(refused);
        return () -> {};
    }

    /** Tells a listener of the connection. */
    ZooKeeperClient.Watch listen(WatchListener listener) {
        ZooKeeperException refused;
        synchronized (this) {
            refused = refusal;
            if (refused == null) {
                listeners.add(listener);
                if (connected != null) {
                    // Any request would do: its answer comes on the event thread, in order with the events.
                    connected.sync().thenAccept(zxid -> listener.established());
                }
                return () -> unlisten(listener);
            }
        }
        listener.failed(refused);
        return () -> {};
    }

    private synchronized void unlisten(WatchListener listener) {
        listeners.remove(listener);
    }

    private synchronized void unwatch(SharedWatch watch, WatchListener listener) {
        watch.listeners.remove(listener);
        if (!watch.listeners.isEmpty() || !watches.remove(watch.root, watch)) {
            return;
        }
        // ZooKeeper's client puts its watches back in place when it connects again; without a connection this request
        // either waits for that, or fails and takes the watch off the client's own list.
        Handle holder = connected != null ? connected : watch.placedOn;
        if (holder != null) {
            holder.zooKeeper()
                    .removeAllWatches(
                            watch.root,
                            Watcher.WatcherType.Any,
                            true,
                            (rc, path, ctx) -> LOG.debug("Watch on {} ended: {}", path, KeeperException.Code.get(rc)),
                            null);
        }
    }

    private void place(SharedWatch watch, List<WatchListener> waiting) {
        Handle target = connected;
        target.zooKeeper()
                .addWatch(
                        watch.root,
                        watch,
                        AddWatchMode.PERSISTENT_RECURSIVE,
                        (rc, path, ctx) -> placed(target, watch, waiting, KeeperException.Code.get(rc)),
                        null);
    }

    private void placed(Handle target, SharedWatch watch, List<WatchListener> waiting, KeeperException.Code code) {
        switch (Failure.of(code)) {
            case CONNECTION_LOST, SESSION_EXPIRED -> LOG.debug("Watch on {} is put in place later.", watch.root);
            default -> {
                if (code == KeeperException.Code.OK) {
                    watch.placedOn = target;
                    waiting.forEach(WatchListener::established);
                } else {
                    ZooKeeperException cause = Failure.of(code) == Failure.UNSUPPORTED
                            ? unsupported(target, watch.root)
                            : ZooKeeperException.of(code, "watch", watch.root);
                    waiting.forEach(listener -> listener.failed(cause));
                }
            }
        }
    }

    private ZooKeeperException unsupported(Handle target, String root) {
        String server = target.server();
        if (oldServer != target) {
            oldServer = target;
            LOG.info(
                    "The ZooKeeper server {} has no recursive watches, which came with 3.6: scans that may poll do so.",
                    server);
        }
        return new ZooKeeperException(
                Failure.UNSUPPORTED,
                "ZooKeeper could not watch '" + root + "': the server " + server
                        + " has no recursive watches. ZooKeeper 3.6 or newer is needed.");
    }

    /** A server-side watch and those who listen to it. */
    private final class SharedWatch implements Watcher {
        private final String root;
        private final List<WatchListener> listeners = new ArrayList<>();
        private volatile Handle placedOn;

        SharedWatch(String root) {
            this.root = root;
        }

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() == Event.EventType.None) {
                return;
            }
            List<WatchListener> all;
            synchronized (SharedWatches.this) {
                all = List.copyOf(listeners);
            }
            all.forEach(listener -> listener.changed(event.getPath(), event.getZxid()));
        }
    }
}
