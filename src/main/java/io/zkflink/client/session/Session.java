// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.batch.ReadBatcher;
import io.zkflink.client.session.SessionState.Between;
import io.zkflink.client.session.SessionState.Ended;
import io.zkflink.client.session.SessionState.Open;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.server.ZooKeeperThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper session that renews itself: when the server expires it, a new handle takes its place.
 *
 * <p>Life cycle: {@link #open} starts connecting; the first connect has a deadline, after which the session has failed
 * for good, while a session that was connected once waits for the server for ever. On every connect, first or not, all
 * watches are put in place and then reported as established. {@link #close} ends it.
 *
 * <p>Handles are made by the session's own thread, so that theirs take over nothing of a user's. The events of a handle
 * arrive on its event thread; a handle that was replaced is no longer listened to. Every other method may be called by
 * any thread. What the session is at is one {@link SessionState}, swapped under the lock; nobody is called under it.
 */
final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int MAX_REOPEN_JITTER_MILLIS = 1_000;

    private final ConnectionSettings settings;
    /** Whether this session is given up only when the server says that it is gone. */
    private final boolean owned;

    private final ReadBatcher reads;
    private final SessionTimer timer = new SessionTimer();
    private final WatchRegistry watches = new WatchRegistry(timer);

    private SessionState state;
    private Duration negotiatedTimeout = Duration.ZERO;
    private long connects;
    private long expiries;

    /** A session for whoever wants one like this. */
    Session(ConnectionSettings settings) {
        this(settings, false, null);
    }

    /**
     * A session of a single user.
     *
     * @param previous to go on with; null for a new one
     */
    Session(ConnectionSettings settings, SessionIdentity previous) {
        this(settings, true, previous);
    }

    private Session(ConnectionSettings settings, boolean owned, SessionIdentity previous) {
        this.settings = settings;
        this.owned = owned;
        this.reads = new ReadBatcher(settings);
        this.state = new Between(previous, "nobody has tried yet", CompletableFuture.completedFuture(null));
    }

    void open() {
        timer.later(settings.patience().toMillis(), this::giveUpUnlessConnected);
        timer.later(0, this::openHandle);
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

    WatchRegistry watches() {
        return watches;
    }

    /** False once the session has failed: whoever asks for these settings next gets a new one. */
    synchronized boolean isUsable() {
        return !(state instanceof Ended);
    }

    synchronized ZooKeeperClient.Statistics statistics() {
        return new ZooKeeperClient.Statistics(state.isConnected(), Math.max(0, connects - 1), expiries);
    }

    CompletableFuture<Long> sync() {
        return request("sync", "/", Connection::sync);
    }

    /** As {@link ZooKeeperClient#newestZxid}. */
    synchronized long newestZxid() {
        return state instanceof Open open ? open.handle().newestZxid() : 0;
    }

    /** Who this is to the server; empty while it is not connected. */
    synchronized Optional<SessionIdentity> identity() {
        return state instanceof Open open && open.connected() ? Optional.of(open.identity()) : Optional.empty();
    }

    /** Of the newest session that was connected; zero if none was yet. */
    synchronized Duration negotiatedTimeout() {
        return negotiatedTimeout;
    }

    CompletableFuture<List<String>> ephemerals() {
        return request("list the ephemeral znodes of", "/", Connection::ephemerals);
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
    private <T> CompletableFuture<T> request(
            String verb, String path, Function<Connection, CompletableFuture<T>> send) {
        SessionState now;
        synchronized (this) {
            now = state;
        }
        if (now instanceof Open open && open.connected()) {
            return send.apply(open.handle());
        }
        return CompletableFuture.failedFuture(
                now instanceof Ended ended
                        ? ended.cause()
                        : ZooKeeperException.of(KeeperException.Code.CONNECTIONLOSS, verb, path));
    }

    /** Ends the session, unless that was done before, and waits for its threads; see {@link SessionShutdown}. */
    void close() {
        end(ZooKeeperException.closed());
        if (Thread.currentThread() instanceof ZooKeeperThread) {
            return; // It would wait for itself.
        }
        timer.awaitEnd();
        CompletableFuture<SessionShutdown> shutdown;
        synchronized (this) {
            shutdown = ((Ended) state).shutdown();
        }
        SessionShutdown last = shutdown.join();
        if (last != null) {
            last.await();
        }
    }

    /** Ends this client of the session, which lives on until its timeout. Does not wait. */
    void detach() {
        end(ZooKeeperException.closed(), Connection::detach);
    }

    private void end(ZooKeeperException cause) {
        end(cause, Connection::close);
    }

    private void end(ZooKeeperException cause, Function<Connection, SessionShutdown> how) {
        CompletableFuture<SessionShutdown> shutdown = new CompletableFuture<>();
        SessionState last;
        synchronized (this) {
            if (state instanceof Ended) {
                return;
            }
            last = state;
            state = new Ended(cause, shutdown);
        }
        if (last instanceof Open open) {
            shutdown.complete(how.apply(open.handle()));
        } else if (last instanceof Between between) {
            between.shutdown().thenAccept(shutdown::complete);
        }
        timer.end();
        reads.fail(cause);
        watches.fail(cause);
    }

    private void openHandle() {
        SessionIdentity resume;
        synchronized (this) {
            if (!(state instanceof Between between)) {
                return;
            }
            resume = between.resume();
        }
        Connection made;
        try {
            made = new Connection(settings, resume);
        } catch (IOException | RuntimeException | Error e) {
            notMade(e);
            return;
        }
        boolean tooLate;
        synchronized (this) {
            tooLate = state instanceof Ended;
            if (!tooLate) {
                state = new Open(made, resume, false);
            }
        }
        made.listen(event -> onEvent(made, event));
        if (tooLate) {
            made.close().await();
        }
    }

    private void notMade(Throwable cause) {
        String reason = cause instanceof ZooKeeperException ? cause.getMessage() : cause.toString();
        boolean isNews = false;
        boolean isFirst;
        synchronized (this) {
            isFirst = connects == 0;
            if (state instanceof Between between) {
                isNews = !reason.equals(between.reason());
                state = new Between(between.resume(), reason, between.shutdown());
            }
        }
        if (isNews) {
            LOG.warn("No ZooKeeper client for '{}' could be made: {}", settings.connectString(), reason);
        }
        if (isFirst && cause instanceof ZooKeeperException hopeless) {
            end(hopeless);
        } else {
            reopenLater();
        }
    }

    private void onEvent(Connection source, WatchedEvent event) {
        if (event.getType() != Watcher.Event.EventType.None) {
            return;
        }
        switch (event.getState()) {
            case SyncConnected -> onConnected(source);
            case Disconnected -> onDisconnected(source);
            case Expired -> onExpired(source);
            case AuthFailed -> onRefused(source);
            default -> LOG.debug("ZooKeeper at '{}': {}.", settings.connectString(), event.getState());
        }
    }

    private void onRefused(Connection source) {
        synchronized (this) {
            if (!state.isWith(source) || (connects > 0 && !source.wasConnected())) {
                return; // They knew us before, and certificates are replaced one by one.
            }
        }
        end(new ZooKeeperException(
                Failure.AUTHENTICATION_FAILED,
                "ZooKeeper at '" + settings.connectString() + "' does not let us in: " + source.refusal() + "."));
    }

    private void onConnected(Connection source) {
        boolean isFirst;
        synchronized (this) {
            if (!state.isWith(source)) {
                return;
            }
            state = new Open(source, source.identity(), true);
            negotiatedTimeout = Duration.ofMillis(source.zooKeeper().getSessionTimeout());
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
        if (negotiated != wanted) {
            LOG.info(
                    "ZooKeeper at '{}' granted a session timeout of {} ms instead of the 'session-timeout' of {} ms, by"
                            + " its {}.",
                    settings.connectString(),
                    negotiated,
                    wanted,
                    negotiated < wanted ? "maxSessionTimeout" : "minSessionTimeout (2 x tickTime where it is not set)");
        } else {
            LOG.info("Connected to ZooKeeper at '{}'.", settings.connectString());
        }
    }

    private void onDisconnected(Connection source) {
        synchronized (this) {
            if (!state.isWith(source) || !state.isConnected()) {
                return;
            }
            state = new Open(source, ((Open) state).identity(), false);
        }
        LOG.info("The connection to ZooKeeper at '{}' is lost.", settings.connectString());
        reads.disconnected();
        watches.lost();
    }

    /** ZooKeeper's client also says so when it has not heard of a server for so long that it gives up hope. */
    private void onExpired(Connection source) {
        onDisconnected(source);
        boolean perhaps = owned && source.wasConnected();
        CompletableFuture<SessionShutdown> shutdown = new CompletableFuture<>();
        synchronized (this) {
            if (!state.isWith(source)) {
                return;
            }
            SessionIdentity last = ((Open) state).identity();
            state = new Between(perhaps ? last : null, "the session has just expired", shutdown);
            expiries += perhaps ? 0 : 1;
        }
        if (perhaps) {
            LOG.info("The ZooKeeper session at '{}' may have expired; asking for it.", settings.connectString());
        } else {
            LOG.info("The ZooKeeper session at '{}' has expired; opening a new one.", settings.connectString());
        }
        shutdown.complete(source.close());
        reopenLater();
    }

    /** With jitter, since whatever expired one session is likely to have expired those of many tasks. */
    private void reopenLater() {
        int jitter = ThreadLocalRandom.current().nextInt(MAX_REOPEN_JITTER_MILLIS);
        timer.later(jitter, this::openHandle);
    }

    private String unreachable() {
        SessionState now;
        synchronized (this) {
            now = state;
        }
        String causes = now instanceof Open open
                ? open.handle().lastCauses()
                : now instanceof Between between ? "No client could be made: " + between.reason() : "";
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
