// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.sink.batch.GuardException;
import io.zkflink.sink.batch.GuardedClient;
import io.zkflink.sink.batch.KnownZNodes;
import io.zkflink.sink.batch.MissingParents;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A session of which only the writer that was attached to it last can write, though an earlier one may still be
 * connected as the same session and not know that its time is over.
 *
 * <p>The session owns an ephemeral znode, its epoch. Whoever attaches sets it, and so changes its version; every
 * request begins with a check that it still has that version. A writer that is killed, cut off or overtaken between
 * attaching and setting the epoch does no harm: it has written nothing, and the one before it still can. Two that
 * attach at the same time both set the epoch, and the later one wins. The epoch goes with its session, so that it needs
 * no cleaning.
 *
 * <p>An epoch that somebody has deleted cannot be made anew, since the version of the new one may be one that an
 * earlier writer checks: its session is ended instead.
 *
 * <p>Owned by one thread, which everything happens on.
 */
final class EpochFencedSession {

    private static final int MAX_ROUNDS = 20;

    private final DedicatedSession session;
    private final GuardedClient client;
    /** The parent of the epochs of sessions that begin now. */
    private final String epochs;

    private final Acl acl;
    private final MissingParents parents;
    private final Executor thread;
    /** The session that must have an epoch already; null if there is none. */
    private final SessionIdentity restored;

    /** Whose epoch is known; null before there is one. */
    private SessionIdentity established;

    private int version;
    /** Where the restored session has its epoch; null unless that is below another znode than those of today. */
    private String earlierEpoch;

    /**
     * @param restored the session that this one goes on with; null for none
     * @param epochs the parent of all epochs
     * @param rows says which ACL epochs get
     */
    EpochFencedSession(
            DedicatedSession session,
            SessionIdentity restored,
            String epochs,
            SinkSettings.Rows rows,
            Executor thread) {
        this.session = session;
        this.client = new GuardedClient(session, this::guard);
        this.restored = restored;
        this.epochs = epochs;
        this.acl = rows.ownAcl();
        this.parents = new MissingParents(session, rows.parentAcl(), new KnownZNodes(), thread);
        this.thread = thread;
    }

    DedicatedSession session() {
        return session;
    }

    /** Writes what it is given only while the session is ours; once there is an {@link #established} one. */
    GuardedClient client() {
        return client;
    }

    /** The session that is known to be ours alone, though it may have expired since; null before there is one. */
    SessionIdentity established() {
        return established;
    }

    /** What every request has to begin with. */
    private List<ZNodeWrite> guard() {
        return List.of(new ZNodeWrite.Check(path(established), version));
    }

    boolean isEpoch(String path) {
        return path.startsWith(epochs + "/") || path.equals(earlierEpoch);
    }

    private String path(SessionIdentity identity) {
        boolean isEarlier = earlierEpoch != null && restored.id() == identity.id();
        return isEarlier ? earlierEpoch : epochs + "/" + identity.name();
    }

    /**
     * Makes sure that the session is ours alone, and that all that was sent before is decided by now. Fails if there is
     * no connection, or if the session is somebody else's by now.
     */
    CompletableFuture<SessionIdentity> establish() {
        return session.identity().map(this::establish).orElseGet(() -> CompletableFuture.failedFuture(disconnected()));
    }

    private static ZooKeeperException disconnected() {
        return new ZooKeeperException(Failure.CONNECTION_LOST, "There is no connection to ZooKeeper.");
    }

    private CompletableFuture<SessionIdentity> establish(SessionIdentity now) {
        if (established != null && established.id() == now.id()) {
            return client.check().thenApply(holds -> now);
        }
        return session.sync().thenComposeAsync(zxid -> setEpoch(now, MAX_ROUNDS), thread);
    }

    private CompletableFuture<SessionIdentity> setEpoch(SessionIdentity now, int rounds) {
        String path = path(now);
        return session.read(path)
                .thenComposeAsync(
                        found -> {
                            boolean mustExist = restored != null && restored.id() == now.id();
                            if (found.isEmpty() && mustExist) {
                                return findEarlierEpoch(now, path, rounds);
                            }
                            if (found.isPresent() && found.get().stat().ephemeralOwner() != now.id()) {
                                return CompletableFuture.failedFuture(foreign(path));
                            }
                            ZNodeWrite write = found.<ZNodeWrite>map(this::set)
                                    .orElseGet(
                                            () -> new ZNodeWrite.Create(path, timeout(), CreateMode.EPHEMERAL, 0, acl));
                            return session.write(List.of(write))
                                    .thenComposeAsync(refusal -> decide(now, found, refusal, rounds), thread);
                        },
                        thread);
    }

    /**
     * {@code sink.commit-path} may be another one than that of the writer before; its session keeps the epoch that it
     * has.
     */
    private CompletableFuture<SessionIdentity> findEarlierEpoch(SessionIdentity now, String path, int rounds) {
        String end = path.substring(path.lastIndexOf('/', path.lastIndexOf('/') - 1));
        return session.ephemerals()
                .thenComposeAsync(
                        owned -> {
                            Optional<String> earlier = owned.stream()
                                    .filter(znode -> znode.endsWith(end) && !znode.equals(earlierEpoch))
                                    .findFirst();
                            if (earlier.isEmpty() || rounds == 0) {
                                return CompletableFuture.failedFuture(gone(path));
                            }
                            earlierEpoch = earlier.get();
                            return setEpoch(now, rounds - 1);
                        },
                        thread);
    }

    private ZNodeWrite set(ZNode epoch) {
        return new ZNodeWrite.SetData(epoch.path(), timeout(), epoch.stat().version());
    }

    /** What an epoch holds, for writers that wait for the end of the session. */
    private byte[] timeout() {
        return String.valueOf(session.negotiatedTimeout().toMillis()).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * For how many milliseconds the server keeps a session, of this connector or not, without hearing of it; 0 if that
     * is not known.
     */
    CompletableFuture<Long> timeoutMillis(long other) {
        return session.read(epochs + "/" + SessionIdentity.name(other)).handle((epoch, error) -> {
            String text = error != null || epoch.isEmpty()
                    ? ""
                    : new String(epoch.get().data(), StandardCharsets.UTF_8);
            return text.matches("\\d{1,9}") ? Long.parseLong(text) : 0;
        });
    }

    private CompletableFuture<SessionIdentity> decide(
            SessionIdentity now, Optional<ZNode> found, Optional<WriteRefusal> refusal, int rounds) {
        if (refusal.isEmpty()) {
            established = now;
            version = found.map(epoch -> epoch.stat().version() + 1).orElse(0);
            return CompletableFuture.completedFuture(now);
        }
        Failure failure = refusal.get().failure();
        if (failure == Failure.NO_NODE && found.isEmpty()) {
            return parents.create(List.of(path(now)), path(now))
                    .thenComposeAsync(none -> setEpoch(now, rounds), thread);
        }
        // Somebody else is attaching at the same time; the last one stays.
        boolean again = failure == Failure.BAD_VERSION || failure == Failure.NODE_EXISTS || failure == Failure.NO_NODE;
        return again && rounds > 0
                ? setEpoch(now, rounds - 1)
                : CompletableFuture.failedFuture(refusal.get().cause());
    }

    /**
     * What it means that the guard of a request was refused: transient if the session of the guard is not there any
     * more. Otherwise this writer has nothing to do with the session any more.
     */
    IOException violation(GuardException refusal) {
        boolean isSame =
                session.identity().map(now -> now.id() == established.id()).orElse(false);
        if (refusal.failure() == Failure.BAD_VERSION) {
            session.detach();
            return new IOException(
                    "The ZooKeeper session " + established.name()
                            + " of this writer was taken over by another one, which"
                            + " Flink started in its place. This one writes nothing any more.",
                    refusal);
        }
        if (refusal.failure() == Failure.NO_NODE) {
            return isSame ? gone(path(established)) : disconnected();
        }
        return refusal;
    }

    private IOException gone(String path) {
        // Whoever may still hold on to an earlier epoch cannot be told from us any more.
        session.close();
        return new IOException(
                "The znode '" + path + "', by which a writer knows that its ZooKeeper session is its own,"
                        + " was deleted by somebody else. The session was ended; when the job restarts it begins another one and"
                        + " creates its rows again. Let nobody delete what is below 'sink.commit-path'.");
    }

    private static IOException foreign(String path) {
        return new IOException("The znode '" + path + "' is not one that this connector has created: 'sink.commit-path'"
                + " must name a znode that nobody else writes below.");
    }
}
