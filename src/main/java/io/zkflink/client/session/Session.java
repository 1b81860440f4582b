// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.batch.ReadBatcher;
import io.zkflink.client.session.SessionState.Ended;
import io.zkflink.client.session.SessionState.Open;
import io.zkflink.client.session.SessionState.Past;
import io.zkflink.client.session.SessionState.Unconnected;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.server.ZooKeeperThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper session that renews itself: when the server expires it, a new connection takes its place.
 *
 * <p>Life cycle: {@link #open} starts connecting; the first connect has a deadline, after which the session has failed
 * for good, while a session that was connected once waits for the server for ever. On every connect, first or not, all
 * watches are put in place and then reported as established. {@link #close} ends it.
 *
 * <p>Connections are made by the session's own thread, so that theirs take over nothing of a user's. The events of one
 * arrive on its event thread; one that was replaced is no longer listened to. Every other method may be called by
 * any thread. What changes is one {@link SessionState}, swapped whole; there is no lock.
 */
final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int MAX_JITTER_MILLIS = 1_000;

    private final ConnectionSettings settings;
    /** Whether this session is given up only when the server says that it is gone. */
    private final boolean dedicated;

    private final SessionMessages messages;
    private final ReadBatcher reads;
    private final SessionTimer timer = new SessionTimer();
    private final WatchRegistry watches = new WatchRegistry(timer);

    private final AtomicBoolean opened = new AtomicBoolean();
    private final AtomicReference<SessionState> state;

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

    private Session(ConnectionSettings settings, boolean dedicated, SessionIdentity previous) {
        this.settings = settings;
        this.dedicated = dedicated;
        this.reads = new ReadBatcher(settings);
        this.messages = new SessionMessages(settings);
        this.state = new AtomicReference<>(new Unconnected(
                Past.NOTHING, previous, "nobody has tried yet", CompletableFuture.completedFuture(null)));
    }

    /** Starts connecting, unless that was done before. */
    void open() {
        if (opened.compareAndSet(false, true)) {
            timer.later(settings.totalTimeout().toMillis(), this::giveUpUnlessConnected);
            timer.later(0, this::connect);
        }
    }

    private void giveUpUnlessConnected() {
        SessionState now = state.get();
        if (!now.past().wasConnected()) {
            end(messages.unreachable(now));
        }
    }

    ReadBatcher reads() {
        return reads;
    }

    WatchRegistry watches() {
        return watches;
    }

    /** False once the session has failed: whoever asks for these settings next gets a new one. */
    boolean isUsable() {
        return !(state.get() instanceof Ended);
    }

    ZooKeeperClient.Statistics statistics() {
        SessionState now = state.get();
        return new ZooKeeperClient.Statistics(
                now.isConnected(),
                Math.max(0, now.past().connects() - 1),
                now.past().expiries());
    }

    CompletableFuture<Long> sync() {
        return request("sync", "/", Connection::sync);
    }

    /** As {@link ZooKeeperClient#newestZxid}. */
    long newestZxid() {
        return state.get() instanceof Open open ? open.connection().newestZxid() : 0;
    }

    /** Who this is to the server; empty while it is not connected. */
    Optional<SessionIdentity> identity() {
        return state.get() instanceof Open open && open.connected() ? Optional.of(open.identity()) : Optional.empty();
    }

    /** Of the newest session that was connected; zero if none was yet. */
    Duration negotiatedTimeout() {
        return state.get().past().negotiatedTimeout();
    }

    CompletableFuture<List<String>> ephemerals() {
        return request("list the ephemeral znodes of", "/", Connection::ephemerals);
    }

    CompletableFuture<WriteResult> write(List<ZNodeWrite> writes, UnaryOperator<String> serverPath) {
        return request("write", writes.get(0).path(), current -> current.write(writes, serverPath));
    }

    /** Why nothing can be created at all. */
    ZooKeeperException noChroot() {
        return messages.noChroot();
    }

    /** Sends a request that does not wait for a connection. */
    private <T> CompletableFuture<T> request(
            String verb, String path, Function<Connection, CompletableFuture<T>> send) {
        SessionState now = state.get();
        if (now instanceof Open open && open.connected()) {
            return send.apply(open.connection());
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
        SessionShutdown last = ((Ended) state.get()).shutdown().join();
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
        SessionState last =
                state.getAndUpdate(now -> now instanceof Ended ? now : new Ended(now.past(), cause, shutdown));
        if (last instanceof Ended) {
            return;
        }
        if (last instanceof Open open) {
            shutdown.complete(how.apply(open.connection()));
        } else if (last instanceof Unconnected between) {
            between.shutdown().thenAccept(shutdown::complete);
        }
        timer.end();
        reads.fail(cause);
        watches.fail(cause);
    }

    private void connect() {
        if (!(state.get() instanceof Unconnected between)) {
            return;
        }
        Connection made;
        try {
            made = Connection.open(settings, between.resume());
        } catch (IOException | RuntimeException | Error e) {
            notMade(e);
            return;
        }
        SessionState before = state.getAndUpdate(now -> now instanceof Unconnected last ? last.made(made) : now);
        made.listen(event -> onEvent(made, event));
        if (before instanceof Ended) {
            made.close().await();
        }
    }

    private void notMade(Throwable cause) {
        String reason = cause instanceof ZooKeeperException ? cause.getMessage() : cause.toString();
        SessionState before = state.getAndUpdate(now -> now instanceof Unconnected last ? last.notMade(reason) : now);
        if (before instanceof Unconnected between && !reason.equals(between.reason())) {
            messages.notMade(reason);
        }
        if (!before.past().wasConnected() && cause instanceof ZooKeeperException permanent) {
            end(permanent);
        } else {
            reconnectLater();
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
        SessionState now = state.get();
        // Servers that knew us before may do so again: certificates are replaced one by one.
        if (now.isWith(source) && (!now.past().wasConnected() || source.wasConnected())) {
            end(messages.refused(source));
        }
    }

    private void onConnected(Connection source) {
        Duration timeout = Duration.ofMillis(source.zooKeeper().getSessionTimeout());
        SessionState before = state.getAndUpdate(now ->
                now.isWith(source) && now instanceof Open open ? open.connected(source.identity(), timeout) : now);
        if (!before.isWith(source)) {
            return;
        }
        messages.connected(!before.past().wasConnected(), timeout);
        reads.connected(source.zooKeeper());
        watches.connected(source);
    }

    private void onDisconnected(Connection source) {
        SessionState before =
                state.getAndUpdate(now -> now.isWith(source) && now instanceof Open open ? open.disconnected() : now);
        if (!before.isWith(source) || !before.isConnected()) {
            return;
        }
        messages.disconnected();
        reads.disconnected();
        watches.lost();
    }

    /**
     * ZooKeeper's client also reports an expiry when no server has answered for so long that the session must have
     * expired.
     */
    private void onExpired(Connection source) {
        onDisconnected(source);
        boolean isCertain = !dedicated || !source.wasConnected();
        CompletableFuture<SessionShutdown> shutdown = new CompletableFuture<>();
        SessionState before = state.getAndUpdate(
                now -> now.isWith(source) && now instanceof Open open ? open.expired(isCertain, shutdown) : now);
        if (!before.isWith(source)) {
            return;
        }
        messages.expired(isCertain);
        shutdown.complete(source.close());
        reconnectLater();
    }

    /** With jitter, since whatever expired one session is likely to have expired those of many tasks. */
    private void reconnectLater() {
        int jitter = ThreadLocalRandom.current().nextInt(MAX_JITTER_MILLIS);
        timer.later(jitter, this::connect);
    }
}
