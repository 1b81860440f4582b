// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.client.Failure;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionPool;
import io.zkflink.client.session.SessionShutdown;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.FeedSettings;
import io.zkflink.subtree.SubtreeFeed;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.Reconciler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
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
 * thread of its own does all the work until {@link #close}. It makes one attempt after the other: an attempt connects,
 * reads the subtree, and follows its changes until it fails. Who asks waits for the end of the first walk of an
 * attempt; but when an earlier one has found no server, he is told so at once, and the next attempt goes on in the
 * background.
 *
 * <p>While a connection that existed is lost, what was known is answered, until it is older than a limit.
 */
final class ZNodeMirror {

    private static final Logger LOG = LoggerFactory.getLogger(ZNodeMirror.class);

    private static final SharedResources<Key, ZNodeMirror> MIRRORS =
            new SharedResources<>(any -> true, ZNodeMirror::close);

    private static final long POLL_MILLIS = 100;
    private static final Duration SERVER_POLL = Duration.ofSeconds(5);
    private static final Duration LONGEST_END = Duration.ofSeconds(10);
    private static final Duration SLACK = Duration.ofSeconds(5);
    private static final long NOTHING_SEEN = 0;

    /** What mirrors are shared by. */
    record Key(ConnectionSettings connection, String root, Duration maxStaleness) {}

    private final Key key;
    private final Function<ConnectionSettings, ZooKeeperClient> open;
    private final Thread thread;

    private volatile boolean closed;

    // Guarded by this.
    private Attempt attempt = new Attempt();
    private ZooKeeperException unreachable;
    private long changes;

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

    /** From connecting to the failure that ends it. */
    private static final class Attempt {
        private final CompletableFuture<Void> complete = new CompletableFuture<>();
        private final Map<String, ZNode> znodes = new ConcurrentHashMap<>();
        private volatile ZooKeeperClient client;
        /** Why nothing may be answered although all was read once, or null. */
        private volatile IOException refusal;

        boolean hasFailed() {
            return complete.isCompletedExceptionally();
        }
    }

    // ---- Whoever asks.

    /**
     * A znode as it was last seen.
     *
     * @throws IOException if it is not known what is there
     */
    Optional<ZNode> get(String path) throws IOException {
        return Optional.ofNullable(await().znodes.get(path));
    }

    /**
     * The znodes right below another one, in the order in which they were created.
     *
     * @throws IOException if it is not known what is there
     */
    List<ZNode> children(String parent) throws IOException {
        String prefix = parent + "/";
        return await().znodes.values().stream()
                .filter(znode -> znode.path().startsWith(prefix) && znode.path().indexOf('/', prefix.length()) < 0)
                .sorted((a, b) -> Long.compare(a.stat().czxid(), b.stat().czxid()))
                .toList();
    }

    /** Waits until it is known what is there. */
    private Attempt await() throws IOException {
        Attempt current;
        synchronized (this) {
            current = attempt;
            if (current.hasFailed()) {
                // The next one has to begin after the question: whatever was refused may have been granted meanwhile.
                current = attempt = new Attempt();
                notifyAll();
            }
            if (unreachable != null && !current.complete.isDone()) {
                throw unreachable;
            }
        }
        Duration longest = key.connection().patience().plus(SLACK);
        try {
            current.complete.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new ZooKeeperException(
                    Failure.CONNECTION_LOST,
                    "ZooKeeper at '" + key.connection().connectString() + "' could not be read within "
                            + longest.toMillis() + " ms: '" + key.root() + "' was not answered.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for ZooKeeper.", e);
        }
        IOException refusal = current.refusal;
        if (refusal != null) {
            throw new IOException(refusal.getMessage(), refusal);
        }
        return current;
    }

    private synchronized Attempt current() {
        return attempt;
    }

    /** The session that is in use now; waits for the first one to be asked for. */
    ZooKeeperClient client() throws IOException {
        long end = System.nanoTime() + SLACK.toNanos();
        while (true) {
            Attempt current;
            synchronized (this) {
                if (attempt.hasFailed()) {
                    attempt = new Attempt();
                    notifyAll();
                }
                current = attempt;
            }
            if (current.client != null || closed || System.nanoTime() > end) {
                break;
            }
            pause(1);
        }
        ZooKeeperClient client = current().client;
        if (client == null) {
            throw new ZooKeeperException(Failure.CLOSED, "The catalog was closed.");
        }
        return client;
    }

    /**
     * Waits until what the mirror knows of a znode is as new as what a server says, so that whoever has written sees
     * it.
     */
    void catchUp(String path, Duration longest) throws IOException {
        long end = System.nanoTime() + longest.toNanos();
        while (System.nanoTime() < end && !closed) {
            long before;
            synchronized (this) {
                before = changes;
            }
            ZNode known = current().znodes.get(path);
            ZNode there = Requests.get(client().read(path), longest).orElse(null);
            boolean both = known != null && there != null;
            boolean same = both ? isAsNew(known, there) : (known == null) == (there == null);
            if (same) {
                return;
            }
            awaitChange(before);
        }
    }

    private static boolean isAsNew(ZNode known, ZNode there) {
        return known.stat().czxid() == there.stat().czxid()
                && known.stat().mzxid() >= there.stat().mzxid();
    }

    private synchronized void awaitChange(long before) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS);
        try {
            while (changes == before && System.nanoTime() < end) {
                wait(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for ZooKeeper.", e);
        }
    }

    private static void pause(long millis) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for ZooKeeper.", e);
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
        pause(1);
        synchronized (this) {
            if (unreachable != null) {
                throw unreachable;
            }
        }
    }

    /** Ends the thread and waits for it. */
    void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        SessionShutdown.awaitEnd(thread, LONGEST_END);
    }

    // ---- The mirror's thread.

    private void run() {
        while (!closed) {
            Attempt current = current();
            IOException failure = follow(current);
            synchronized (this) {
                boolean noServer = failure instanceof ZooKeeperException e && e.failure() == Failure.UNREACHABLE;
                unreachable = noServer ? (ZooKeeperException) failure : null;
                current.complete.completeExceptionally(failure);
                if (!current.hasFailed()) {
                    current.refusal = failure;
                }
                if (noServer && !closed) {
                    attempt = new Attempt();
                }
            }
            awaitNext(current);
        }
    }

    /** One that failed for another reason than that no server was there is repeated for whoever asks next. */
    private synchronized void awaitNext(Attempt last) {
        while (attempt == last && !closed) {
            try {
                if (!last.hasFailed()) {
                    attempt = new Attempt();
                    return;
                }
                wait();
            } catch (InterruptedException e) {
                closed = true;
            }
        }
    }

    /** Follows the subtree; gives the reason why it ended. */
    private IOException follow(Attempt current) {
        Reconciler reconciler = new Reconciler(false);
        try (ZooKeeperClient client = open.apply(key.connection());
                SubtreeFeed feed = feed(client)) {
            current.client = client;
            feed.open();
            while (!closed) {
                List<FeedEvent> events = feed.poll(POLL_MILLIS);
                for (FeedEvent event : events) {
                    see(event, reconciler, current);
                }
                if (!events.isEmpty()) {
                    synchronized (this) {
                        changes++;
                        notifyAll();
                    }
                }
                checkAge(feed.lostSince(), current);
            }
            return new ZooKeeperException(Failure.CLOSED, "The catalog was closed.");
        } catch (IOException e) {
            return e;
        } catch (InterruptedException | RuntimeException e) {
            LOG.error("What is below '{}' cannot be followed any more.", key.root(), e);
            return new IOException("What is below '" + key.root() + "' could not be read: " + e, e);
        }
    }

    private SubtreeFeed feed(ZooKeeperClient client) {
        PathTemplate template = PathTemplate.parse(
                key.connection().base(), key.root() + "/{*path}", PathEncoding.NONE, column -> SegmentType.STRING);
        FeedSettings settings = new FeedSettings(true, true, SERVER_POLL, Content.DATA, Duration.ZERO, false);
        return new SubtreeFeed(client, template, path -> true, NOTHING_SEEN, settings);
    }

    private void see(FeedEvent event, Reconciler reconciler, Attempt current) {
        if (event instanceof Observation observation) {
            reconciler.observe(observation).ifPresent(change -> apply(change, current.znodes));
        } else if (event instanceof WalkEnded ended) {
            reconciler.walkEnded(ended, change -> apply(change, current.znodes));
            synchronized (this) {
                unreachable = null;
            }
            current.complete.complete(null);
        }
    }

    private static void apply(Change change, Map<String, ZNode> znodes) {
        if (change instanceof Change.Created created) {
            znodes.put(change.path(), created.znode());
        } else if (change instanceof Change.Changed changed) {
            znodes.put(change.path(), changed.znode());
        } else if (change instanceof Change.Recreated recreated) {
            znodes.put(change.path(), recreated.znode());
        } else {
            znodes.remove(change.path());
        }
    }

    private void checkAge(OptionalLong lost, Attempt current) {
        boolean stale = lost.isPresent()
                && System.nanoTime() - lost.getAsLong() > key.maxStaleness().toNanos();
        if (!stale) {
            current.refusal = null;
        } else if (current.refusal == null) {
            current.refusal = new IOException(String.format(
                    "What is known of '%s' is out of date: the connection to ZooKeeper at '%s' has been lost for more than"
                            + " %d ms. Check that the servers run and can be reached.",
                    key.root(),
                    key.connection().connectString(),
                    key.maxStaleness().toMillis()));
        }
    }
}
