// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper session that renews itself: when the server expires it, a new handle takes its place.
 *
 * <p>Life cycle: {@link #open} starts connecting; the first connect has a deadline, after which the session has failed
 * for good, while a session that was connected once waits for the server for ever. On every connect, first or not, all
 * watches are put in place (by us on a new handle, by ZooKeeper's client, ahead of any request, on an old one) and then
 * reported as established. {@link #close} ends it.
 *
 * <p>The events of a handle arrive on its event thread; a handle that was replaced is no longer listened to. Every
 * other method may be called by any thread.
 */
final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final Pattern LAST_ZXID = Pattern.compile(" lastZxid:(\\d+)");
    private static final int MAX_REOPEN_JITTER_MILLIS = 1_000;

    private final ConnectionSettings settings;
    private final ReadBatcher reads;
    private final CompletableFuture<Void> firstConnect = new CompletableFuture<>();
    private final Map<String, SharedWatch> watches = new HashMap<>();
    private final List<WatchListener> listeners = new ArrayList<>();

    /** The current handle; null while there is none, between two sessions and after the end. */
    private Handle handle;

    private boolean connected;
    private long connects;
    private long expiries;
    private ZooKeeperException failed;
    private boolean closed;

    Session(ConnectionSettings settings) {
        this.settings = settings;
        this.reads = new ReadBatcher(settings);
    }

    void open() {
        firstConnect
                .orTimeout(settings.firstConnectTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((connected, timeout) -> {
                    if (timeout != null) {
                        fail(new ZooKeeperException(Failure.CONNECTION_LOST, unreachable()));
                    }
                });
        openHandle();
    }

    ReadBatcher reads() {
        return reads;
    }

    /** False once the session has failed: whoever asks for these settings next gets a new one. */
    synchronized boolean isUsable() {
        return failed == null;
    }

    synchronized ConnectionStatistics statistics() {
        return new ConnectionStatistics(connected, Math.max(0, connects - 1), expiries);
    }

    CompletableFuture<Long> sync() {
        CompletableFuture<Long> result = new CompletableFuture<>();
        ZooKeeper zooKeeper;
        ZooKeeperException refusal;
        synchronized (this) {
            refusal = refusal();
            zooKeeper = connected ? handle.zooKeeper : null;
        }
        if (zooKeeper == null) {
            result.completeExceptionally(
                    refusal != null ? refusal : exception(KeeperException.Code.CONNECTIONLOSS, "sync", "/"));
        } else {
            zooKeeper.sync(
                    "/",
                    (rc, path, ctx) -> {
                        KeeperException.Code code = KeeperException.Code.get(rc);
                        if (code == KeeperException.Code.OK) {
                            result.complete(lastZxid(zooKeeper));
                        } else {
                            result.completeExceptionally(exception(code, "sync", path));
                        }
                    },
                    null);
        }
        return result;
    }

    /**
     * Watches a subtree for a listener.
     *
     * @param root as the server's chroot sees it
     */
    ZooKeeperClient.Watch watch(String root, WatchListener listener) {
        ZooKeeperException refusal;
        synchronized (this) {
            refusal = refusal();
            if (refusal == null) {
                SharedWatch watch = watches.computeIfAbsent(root, SharedWatch::new);
                watch.listeners.add(listener);
                if (connected) {
                    // Placing it again where it already is changes nothing, and is answered in order with the events.
                    place(handle, watch, List.of(listener));
                }
                return () -> unwatch(watch, listener);
            }
        }
        listener.failed(refusal);
        return () -> {};
    }

    /** Tells a listener of the connection. */
    ZooKeeperClient.Watch listen(WatchListener listener) {
        ZooKeeperException refusal;
        synchronized (this) {
            refusal = refusal();
            if (refusal == null) {
                listeners.add(listener);
                if (connected) {
                    // Any request would do: its answer comes on the event thread, in order with the events.
                    handle.zooKeeper.sync(
                            "/",
                            (rc, path, ctx) -> {
                                if (rc == KeeperException.Code.OK.intValue()) {
                                    listener.established();
                                }
                            },
                            null);
                }
                return () -> {
                    synchronized (this) {
                        listeners.remove(listener);
                    }
                };
            }
        }
        listener.failed(refusal);
        return () -> {};
    }

    private ZooKeeperException refusal() {
        return failed == null && closed ? SessionClient.closedException() : failed;
    }

    /** Ends the session. Does not wait for the server, which may be unreachable. */
    void close() {
        Handle last;
        synchronized (this) {
            closed = true;
            last = dropHandle();
            watches.clear();
            listeners.clear();
        }
        firstConnect.complete(null);
        reads.fail(SessionClient.closedException());
        closeInBackground(last);
    }

    private void openHandle() {
        synchronized (this) {
            if (closed || failed != null) {
                return;
            }
            Handle next = new Handle(new EnsembleHosts(settings));
            try {
                next.zooKeeper = new ZooKeeper(
                        settings.connectString(),
                        (int) settings.sessionTimeout().toMillis(),
                        event -> onEvent(next, event),
                        false,
                        next.hosts,
                        clientConfig());
                handle = next;
                return;
            } catch (IOException e) {
                LOG.warn("No ZooKeeper client for '{}' could be made: {}", settings.connectString(), e.toString());
            }
        }
        reopenLater();
    }

    private ZKClientConfig clientConfig() {
        ZKClientConfig config = new ZKClientConfig();
        // Flink sets this one JVM-wide for its own high availability; what holds for us is our options.
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        config.setProperty(ZKClientConfig.JUTE_MAXBUFFER, String.valueOf(settings.replyLimit()));
        settings.properties().forEach(config::setProperty);
        return config;
    }

    private void onEvent(Handle source, WatchedEvent event) {
        if (event.getType() != Watcher.Event.EventType.None) {
            return;
        }
        synchronized (this) {
            if (source != handle) {
                return;
            }
        }
        switch (event.getState()) {
            case SyncConnected -> onConnected(source);
            case Disconnected -> onDisconnected();
            case Expired -> onExpired();
            case AuthFailed ->
                fail(new ZooKeeperException(
                        Failure.AUTHENTICATION_FAILED,
                        "ZooKeeper at '" + settings.connectString() + "' refused the credentials."));
            default -> LOG.debug("ZooKeeper at '{}': {}.", settings.connectString(), event.getState());
        }
    }

    private void onConnected(Handle source) {
        List<WatchListener> established;
        synchronized (this) {
            connected = true;
            connects++;
            established = new ArrayList<>(listeners);
            for (SharedWatch watch : watches.values()) {
                if (watch.placedOn == source) {
                    established.addAll(watch.listeners);
                } else {
                    place(source, watch, List.copyOf(watch.listeners));
                }
            }
        }
        if (firstConnect.complete(null)) {
            reportTimeout(source.zooKeeper.getSessionTimeout());
        } else {
            LOG.info("Connected to ZooKeeper at '{}' again.", settings.connectString());
        }
        reads.connected(source.zooKeeper);
        established.forEach(WatchListener::established);
    }

    private void reportTimeout(int negotiated) {
        long wanted = settings.sessionTimeout().toMillis();
        if (negotiated < wanted) {
            LOG.info(
                    "ZooKeeper at '{}' granted a session timeout of {} ms instead of the 'session-timeout' of {} ms.",
                    settings.connectString(),
                    negotiated,
                    wanted);
        } else {
            LOG.info("Connected to ZooKeeper at '{}'.", settings.connectString());
        }
    }

    private void onDisconnected() {
        List<WatchListener> all;
        synchronized (this) {
            if (!connected) {
                return;
            }
            connected = false;
            all = allListeners();
        }
        LOG.info("The connection to ZooKeeper at '{}' is lost.", settings.connectString());
        reads.disconnected();
        all.forEach(WatchListener::lost);
    }

    private List<WatchListener> allListeners() {
        List<WatchListener> all = new ArrayList<>(listeners);
        watches.values().forEach(watch -> all.addAll(watch.listeners));
        return all;
    }

    private void onExpired() {
        onDisconnected();
        LOG.info("The ZooKeeper session at '{}' has expired; opening a new one.", settings.connectString());
        Handle expired;
        synchronized (this) {
            expired = dropHandle();
            expiries++;
        }
        closeInBackground(expired);
        reopenLater();
    }

    /** With jitter, since whatever expired one session is likely to have expired those of many tasks. */
    private void reopenLater() {
        int jitter = ThreadLocalRandom.current().nextInt(MAX_REOPEN_JITTER_MILLIS);
        CompletableFuture.delayedExecutor(jitter, TimeUnit.MILLISECONDS).execute(this::openHandle);
    }

    private void place(Handle target, SharedWatch watch, List<WatchListener> listeners) {
        target.zooKeeper.addWatch(
                watch.root,
                watch,
                AddWatchMode.PERSISTENT_RECURSIVE,
                (rc, path, ctx) -> placed(target, watch, listeners, KeeperException.Code.get(rc)),
                null);
    }

    private void placed(Handle target, SharedWatch watch, List<WatchListener> listeners, KeeperException.Code code) {
        switch (Failure.of(code)) {
            case CONNECTION_LOST, SESSION_EXPIRED -> LOG.debug("Watch on {} is put in place later.", watch.root);
            default -> {
                if (code == KeeperException.Code.OK) {
                    watch.placedOn = target;
                    listeners.forEach(WatchListener::established);
                } else {
                    ZooKeeperException cause = exception(code, "watch", watch.root);
                    listeners.forEach(listener -> listener.failed(cause));
                }
            }
        }
    }

    private synchronized void unwatch(SharedWatch watch, WatchListener listener) {
        watch.listeners.remove(listener);
        if (watch.listeners.isEmpty() && watches.remove(watch.root, watch) && connected) {
            handle.zooKeeper.removeAllWatches(
                    watch.root,
                    Watcher.WatcherType.Any,
                    true,
                    (rc, path, ctx) -> LOG.debug("Watch on {} ended: {}", path, KeeperException.Code.get(rc)),
                    null);
        }
    }

    private void fail(ZooKeeperException cause) {
        Handle last;
        List<WatchListener> all;
        synchronized (this) {
            if (closed || failed != null) {
                return;
            }
            failed = cause;
            last = dropHandle();
            all = allListeners();
        }
        firstConnect.complete(null);
        reads.fail(cause);
        all.forEach(listener -> listener.failed(cause));
        closeInBackground(last);
    }

    private String unreachable() {
        String cause;
        synchronized (this) {
            cause = handle == null ? "no client" : handle.hosts.lastCauses();
        }
        return String.format(
                "Could not connect to ZooKeeper at '%s' within %d ms ('connection-timeout' of %d ms x"
                        + " 'max-retry-attempts' of %d). %s. Check that 'connect-string' names the servers"
                        + " and their client port, and that they run.",
                settings.connectString(),
                settings.firstConnectTimeout().toMillis(),
                settings.connectionTimeout().toMillis(),
                settings.maxRetryAttempts(),
                cause);
    }

    private Handle dropHandle() {
        Handle last = handle;
        handle = null;
        connected = false;
        return last;
    }

    /** Closing waits for the server's answer, which no caller of ours should have to. */
    private static void closeInBackground(Handle handle) {
        if (handle == null) {
            return;
        }
        handle.hosts.close();
        Thread thread = new Thread(handle::close, "zookeeper-session-close");
        thread.setDaemon(true);
        thread.start();
    }

    /** ZooKeeper's client keeps the newest zxid of all replies but tells it only here. */
    private static long lastZxid(ZooKeeper zooKeeper) {
        Matcher matcher = LAST_ZXID.matcher(zooKeeper.toString());
        if (!matcher.find()) {
            throw new IllegalStateException("No lastZxid in " + zooKeeper);
        }
        return Long.parseLong(matcher.group(1));
    }

    static ZooKeeperException exception(KeeperException.Code code, String operation, String path) {
        Failure failure = Failure.of(code);
        String message = "ZooKeeper could not " + operation + " '" + path + "': ";
        return new ZooKeeperException(
                failure,
                switch (failure) {
                    case NO_PERMISSION ->
                        message + "its ACL denies this user the READ permission (" + code + ")."
                                + " Grant it, or connect as a user that has it.";
                    case UNSUPPORTED ->
                        message + "the server does not know this request (" + code + ")."
                                + " ZooKeeper 3.6 or newer is needed.";
                    default -> message + code + ".";
                });
    }

    /** One connection's worth of state, thrown away with the session it belongs to. */
    private static final class Handle {
        private final EnsembleHosts hosts;
        private ZooKeeper zooKeeper;

        Handle(EnsembleHosts hosts) {
            this.hosts = hosts;
        }

        void close() {
            try {
                zooKeeper.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A server-side watch and those who listen to it: the server keeps one per path and session. */
    private final class SharedWatch implements Watcher {
        private final String root;
        private final List<WatchListener> listeners = new ArrayList<>();
        /** Touched by event threads only. */
        private volatile Handle placedOn;

        SharedWatch(String root) {
            this.root = root;
        }

        List<WatchListener> listeners() {
            synchronized (Session.this) {
                return List.copyOf(listeners);
            }
        }

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() != Event.EventType.None) {
                for (WatchListener listener : listeners()) {
                    listener.changed(event.getPath(), event.getZxid());
                }
            }
        }
    }
}
