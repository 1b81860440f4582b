// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.settings.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recursive watches of a session, and who listens to them. The server keeps one watch per path and session, so
 * listeners of one root share it; on a new handle all are placed anew.
 *
 * <p>A request that fails although the connection lives, because the server throttles for example, is sent again until
 * it is answered or the connection is lost: the next connection begins anew by itself.
 *
 * <p>Thread-safe. Requests are sent under the lock, so that a root which is given up and asked for again at the same
 * time keeps its watch; listeners are called outside of it, on the event thread.
 */
final class WatchRegistry {

    private static final Logger LOG = LoggerFactory.getLogger(WatchRegistry.class);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    /** After some ten seconds; a power of two. */
    private static final int FIRST_REPORT = 8;

    private final Timer timer;
    private final Map<String, SharedWatch> watches = new HashMap<>();
    /** Those who only want to know of the connection. */
    private final Set<Subscription> listeners = new LinkedHashSet<>();

    /** Null while there is none. */
    private WatchConnection connected;
    /** Counts connections and their losses, so that nothing is sent again on a later one. */
    private long connection;
    /** Of whose server it has been logged that it is old; for the event thread. */
    private volatile WatchConnection oldServer;

    private ZooKeeperException refusal;

    /** Runs something later, on any thread, or never once the session has ended. */
    interface Timer {
        void later(long millis, Runnable task);
    }

    WatchRegistry(Timer timer) {
        this.timer = timer;
    }

    /** All that can be established on a connection is, now or with the server's answer. */
    void connected(WatchConnection target) {
        List<Subscription> established;
        synchronized (this) {
            if (refusal != null) {
                return;
            }
            connected = target;
            connection++;
            established = new ArrayList<>(listeners);
            for (SharedWatch watch : List.copyOf(watches.values())) {
                if (watch.placedOn == target && target.keepsWatches()) {
                    // ZooKeeper's client has put it in place again, ahead of any request.
                    established.addAll(watch.listeners);
                } else {
                    place(watch, List.copyOf(watch.listeners), 0);
                }
            }
        }
        tell(established, WatchListener::established);
    }

    void lost() {
        List<Subscription> all;
        synchronized (this) {
            connected = null;
            connection++;
            all = all();
        }
        tell(all, WatchListener::lost);
    }

    /** Ends all watches for good. */
    void fail(ZooKeeperException cause) {
        List<Subscription> all;
        synchronized (this) {
            connected = null;
            connection++;
            refusal = cause;
            all = all();
            watches.clear();
            listeners.clear();
        }
        tell(all, listener -> listener.failed(cause));
    }

    private List<Subscription> all() {
        List<Subscription> all = new ArrayList<>(listeners);
        watches.values().forEach(watch -> all.addAll(watch.listeners));
        return all;
    }

    /**
     * Watches a subtree for a listener.
     *
     * @param root as the server's chroot sees it
     */
    ZooKeeperClient.Watch watch(String root, WatchListener listener) {
        return subscribe(listener, () -> {
            SharedWatch watch = watches.computeIfAbsent(root, SharedWatch::new);
            Subscription subscription = new Subscription(listener, watch);
            watch.listeners.add(subscription);
            if (connected != null) {
                // Placing it again where it already is changes nothing, and is answered in order with the events.
                place(watch, List.of(subscription), 0);
            }
            return subscription;
        });
    }

    /** Tells a listener of the connection. */
    ZooKeeperClient.Watch listen(WatchListener listener) {
        return subscribe(listener, () -> {
            Subscription subscription = new Subscription(listener, null);
            listeners.add(subscription);
            if (connected != null) {
                greet(subscription, 0);
            }
            return subscription;
        });
    }

    private ZooKeeperClient.Watch subscribe(WatchListener listener, Supplier<Subscription> begin) {
        ZooKeeperException refused;
        synchronized (this) {
            refused = refusal;
            if (refused == null) {
                return begin.get();
            }
        }
        listener.failed(refused);
        return () -> {};
    }

    private void place(SharedWatch watch, List<Subscription> waiting, int failures) {
        WatchConnection target = connected;
        CompletableFuture<Void> placed = target.addWatch(watch.root, watch).thenRun(() -> watch.placedOn = target);
        request("watch '" + watch.root + "'", placed, waiting, failures, next -> {
            if (watches.get(watch.root) == watch) {
                place(watch, waiting, next);
            }
        });
    }

    /** Any request would do: its answer comes on the event thread, in order with the events. */
    private void greet(Subscription listener, int failures) {
        request("sync", connected.sync(), List.of(listener), failures, next -> {
            if (!listener.closed) {
                greet(listener, next);
            }
        });
    }

    private void remove(String root, WatchConnection holder, int failures) {
        request("end the watch of '" + root + "'", holder.removeWatch(root), List.of(), failures, next -> {
            if (!watches.containsKey(root)) {
                remove(root, holder, next);
            }
        });
    }

    /**
     * Sees a request through.
     *
     * @param waiting who is told how it ended
     * @param again sends it once more, under the lock, given how often it has failed
     */
    private void request(
            String what, CompletableFuture<?> answer, List<Subscription> waiting, int failures, IntConsumer again) {
        WatchConnection target = connected;
        long sentOn = connection;
        answer.whenComplete((done, error) -> {
            if (error == null) {
                tell(waiting, WatchListener::established);
                return;
            }
            ZooKeeperException cause = ZooKeeperException.wrap(error);
            if (cause.failure().isTransient()) {
                timer.later(Backoff.waitMillis(failures, LONGEST_WAIT), () -> {
                    repeat(what, cause, sentOn, failures + 1, again);
                });
            } else {
                fail(waiting, cause.failure() == Failure.UNSUPPORTED ? unsupported(target, what) : cause);
            }
        });
    }

    /** Usually the connection is lost by now, and nothing is to be done. */
    private synchronized void repeat(
            String what, ZooKeeperException cause, long sentOn, int failures, IntConsumer again) {
        if (connection == sentOn && connected != null) {
            if (failures >= FIRST_REPORT && Integer.bitCount(failures) == 1) {
                LOG.warn("Asking ZooKeeper again, attempt {}, to {}: {}", failures + 1, what, cause.getMessage());
            }
            again.accept(failures);
        }
    }

    private void fail(List<Subscription> waiting, ZooKeeperException cause) {
        tell(waiting, listener -> listener.failed(cause));
        waiting.forEach(Subscription::close);
    }

    private ZooKeeperException unsupported(WatchConnection target, String what) {
        String server = target.server();
        if (oldServer != target) {
            oldServer = target;
            LOG.info(
                    "The ZooKeeper server {} has no recursive watches, which came with 3.6: scans that may poll do so.",
                    server);
        }
        return new ZooKeeperException(
                Failure.UNSUPPORTED,
                "ZooKeeper could not " + what + ": the server " + server
                        + " has no recursive watches. ZooKeeper 3.6 or newer is needed.");
    }

    private static void tell(List<Subscription> subscriptions, Consumer<WatchListener> what) {
        subscriptions.forEach(subscription -> subscription.tell(what));
    }

    /** A listener until it has had enough. */
    private final class Subscription implements ZooKeeperClient.Watch {
        private final WatchListener listener;
        /** Null if it only wants to know of the connection. */
        private final SharedWatch watch;

        private volatile boolean closed;

        Subscription(WatchListener listener, SharedWatch watch) {
            this.listener = listener;
            this.watch = watch;
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
            synchronized (WatchRegistry.this) {
                if (watch == null) {
                    listeners.remove(this);
                } else if (watch.listeners.remove(this) && watch.listeners.isEmpty()) {
                    watch.end();
                }
            }
        }
    }

    /** A server-side watch and those who listen to it. */
    private final class SharedWatch implements Watcher {
        private final String root;
        private final Set<Subscription> listeners = new LinkedHashSet<>();
        private volatile WatchConnection placedOn;

        SharedWatch(String root) {
            this.root = root;
        }

        private void end() {
            watches.remove(root, this);
            // ZooKeeper's client puts its watches back in place when it connects again; without a connection this
            // request either waits for that, or fails and takes the watch off the client's own list.
            WatchConnection holder = connected != null ? connected : placedOn;
            if (holder != null && refusal == null) {
                remove(root, holder, 0);
            }
        }

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() == Event.EventType.None) {
                return;
            }
            List<Subscription> all;
            synchronized (WatchRegistry.this) {
                all = List.copyOf(listeners);
            }
            if (event.getType() == Event.EventType.NodeDeleted) {
                tell(all, listener -> listener.deleted(event.getPath(), event.getZxid()));
            } else {
                tell(all, listener -> listener.changed(event.getPath(), event.getZxid()));
            }
        }
    }
}
