// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SharedWatch.Subscription;
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
    private Target connected;
    /** Counts connections and their losses, so that nothing is sent again on a later one. */
    private long connection;
    /** Of whose server it has been logged that it is old; for the event thread. */
    private volatile Target oldServer;

    private ZooKeeperException refusal;

    /** Runs something later, on any thread, or never once the session has ended. */
    interface Timer {
        void later(long millis, Runnable task);
    }

    /** What is asked of a connection. Futures complete on the event thread, in order with the events. */
    interface Target {

        /** Puts a persistent recursive watch on a znode. Where it already is, that changes nothing. */
        CompletableFuture<Void> addWatch(String root, Watcher watcher);

        /** Takes the watch off a znode, and off the client's own list even if the connection breaks. */
        CompletableFuture<Void> removeWatch(String root);

        /** As {@link ZooKeeperClient#sync}. */
        CompletableFuture<Long> sync();

        /**
         * Whether the watches of an earlier connection of this session are in place when it is said to be connected.
         */
        boolean keepsWatches();

        /** Who is, or was last, connected. */
        String server();
    }

    WatchRegistry(Timer timer) {
        this.timer = timer;
    }

    /** All that can be established on a connection is, now or with the server's answer. */
    void connected(Target target) {
        List<Subscription> established;
        synchronized (this) {
            if (refusal != null) {
                return;
            }
            connected = target;
            connection++;
            established = new ArrayList<>(listeners);
            for (SharedWatch watch : List.copyOf(watches.values())) {
                if (watch.placedOn() == target && target.keepsWatches()) {
                    // ZooKeeper's client has put it in place again, ahead of any request.
                    established.addAll(watch.listeners());
                } else {
                    place(watch, List.copyOf(watch.listeners()), 0);
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
        watches.values().forEach(watch -> all.addAll(watch.listeners()));
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
            Subscription subscription = new Subscription(this, listener, watch);
            watch.listeners().add(subscription);
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
            Subscription subscription = new Subscription(this, listener, null);
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
        Target target = connected;
        CompletableFuture<Void> placed = target.addWatch(watch.root(), watch).thenRun(() -> watch.placed(target));
        request("watch '" + watch.root() + "'", placed, waiting, failures, next -> {
            if (watches.get(watch.root()) == watch) {
                place(watch, waiting, next);
            }
        });
    }

    /** Any request would do: its answer comes on the event thread, in order with the events. */
    private void greet(Subscription listener, int failures) {
        request("sync", connected.sync(), List.of(listener), failures, next -> {
            if (!listener.isClosed()) {
                greet(listener, next);
            }
        });
    }

    private void remove(String root, Target holder, int failures) {
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
        Target target = connected;
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

    private ZooKeeperException unsupported(Target target, String what) {
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

    /** For {@link Subscription#close}. */
    synchronized void remove(Subscription subscription) {
        SharedWatch watch = subscription.watch();
        if (watch == null) {
            listeners.remove(subscription);
        } else if (watch.listeners().remove(subscription) && watch.listeners().isEmpty()) {
            end(watch);
        }
    }

    private void end(SharedWatch watch) {
        watches.remove(watch.root(), watch);
        // ZooKeeper's client puts its watches back in place when it connects again; without a connection this
        // request either waits for that, or fails and takes the watch off the client's own list.
        Target holder = connected != null ? connected : watch.placedOn();
        if (holder != null && refusal == null) {
            remove(watch.root(), holder, 0);
        }
    }
}
