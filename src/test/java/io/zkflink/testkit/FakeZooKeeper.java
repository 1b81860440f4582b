// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import io.zkflink.client.Acl;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.settings.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A ZooKeeper in memory, server and client in one, in which a test decides what happens when.
 *
 * <p>It starts connected and empty. Whatever a call causes (answers, events) is delivered before that call returns, by
 * the calling thread, in the order in which a server would have sent it; what such a callback causes in turn comes
 * after that, so callbacks never nest, as on a real event thread. (While another thread delivers, it delivers ours
 * too.) Given an executor of one thread, callbacks run there instead.
 *
 * <p>Requests are answered at once, or, after {@link #holdReads}, one by one as the test says, with the tree as it is
 * when they are answered. Thread-safe.
 */
public final class FakeZooKeeper implements DedicatedSession {

    /** No path begins like this. */
    private static final String NOWHERE = "nowhere";

    private final Executor eventThread;
    private final ArrayDeque<Runnable> callbacks = new ArrayDeque<>();
    private boolean delivering;

    private final FakeTree tree = new FakeTree();
    private final ArrayDeque<Request<?>> waiting = new ArrayDeque<>();
    private final List<String> answered = new ArrayList<>();
    private final List<FakeWatch> watches = new ArrayList<>();
    private final Map<String, Failure> failingReads = new HashMap<>();
    private final Map<String, Failure> failingWatches = new HashMap<>();
    private Predicate<String> throttled = request -> false;
    private boolean connected = true;
    private boolean holding;
    private boolean closed;
    private boolean detached;
    private ZooKeeperException failed;
    /** Of the client; others follow when it expires. */
    private long session = 0x1001;
    /** How many requests are answered before one is lost; negative if none is. */
    private int untilBreak = -1;

    private boolean breakMakes;
    private boolean lags;
    /** Whether events say which transaction they are of. */
    private boolean zxidsInEvents = true;
    /** Of the answers and events of this connection. */
    private long newestZxid;
    /** What the server shows that we are connected to; null if that is up to date. */
    private FakeTree stale;

    public FakeZooKeeper() {
        this(Runnable::run);
    }

    /** @param eventThread runs all callbacks; must run one at a time */
    public FakeZooKeeper(Executor eventThread) {
        this.eventThread = eventThread;
    }

    // ---- The client.

    @Override
    public CompletableFuture<Optional<ZNode>> read(String path) {
        return submit(new Request<>("read", path, () -> seen().znode(path)));
    }

    @Override
    public CompletableFuture<Optional<ZNode>> stat(String path) {
        return submit(new Request<>("stat", path, () -> seen().znode(path).map(ZNode::withoutData)));
    }

    @Override
    public CompletableFuture<Optional<List<String>>> children(String path) {
        return submit(new Request<>("children", path, () -> seen().children(path)));
    }

    @Override
    public CompletableFuture<Boolean> exists(String path) {
        return submit(new Request<>("exists", path, () -> tree.znode(path).isPresent()));
    }

    @Override
    public CompletableFuture<Long> sync() {
        return submitIfConnected(new Request<>("sync", "/", () -> upToDate().zxid()));
    }

    @Override
    public synchronized long newestZxid() {
        return newestZxid;
    }

    @Override
    public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
        return submitIfConnected(
                new Request<>("write", writes.get(0).path(), () -> upToDate().write(writes, session, this::fire)));
    }

    @Override
    public CompletableFuture<Void> createNamespace(Acl acl) {
        return CompletableFuture.failedFuture(new ZooKeeperException(Failure.NO_NODE, "The fake has no namespace."));
    }

    /** Nobody can be brought up to date, or written to, who is not there: the real client does not wait either. */
    private <T> CompletableFuture<T> submitIfConnected(Request<T> request) {
        synchronized (this) {
            if (!connected && !closed && failed == null) {
                request.fail(Failure.CONNECTION_LOST);
                return request.result;
            }
        }
        return submit(request);
    }

    @Override
    public synchronized Optional<SessionIdentity> identity() {
        return connected ? Optional.of(new SessionIdentity(session, new Secret("secret"))) : Optional.empty();
    }

    @Override
    public Duration negotiatedTimeout() {
        return Duration.ofSeconds(4);
    }

    @Override
    public CompletableFuture<List<String>> ephemerals() {
        return submitIfConnected(new Request<>("ephemerals", "/", () -> tree.ephemerals(session)));
    }

    /** Ends the client; what the session owns stays. */
    @Override
    public void detach() {
        synchronized (this) {
            detached = true;
        }
        close();
    }

    @Override
    public Watch watch(String root, WatchListener listener) {
        return add(new FakeWatch(root, listener));
    }

    @Override
    public Watch listen(WatchListener listener) {
        return add(new FakeWatch(NOWHERE, listener));
    }

    @Override
    public synchronized ZooKeeperClient.Statistics statistics() {
        return new ZooKeeperClient.Statistics(connected, 0, 0);
    }

    private Watch add(FakeWatch watch) {
        synchronized (this) {
            ZooKeeperException refusal = refusal();
            if (refusal != null) {
                callbacks.add(() -> watch.listener.failed(refusal));
            } else {
                watches.add(watch);
                if (connected) {
                    establish(watch);
                }
            }
        }
        deliver();
        return watch;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            watches.forEach(watch -> watch.closed = true);
            watches.clear();
            failWaiting(Failure.CLOSED);
        }
        deliver();
    }

    // ---- What other programs do. Each call is a transaction and returns its zxid.

    /** Creates a znode, each missing parent in a transaction of its own. */
    public long create(String path, String data) {
        return createRaw(path, bytes(data));
    }

    /** As {@link #create(String, String)}; the data may be null. */
    public long createRaw(String path, byte[] data) {
        return change(() -> tree.create(path, data, this::fire));
    }

    public long set(String path, String data) {
        return setRaw(path, bytes(data));
    }

    public long setRaw(String path, byte[] data) {
        return change(() -> tree.set(path, data, this::fire));
    }

    public long delete(String path) {
        return change(() -> tree.delete(path, this::fire));
    }

    /** Deletes a znode with all below it, each in a transaction of its own. */
    public long deleteTree(String path) {
        return change(() -> tree.deleteTree(path, this::fire));
    }

    /** Makes all changes of the action one transaction, as {@code multi} does: one zxid for all. */
    public long transaction(Runnable action) {
        return change(() -> tree.transaction(action));
    }

    /** Creates an ephemeral znode of another session. */
    public synchronized void createEphemeral(String path, String data, long owner) {
        create(path, data);
        tree.own(path, owner);
    }

    /** Denies creations in a znode, of what is there already, too, as a server does. */
    public synchronized void denyCreationsIn(String path) {
        tree.close(path);
    }

    /** Who may do what with a znode that the client has created; null for others. */
    public synchronized Acl acl(String path) {
        return tree.acl(path);
    }

    // ---- The server.

    /** Loses all transactions and znodes without any event, as when an ensemble was built anew. */
    public synchronized void forget() {
        tree.clear();
    }

    /** The next transaction gets the zxid after this one; lower than before, the ensemble is behind. */
    public synchronized void setZxid(long zxid) {
        tree.setZxid(zxid);
    }

    /** The zxid of the last transaction, which is what {@link #sync} answers. */
    public synchronized long zxid() {
        return tree.zxid();
    }

    /** What {@code ctime} and {@code mtime} of the next transactions are. */
    public synchronized void setClock(long millis) {
        tree.setClock(millis);
    }

    // ---- The connection.

    /** Loses the connection: requests that wait fail, later ones wait, changes go unreported. */
    public void lose() {
        disconnect(Failure.CONNECTION_LOST);
    }

    /** Loses the session, and what it owns with it. */
    public void expire() {
        disconnect(Failure.SESSION_EXPIRED);
        synchronized (this) {
            tree.ephemerals(session).forEach(path -> tree.delete(path, this::fire));
            session++;
        }
    }

    /**
     * Breaks the connection once, and connects again at once.
     *
     * @param requests how many are answered before
     * @param made whether the request is made whose answer is lost
     */
    public synchronized void breakAfter(int requests, boolean made) {
        untilBreak = requests;
        breakMakes = made;
    }

    /** The server that is connected to after the break does not know the lost request yet: until it syncs or writes. */
    public synchronized void lagAfterBreak() {
        lags = true;
    }

    /** The server that is connected to does not hear of anything from now on: until it syncs or writes. */
    public synchronized void lag() {
        stale = tree.copy();
    }

    /** Events say no more which transaction they are of, as those of servers before 3.9. */
    public synchronized void hideZxidsOfEvents() {
        zxidsInEvents = false;
    }

    /** Whether the break has not come yet. */
    public synchronized boolean isToBreak() {
        return untilBreak >= 0;
    }

    /** Connects again, with the same session or the next one: establishes the watches. */
    public void reconnect() {
        synchronized (this) {
            if (connected || refusal() != null) {
                return;
            }
            connected = true;
            answerUnlessHeld();
            List.copyOf(watches).forEach(this::establish);
        }
        deliver();
    }

    /** Fails the session for good, as refused credentials do. */
    public void fail(Failure failure) {
        synchronized (this) {
            failed = new ZooKeeperException(failure, "The fake ZooKeeper has failed: " + failure + ".");
            connected = false;
            failWaiting(failure);
            ZooKeeperException cause = failed;
            watches.forEach(watch -> tell(watch, listener -> listener.failed(cause)));
            watches.clear();
        }
        deliver();
    }

    /** Fails every read of this path (data or children), answered from now on, until {@link #healReads}. */
    public synchronized void failReads(String path, Failure failure) {
        failingReads.put(path, failure);
    }

    public synchronized void healReads(String path) {
        failingReads.remove(path);
    }

    /**
     * Refuses some requests, of those answered from now on, as a server does that has too much to do: they fail as if
     * the connection were lost, and it lives.
     *
     * @param refused given a request as in {@link #held}
     */
    public synchronized void throttle(Predicate<String> refused) {
        throttled = refused;
    }

    /** Fails every watch that is put on this root from now on. */
    public synchronized void failWatch(String root, Failure failure) {
        failingWatches.put(root, failure);
    }

    // ---- The order of answers.

    /** Answers no request from now on unless the test says so. */
    public synchronized void holdReads() {
        holding = true;
    }

    /** What waits for its answer, oldest first: {@code read /a}, {@code children /a}, {@code sync /}. */
    public synchronized List<String> held() {
        dropCancelled();
        return waiting.stream().map(Request::toString).toList();
    }

    /** Answers the oldest request; returns which it was. */
    public String answerNext() {
        String description;
        synchronized (this) {
            dropCancelled();
            if (!connected || waiting.isEmpty()) {
                throw new IllegalStateException(connected ? "No request waits" : "Nothing is answered while lost");
            }
            Request<?> next = waiting.poll();
            description = next.toString();
            answer(next);
        }
        deliver();
        return description;
    }

    /** Answers what waits, and what those answers lead to, until nothing waits; still holds what is asked later. */
    public void answerAll() {
        while (!held().isEmpty()) {
            answerNext();
        }
    }

    /** Answers at once again, first of all what waits. */
    public void releaseReads() {
        synchronized (this) {
            holding = false;
            answerUnlessHeld();
        }
        deliver();
    }

    // ---- What there is to see.

    /** All znodes below a path (without the path itself) with their data, "" for none. */
    public synchronized SortedMap<String, String> tree(String path) {
        return tree.below(path);
    }

    public synchronized Optional<ZNode> znode(String path) {
        return tree.znode(path);
    }

    /** All requests answered so far, as in {@link #held}. */
    public synchronized List<String> answered() {
        return List.copyOf(answered);
    }

    /** How many watches have not been closed. */
    public synchronized int watchCount() {
        return watches.size();
    }

    public synchronized boolean isClosed() {
        return closed;
    }

    public synchronized boolean isDetached() {
        return detached;
    }

    // ---- Inside. Everything below but deliver() is called with the lock held.

    private <T> CompletableFuture<T> submit(Request<T> request) {
        boolean breaks;
        synchronized (this) {
            ZooKeeperException refusal = refusal();
            if (refusal != null) {
                request.result.completeExceptionally(refusal);
                return request.result;
            }
            waiting.add(request);
            breaks = untilBreak >= 0 && connected && untilBreak-- == 0;
            if (!breaks) {
                answerUnlessHeld();
            } else if (breakMakes) {
                FakeTree before = lags ? tree.copy() : null;
                request.answer();
                stale = before;
            }
        }
        if (breaks) {
            lose();
            reconnect();
        }
        deliver();
        return request.result;
    }

    private FakeTree seen() {
        return stale == null ? tree : stale;
    }

    private FakeTree upToDate() {
        stale = null;
        return tree;
    }

    private ZooKeeperException refusal() {
        return closed ? new ZooKeeperException(Failure.CLOSED, "The ZooKeeper client was closed.") : failed;
    }

    private void answerUnlessHeld() {
        if (connected && !holding) {
            dropCancelled();
            waiting.forEach(this::answer);
            waiting.clear();
        }
    }

    private void answer(Request<?> request) {
        answered.add(request.toString());
        newestZxid = Math.max(newestZxid, seen().zxid());
        Failure failure = throttled.test(request.toString()) ? Failure.CONNECTION_LOST : failingReads.get(request.path);
        callbacks.add(failure == null ? request.answer() : () -> request.fail(failure));
    }

    private void dropCancelled() {
        for (Iterator<Request<?>> requests = waiting.iterator(); requests.hasNext(); ) {
            if (requests.next().result.isDone()) {
                requests.remove();
            }
        }
    }

    private void failWaiting(Failure failure) {
        waiting.forEach(request -> callbacks.add(() -> request.fail(failure)));
        waiting.clear();
    }

    private void disconnect(Failure failure) {
        synchronized (this) {
            if (!connected) {
                return;
            }
            connected = false;
            failWaiting(failure);
            watches.forEach(watch -> tell(watch, WatchListener::lost));
        }
        deliver();
    }

    private long change(Runnable action) {
        long zxid;
        synchronized (this) {
            action.run();
            zxid = tree.zxid();
        }
        deliver();
        return zxid;
    }

    private void fire(String path, long made, boolean deleted) {
        if (connected) {
            long zxid = zxidsInEvents ? made : -1;
            for (FakeWatch watch : watches) {
                if (FakeTree.covers(watch.root, path)) {
                    if (deleted) {
                        tell(watch, listener -> listener.deleted(path, zxid));
                    } else {
                        tell(watch, listener -> listener.changed(path, zxid));
                    }
                }
            }
        }
    }

    private void establish(FakeWatch watch) {
        Failure failure = failingWatches.get(watch.root);
        if (failure == null) {
            tell(watch, WatchListener::established);
        } else {
            watches.remove(watch);
            tell(
                    watch,
                    listener -> listener.failed(new ZooKeeperException(
                            failure, "ZooKeeper could not watch '" + watch.root + "': " + failure + ".")));
        }
    }

    private void tell(FakeWatch watch, Consumer<WatchListener> what) {
        callbacks.add(() -> {
            if (!watch.closed) {
                what.accept(watch.listener);
            }
        });
    }

    private void deliver() {
        eventThread.execute(() -> {
            while (true) {
                Runnable next;
                synchronized (this) {
                    next = delivering ? null : callbacks.poll();
                    if (next == null) {
                        return;
                    }
                    delivering = true;
                }
                try {
                    next.run();
                } finally {
                    synchronized (this) {
                        delivering = false;
                    }
                }
            }
        });
    }

    private static byte[] bytes(String data) {
        return data.getBytes(StandardCharsets.UTF_8);
    }

    /** A request that waits for its answer. */
    private static final class Request<T> {
        private final String operation;
        private final String path;
        private final Supplier<T> value;
        private final CompletableFuture<T> result = new CompletableFuture<>();

        Request(String operation, String path, Supplier<T> value) {
            this.operation = operation;
            this.path = path;
            this.value = value;
        }

        /** Takes the value now, to be delivered later. */
        Runnable answer() {
            T now = value.get();
            return () -> result.complete(now);
        }

        void fail(Failure failure) {
            result.completeExceptionally(new ZooKeeperException(
                    failure, "ZooKeeper could not " + operation + " '" + path + "': " + failure + "."));
        }

        @Override
        public String toString() {
            return operation + " " + path;
        }
    }

    private final class FakeWatch implements Watch {
        private final String root;
        private final WatchListener listener;
        private volatile boolean closed;

        FakeWatch(String root, WatchListener listener) {
            this.root = root;
            this.listener = listener;
        }

        @Override
        public void close() {
            closed = true;
            synchronized (FakeZooKeeper.this) {
                watches.remove(this);
            }
        }
    }
}
