// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.MirrorState.Complete;
import io.zkflink.catalog.MirrorState.Failed;
import io.zkflink.catalog.MirrorState.Reading;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionPool;
import io.zkflink.client.session.SessionShutdown;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The znodes below a root in memory, kept up to date by a watch, so that nothing has to be asked of a server to plan a
 * statement, and so that statements can be planned while no server answers.
 *
 * <p>Life cycle: shared by all catalogs, or catalog stores, of a class loader that have the same root and connection. A
 * thread of its own does all the work until {@link #close}: it connects, reads the subtree, and follows its changes
 * until that fails, and begins again. What it knows is one immutable {@link MirrorState}, which that thread alone
 * replaces; all others read it, and wait for the next one.
 *
 * <p>Who asks waits until the subtree has been read; but when an earlier session has found no server, the question
 * fails at once, and the next session goes on in the background. While a connection that existed is lost, what was
 * known is answered, until it is older than a limit.
 */
final class ZNodeMirror {

    private static final Logger LOG = LoggerFactory.getLogger(ZNodeMirror.class);

    private static final SharedResources<Key, ZNodeMirror> MIRRORS =
            new SharedResources<>(any -> true, ZNodeMirror::close);

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration LONGEST_END = Duration.ofSeconds(10);
    private static final Duration SLACK = Duration.ofSeconds(5);

    /** What mirrors are shared by. */
    record Key(ConnectionSettings connection, String root, Duration maxStaleness) {}

    /** A state, and the one that replaces it. */
    private record View(MirrorState state, CompletableFuture<View> next) {
        View(MirrorState state) {
            this(state, new CompletableFuture<>());
        }
    }

    private final Key key;
    private final Function<ConnectionSettings, ZooKeeperClient> open;
    private final Thread thread;

    /** Questions since reading has failed: it is begun again for them, since what was denied may be granted by now. */
    private final Semaphore questions = new Semaphore(0);

    /** Written by the thread. */
    private volatile View view = new View(new Reading(null, null));

    private volatile boolean closed;

    ZNodeMirror(Key key, Function<ConnectionSettings, ZooKeeperClient> open) {
        this.key = key;
        this.open = open;
        thread = new Thread(this::run, "zookeeper-catalog " + key.root());
        thread.setDaemon(true);
        thread.start();
    }

    /** A share of the mirror of a root; starts it if there is none. Does not wait. */
    static SharedResources<Key, ZNodeMirror>.Lease lease(Key key) {
        return MIRRORS.lease(key, () -> new ZNodeMirror(key, SessionPool::open));
    }

    /** How many mirrors there are, for tests that look for leaks. */
    static int mirrors() {
        return MIRRORS.size();
    }

    // ---- Whoever asks.

    /**
     * A znode as it was last seen.
     *
     * @throws IOException if it is not known what is there
     */
    Optional<ZNode> get(String path) throws IOException {
        return Optional.ofNullable(znodes().get(path));
    }

    /**
     * The znodes right below another one, in the order in which they were created.
     *
     * @throws IOException if it is not known what is there
     */
    List<ZNode> children(String parent) throws IOException {
        String prefix = parent + "/";
        return znodes().values().stream()
                .filter(znode -> znode.path().startsWith(prefix) && znode.path().indexOf('/', prefix.length()) < 0)
                .sorted((a, b) -> Long.compare(a.stat().czxid(), b.stat().czxid()))
                .toList();
    }

    /** What is there; waits until that is known. */
    private Map<String, ZNode> znodes() throws IOException {
        Duration longest = key.connection().totalTimeout().plus(SLACK);
        long end = System.nanoTime() + longest.toNanos();
        View now = view;
        if (now.state() instanceof Failed && !closed) {
            questions.release();
            now = next(now, end);
        }
        for (; now != null; now = next(now, end)) {
            Map<String, ZNode> znodes = now.state().znodes();
            if (znodes != null) {
                return znodes;
            }
        }
        throw new ZooKeeperException(
                Failure.CONNECTION_LOST,
                "ZooKeeper at '" + key.connection().connectString() + "' could not be read within " + longest.toMillis()
                        + " ms: '" + key.root() + "' was not answered.");
    }

    /** The view after another one; null if there is none in time. */
    private static View next(View view, long end) throws IOException {
        try {
            return view.next().get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw Requests.interrupted(e);
        }
    }

    /** The session that is in use now; waits for one to be opened. */
    ZooKeeperClient client() throws IOException {
        long end = System.nanoTime() + SLACK.toNanos();
        for (View now = view; now != null && !closed; now = next(now, end)) {
            if (now.state().client() != null) {
                return now.state().client();
            }
            if (now.state() instanceof Failed) {
                questions.release();
            }
        }
        throw closed
                ? new ZooKeeperException(Failure.CLOSED, "The catalog was closed.")
                : new ZooKeeperException(
                        Failure.UNREACHABLE,
                        "No connection was begun to ZooKeeper at '"
                                + key.connection().connectString() + "' within " + SLACK.toMillis()
                                + " ms. Try again.");
    }

    /**
     * Waits until what the mirror knows of a znode is as new as what a server says, so that whoever has written sees
     * it.
     */
    void catchUp(String path, Duration longest) throws IOException {
        long end = System.nanoTime() + longest.toNanos();
        while (System.nanoTime() < end && !closed) {
            View before = view;
            ZNode there = Requests.get(client().read(path), longest).orElse(null);
            if (before.state().isAsNew(path, there)) {
                return;
            }
            next(before, System.nanoTime() + POLL.toNanos());
        }
    }

    /**
     * For whoever was using a session that was closed meanwhile, which happens when no server answers it: there will be
     * another one, unless this mirror is closed itself.
     *
     * @throws IOException if there will be none, or no server answered the last one
     */
    void checkReplaced(ZooKeeperException closedSession) throws IOException {
        if (closed) {
            throw closedSession;
        }
        if (view.state() instanceof Reading reading && reading.unreachable() != null) {
            throw reading.unreachable();
        }
    }

    /** Ends the thread and waits for it. */
    void close() {
        closed = true;
        questions.release();
        SessionShutdown.awaitEnd(thread, LONGEST_END);
    }

    // ---- The mirror's thread.

    private void run() {
        while (!closed) {
            IOException failure = follow();
            boolean isUnreachable = failure instanceof ZooKeeperException e && e.failure() == Failure.UNREACHABLE;
            if (!isUnreachable && !(view.state() instanceof Complete)) {
                become(new Failed(failure));
                awaitQuestion();
            }
            become(new Reading(null, isUnreachable ? (ZooKeeperException) failure : null));
        }
        become(new Failed(new ZooKeeperException(Failure.CLOSED, "The catalog was closed.")));
    }

    private void become(MirrorState state) {
        View before = view;
        view = new View(state);
        before.next().complete(view);
    }

    private void awaitQuestion() {
        try {
            questions.acquire();
            questions.drainPermits();
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** Follows the subtree; gives the reason why that ended. */
    private IOException follow() {
        try (FollowedSubtree subtree = new FollowedSubtree(key, open)) {
            become(((Reading) view.state()).with(subtree.client()));
            subtree.open();
            while (!closed) {
                MirrorState read = subtree.poll(POLL);
                if (read != null) {
                    become(read);
                }
            }
            return new ZooKeeperException(Failure.CLOSED, "The catalog was closed.");
        } catch (IOException e) {
            return e;
        } catch (InterruptedException | RuntimeException e) {
            LOG.error("What is below '{}' cannot be followed any more.", key.root(), e);
            return new IOException("What is below '" + key.root() + "' could not be read: " + e, e);
        }
    }
}
