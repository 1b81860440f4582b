// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper session that renews itself: when the server expires it, a new handle takes its place.
 *
 * <p>Life cycle: {@link #open} starts connecting; the first connect has a deadline, after which the session has failed
 * for good, while a session that was connected once waits for the server for ever. On every connect, first or not, all
 * watches are put in place and then reported as established. {@link #close} ends it.
 *
 * <p>The events of a handle arrive on its event thread; a handle that was replaced is no longer listened to. Every
 * other method may be called by any thread.
 */
final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int MAX_REOPEN_JITTER_MILLIS = 1_000;

    private final ConnectionSettings settings;
    /** Whether this session is given up only when the server says that it is gone. */
    private final boolean owned;

    private final ReadBatcher reads;
    private final SharedWatches watches = new SharedWatches(this::later);
    /** The session's own: the JVM-wide timer of {@link CompletableFuture} would keep this class loader alive for ever. */
    private final ScheduledThreadPoolExecutor timer = newTimer();

    /** The current handle; null while there is none, between two sessions and after the end. */
    private Handle handle;

    /** The session that the next handle is to go on with; null for a new one. */
    private SessionIdentity resume;

    private SessionIdentity identity;
    private String unmade = "the session has just expired";
    private boolean connected;
    private long connects;
    private long expiries;
    /** Why nothing can be asked of this session any more, or null. */
    private ZooKeeperException refusal;

    /** The end of the last handle; null until then, and if there was none. */
    private Farewell farewell;

    /** A session for whoever wants one like this. */
    Session(ConnectionSettings settings) {
        this(settings, false);
    }

    /**
     * A session of a single user.
     *
     * @param previous to go on with; null for a new one
     */
    Session(ConnectionSettings settings, SessionIdentity previous) {
        this(settings, true);
        this.resume = previous;
    }

    private Session(ConnectionSettings settings, boolean owned) {
        this.settings = settings;
        this.owned = owned;
        this.reads = new ReadBatcher(settings);
    }

    void open() {
        later(settings.patience().toMillis(), this::giveUpUnlessConnected);
        openHandle();
    }

    private void giveUpUnlessConnected() {
        boolean late;
        synchronized (this) {
            late = connects == 0;
        }
        if (late) {
            end(new ZooKeeperException(Failure.UNREACHABLE, unreachable()));
        }
    }

    ReadBatcher reads() {
        return reads;
    }

    SharedWatches watches() {
        return watches;
    }

    /** False once the session has failed: whoever asks for these settings next gets a new one. */
    synchronized boolean isUsable() {
        return refusal == null;
    }

    synchronized ConnectionStatistics statistics() {
        return new ConnectionStatistics(connected, Math.max(0, connects - 1), expiries);
    }

    CompletableFuture<Long> sync() {
        return request("sync", "/", Handle::sync);
    }

    /** Who this is to the server; empty while it is not connected. */
    synchronized Optional<SessionIdentity> identity() {
        return connected ? Optional.of(identity) : Optional.empty();
    }

    CompletableFuture<List<String>> ephemerals() {
        return request("list the ephemeral znodes of", "/", Handle::ephemerals);
    }

    CompletableFuture<WriteResult> write(List<ZNodeWrite> writes, UnaryOperator<String> serverPath) {
        return request("write", writes.get(0).path(), current -> current.write(writes, serverPath));
    }

    /** Why nothing can be created at all. */
    ZooKeeperException noChroot() {
        return new ZooKeeperException(
                Failure.NO_NODE,
                "The chroot of 'connect-string' = '" + settings.connectString() + "' does not exist, and is never"
                        + " created by this connector. Create it, or correct 'connect-string'.");
    }

    /** Sends a request that does not wait for a connection. */
    private <T> CompletableFuture<T> request(String verb, String path, Function<Handle, CompletableFuture<T>> send) {
        Handle current;
        ZooKeeperException refused;
        synchronized (this) {
            current = connected ? handle : null;
            refused = refusal;
        }
        if (current != null) {
            return send.apply(current);
        }
        return CompletableFuture.failedFuture(
                refused != null ? refused : ZooKeeperException.of(KeeperException.Code.CONNECTIONLOSS, verb, path));
    }

    /** Ends the session, unless that was done before, and waits for its threads; see {@link Farewell}. */
    void close() {
        end(SessionClient.closedException());
        Farewell begun;
        synchronized (this) {
            begun = farewell;
        }
        if (begun != null) {
            begun.await();
        }
    }

    /** Ends this client of the session, which lives on until its timeout. Does not wait. */
    void detach() {
        end(SessionClient.closedException(), Handle::detach);
    }

    private void end(ZooKeeperException cause) {
        end(cause, Handle::close);
    }

    private void end(ZooKeeperException cause, Function<Handle, Farewell> how) {
        synchronized (this) {
            if (refusal != null) {
                return;
            }
            refusal = cause;
            Handle last = dropHandle();
            if (last != null) {
                farewell = how.apply(last);
            }
        }
        timer.shutdown();
        reads.fail(cause);
        watches.fail(cause);
    }

    private void openHandle() {
        ZooKeeperException hopeless;
        synchronized (this) {
            if (refusal != null) {
                return;
            }
            try {
                // Its events wait for this lock, and so find it current.
                handle = new Handle(settings, resume, this::onEvent);
                return;
            } catch (IOException | RuntimeException e) {
                String reason = e instanceof ZooKeeperException ? e.getMessage() : e.toString();
                if (!reason.equals(unmade)) {
                    LOG.warn("No ZooKeeper client for '{}' could be made: {}", settings.connectString(), reason);
                }
                unmade = reason;
                hopeless = e instanceof ZooKeeperException known && connects == 0 ? known : null;
            }
        }
        if (hopeless != null) {
            end(hopeless);
        } else {
            reopenLater();
        }
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
            case Expired -> onExpired(source);
            case AuthFailed -> onRefused(source);
            default -> LOG.debug("ZooKeeper at '{}': {}.", settings.connectString(), event.getState());
        }
    }

    private void onRefused(Handle source) {
        synchronized (this) {
            if (connects > 0 && !source.wasConnected()) {
                return; // They knew us before, and certificates are replaced one by one.
            }
        }
        end(new ZooKeeperException(
                Failure.AUTHENTICATION_FAILED,
                "ZooKeeper at '" + settings.connectString() + "' does not let us in: " + source.refusal() + "."));
    }

    private void onConnected(Handle source) {
        boolean isFirst;
        synchronized (this) {
            connected = true;
            identity = source.identity();
            isFirst = connects++ == 0;
        }
        if (isFirst) {
            reportTimeout(source.zooKeeper().getSessionTimeout());
        } else {
            LOG.info("Connected to ZooKeeper at '{}' again.", settings.connectString());
        }
        reads.connected(source.zooKeeper());
        watches.connected(source);
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
        synchronized (this) {
            if (!connected) {
                return;
            }
            connected = false;
        }
        LOG.info("The connection to ZooKeeper at '{}' is lost.", settings.connectString());
        reads.disconnected();
        watches.lost();
    }

    /** ZooKeeper's client also says so when it has not heard of a server for so long that it gives up hope. */
    private void onExpired(Handle source) {
        onDisconnected();
        Handle expired;
        boolean perhaps;
        synchronized (this) {
            expired = dropHandle();
            perhaps = owned && source.wasConnected();
            resume = perhaps ? identity : null;
            expiries += perhaps ? 0 : 1;
        }
        if (perhaps) {
            LOG.info("The ZooKeeper session at '{}' may have expired; asking for it.", settings.connectString());
        } else {
            LOG.info("The ZooKeeper session at '{}' has expired; opening a new one.", settings.connectString());
        }
        if (expired != null) {
            expired.close();
        }
        reopenLater();
    }

    /** With jitter, since whatever expired one session is likely to have expired those of many tasks. */
    private void reopenLater() {
        int jitter = ThreadLocalRandom.current().nextInt(MAX_REOPEN_JITTER_MILLIS);
        later(jitter, this::openHandle);
    }

    private void later(long millis, Runnable task) {
        // After the end it is dropped.
        timer.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    private static ScheduledThreadPoolExecutor newTimer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "zookeeper-session-timer");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setKeepAliveTime(1, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    private Handle dropHandle() {
        Handle last = handle;
        handle = null;
        connected = false;
        return last;
    }

    private String unreachable() {
        String causes;
        synchronized (this) {
            causes = handle == null ? "No client could be made: " + unmade : handle.lastCauses();
        }
        return String.format(
                "Could not connect to ZooKeeper at '%s' within %d ms ('connection-timeout' of %d ms x"
                        + " 'max-retry-attempts' of %d). %s. Check that 'connect-string' names the servers"
                        + " and their client port, and that they run.",
                settings.connectString(),
                settings.patience().toMillis(),
                settings.connectionTimeout().toMillis(),
                settings.maxRetryAttempts(),
                causes);
    }
}
