// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.Sighting.Observation;
import io.zkflink.subtree.Sighting.UpToDate;
import io.zkflink.subtree.Sighting.WalkBegun;
import io.zkflink.subtree.Sighting.WalkEnded;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches a subtree and reports what reads of it find: the one mechanism that start, restore, reconnect, expiry and
 * polling all share.
 *
 * <p>Whenever the watch has been established, {@code sync} is called, the subtree is walked, and the end of the walk is
 * reported; events only ask for one more read of their path. A walk that loses its connection is abandoned, because
 * whatever it had read may have changed unreported since, and the next one starts from the root. Where the server has no
 * recursive watches, the same walk is repeated at intervals.
 *
 * <p>One thread polls and by that does all the work; the session's event thread only notes what arrived. Nothing is
 * read unless somebody polls, and no more than a bounded number of reads is under way, so a slow consumer holds back the
 * reads; the changes that it is late for are conflated by path.
 */
public final class SubtreeFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SubtreeFeed.class);

    private static final int MAX_DIRTY = 500_000;
    private static final long RETRY_MILLIS = 1_000;
    private static final int MAX_READS = 2_000;
    private static final int MIN_READS = 16;
    private static final long MAX_READ_BYTES = 16 * 1024 * 1024;
    private static final int ZNODE_OVERHEAD_BYTES = 200;

    private enum Phase {
        /** No connection, or none yet on which the watch is in place. */
        DISCONNECTED,
        SYNCING,
        WALKING,
        FOLLOWING
    }

    private final ZooKeeperClient client;
    private final PathTemplate template;
    private final Predicate<String> wanted;
    private final FeedSettings settings;
    private final Listener listener = new Listener();
    private final Deadline nextWalk = new Deadline();
    private final Deadline nextProof = new Deadline();
    private final Object lock = new Object();

    // Guarded by lock.
    private ZooKeeperClient.Watch watch;
    private boolean polling;
    private boolean closed;
    private Phase phase = Phase.DISCONNECTED;
    private int walk;
    private long walkZxid;
    private boolean walkAnnounced;
    private long newestZxid;
    private final Set<String> dirty = new LinkedHashSet<>();
    /** With keys only: what events named since the walk began, and what a list from before may say wrongly. */
    private final Set<String> touched = new HashSet<>();

    private final ArrayDeque<Runnable> arrived = new ArrayDeque<>();
    private int reads;
    private boolean awake;
    private ZooKeeperException failure;
    private long events;
    private long conflated;
    private long walks;
    private long walkNanos;
    private volatile long walkMillis;
    private long lastWalkMillis;
    private long skipped;

    // Touched by the polling thread only.
    private SubtreeWalk frontier;
    private int frontierWalk;
    private int walkReads;
    private long meanBytes = MAX_READ_BYTES / MAX_READS;
    private List<Sighting> seen = new ArrayList<>();
    private boolean seenSinceUpToDate;
    private long provenMillis;

    /**
     * @param wanted which of the template's rows to read
     * @param newestZxid the highest zxid that the reader has ever seen; an ensemble that is behind it is refused
     */
    public SubtreeFeed(
            ZooKeeperClient client,
            PathTemplate template,
            Predicate<String> wanted,
            long newestZxid,
            FeedSettings settings) {
        this.client = client;
        this.template = template;
        this.wanted = wanted;
        this.newestZxid = newestZxid;
        this.settings = settings;
    }

    /** Starts watching; does not wait for a connection. */
    public void open() {
        follow(!settings.mayWatch());
    }

    /** Starts another walk, for a reader whose wishes have grown and who has seen more. */
    public void walkAgain(long seenZxid) {
        synchronized (lock) {
            newestZxid = Math.max(newestZxid, seenZxid);
            if (phase == Phase.DISCONNECTED) {
                return;
            }
        }
        begin();
    }

    /**
     * Waits until something was seen, for {@code timeoutMillis} at most, or until woken up.
     *
     * @return what was seen, oldest first; may be empty
     * @throws ZooKeeperException if the feed cannot go on
     */
    public List<Sighting> poll(long timeoutMillis) throws ZooKeeperException, InterruptedException {
        Deadline end = new Deadline();
        end.in(timeoutMillis);
        while (true) {
            if (nextWalk.isDue()) {
                nextWalk.never();
                begin();
            }
            if (nextProof.isDue()) {
                nextProof.in(settings.proofInterval().toMillis());
                prove();
            }
            List<Runnable> batch;
            boolean woken;
            synchronized (lock) {
                while (arrived.isEmpty() && failure == null && !awake && !canRead()) {
                    long left = Math.min(end.millis(), Math.min(nextWalk.millis(), nextProof.millis()));
                    if (left <= 0) {
                        break;
                    }
                    lock.wait(left);
                }
                if (failure != null) {
                    throw failure;
                }
                woken = awake;
                awake = false;
                batch = new ArrayList<>(arrived);
                arrived.clear();
            }
            batch.forEach(Runnable::run);
            advance();
            if (!seen.isEmpty() || woken || end.isDue()) {
                List<Sighting> result = seen;
                seen = new ArrayList<>();
                return result;
            }
        }
    }

    /** What was done so far; a snapshot. */
    public FeedStatistics statistics() {
        synchronized (lock) {
            return new FeedStatistics(
                    events, conflated, walks, lastWalkMillis, skipped, dirty.size() + reads, newestZxid);
        }
    }

    /** Makes a poll that waits, or the next one, return early. */
    public void wakeUp() {
        synchronized (lock) {
            awake = true;
            lock.notifyAll();
        }
    }

    /** Ends the watch; the client stays open. */
    @Override
    public void close() {
        ZooKeeperClient.Watch last;
        synchronized (lock) {
            closed = true;
            last = watch;
        }
        if (last != null) {
            last.close();
        }
        abandon();
    }

    /** Asks to be told of the connection, and of changes too unless they are polled for. */
    private void follow(boolean byPolling) {
        synchronized (lock) {
            polling = byPolling;
        }
        ZooKeeperClient.Watch next = byPolling ? client.listen(listener) : client.watch(template.root(), listener);
        ZooKeeperClient.Watch superfluous;
        synchronized (lock) {
            // The event thread may have gone over to polling while the first watch was being asked for.
            boolean outdated = closed || polling != byPolling;
            superfluous = outdated ? next : watch;
            watch = outdated ? watch : next;
        }
        if (superfluous != null) {
            superfluous.close();
        }
    }

    private boolean canRead() {
        if (phase != Phase.WALKING && phase != Phase.FOLLOWING) {
            return false;
        }
        if (phase == Phase.WALKING && !walkAnnounced) {
            return true;
        }
        return reads < maxReads() && (!dirty.isEmpty() || (phase == Phase.WALKING && walkReads == 0));
    }

    private int maxReads() {
        return (int) Math.max(MIN_READS, Math.min(MAX_READS, MAX_READ_BYTES / meanBytes));
    }

    /** Sends as many reads as may be under way, those of events first, and notices the end of the walk. */
    private void advance() {
        List<String> events = new ArrayList<>();
        int budget;
        int current;
        synchronized (lock) {
            if (phase != Phase.WALKING && phase != Phase.FOLLOWING) {
                return;
            }
            current = walk;
            if (!walkAnnounced) {
                walkAnnounced = true;
                frontier = new SubtreeWalk(template);
                frontierWalk = walk;
                walkReads = 0;
                seen.add(new WalkBegun(walk, walkZxid));
            }
            budget = maxReads() - reads;
            for (Iterator<String> paths = dirty.iterator(); paths.hasNext() && budget > 0; budget--) {
                events.add(paths.next());
                paths.remove();
            }
        }
        for (String path : events) {
            look(current, path, znode -> observed(path, znode), () -> noteDirty(path));
        }
        while (frontier != null && budget > 0) {
            SubtreeWalk.Step step = frontier.next();
            if (step == null) {
                break;
            }
            take(current, step);
            budget--;
        }
        if (frontier != null && walkReads == 0 && frontier.isExhausted()) {
            endWalk(current);
        }
        noteUpToDate(current);
    }

    private void endWalk(int ended) {
        long zxid;
        boolean polled;
        synchronized (lock) {
            if (walk != ended || phase != Phase.WALKING) {
                return;
            }
            phase = Phase.FOLLOWING;
            walks++;
            lastWalkMillis = (System.nanoTime() - walkNanos) / 1_000_000;
            skipped += frontier.skipped();
            touched.clear();
            zxid = walkZxid;
            polled = polling;
            if (polling) {
                nextWalk.in(settings.pollInterval().toMillis());
            }
        }
        if (!settings.proofInterval().isZero()) {
            // The sync at the begin of the walk was a proof, and between two polls there is none.
            provenMillis = walkMillis;
            if (!polled) {
                nextProof.in(settings.proofInterval().toMillis());
            }
        }
        frontier = null;
        seen.add(new WalkEnded(ended, zxid));
    }

    /** Says so when all that was reported has been read. */
    private void noteUpToDate(int current) {
        seenSinceUpToDate |= !seen.isEmpty();
        if (!seenSinceUpToDate || frontier != null) {
            return;
        }
        boolean watched;
        synchronized (lock) {
            watched = !polling;
            if (walk != current || phase != Phase.FOLLOWING || reads > 0 || !dirty.isEmpty() || !arrived.isEmpty()) {
                return;
            }
        }
        seenSinceUpToDate = false;
        seen.add(new UpToDate(current, watched, provenMillis));
    }

    /** Proves that nothing was missed until now. */
    private void prove() {
        int current;
        synchronized (lock) {
            if (phase != Phase.FOLLOWING) {
                return;
            }
            current = walk;
        }
        long now = System.currentTimeMillis();
        send(
                current,
                client.sync(),
                zxid -> {
                    noteZxid(zxid);
                    provenMillis = now;
                    seenSinceUpToDate = true;
                },
                () -> {});
    }

    /** Takes one step of a walk. */
    private void take(int current, SubtreeWalk.Step step) {
        boolean mine = step.isRow() && wanted.test(step.path());
        if (mine && settings.keysOnly() && step.isListed() && !isTouched(step.path())) {
            observed(step.path(), Optional.of(ZNode.existing(step.path())));
            if (frontier.isOpenEnded()) {
                list(current, step);
            }
        } else if (mine) {
            SubtreeWalk walking = frontier;
            walkReads++;
            look(
                    current,
                    step.path(),
                    znode -> {
                        walkReads--;
                        observed(step.path(), znode);
                        boolean hasChildren = znode.isPresent()
                                && (settings.keysOnly() || znode.get().stat().numChildren() > 0);
                        if (hasChildren && walking.isOpenEnded()) {
                            walking.foundChildren(step);
                        }
                    },
                    () -> takeAgain(walking, step));
        } else if (!step.isRow() || frontier.isOpenEnded()) {
            list(current, step);
        }
    }

    private void list(int current, SubtreeWalk.Step step) {
        SubtreeWalk walking = frontier;
        walkReads++;
        send(
                current,
                client.children(step.path()),
                names -> {
                    walkReads--;
                    names.ifPresent(found -> walking.listed(step, found));
                },
                () -> takeAgain(walking, step));
    }

    private void takeAgain(SubtreeWalk walking, SubtreeWalk.Step step) {
        walkReads--;
        walking.again(step);
    }

    /** Reads a row, or where keys are enough, whether it is there. */
    private void look(int current, String path, Consumer<Optional<ZNode>> arrive, Runnable again) {
        if (settings.keysOnly()) {
            Consumer<Optional<List<String>>> exists = names -> arrive.accept(names.map(any -> ZNode.existing(path)));
            send(current, client.children(path), exists, again);
        } else {
            send(current, client.read(path), arrive, again);
        }
    }

    private void observed(String path, Optional<ZNode> znode) {
        znode.ifPresent(found -> meanBytes += (ZNODE_OVERHEAD_BYTES + found.data().length - meanBytes) / 16);
        znode.ifPresent(found -> noteZxid(found.stat().mzxid()));
        seen.add(new Observation(path, znode, frontierWalk));
    }

    private void noteZxid(long zxid) {
        synchronized (lock) {
            newestZxid = Math.max(newestZxid, zxid);
        }
    }

    private void noteDirty(String path) {
        synchronized (lock) {
            dirty.add(path);
        }
    }

    private boolean isTouched(String path) {
        synchronized (lock) {
            return touched.contains(path);
        }
    }

    /**
     * Sees a request through.
     *
     * @param arrive what to do with its result, on the polling thread, if the walk it was sent in still lasts
     * @param again what to do instead if it failed for a passing reason that did not end the walk
     */
    private <T> void send(int sentIn, CompletableFuture<T> request, Consumer<T> arrive, Runnable again) {
        synchronized (lock) {
            reads++;
        }
        request.whenComplete((result, error) -> {
            synchronized (lock) {
                reads--;
                if (walk == sentIn) {
                    if (error == null) {
                        arrived.add(() -> arrive.accept(result));
                    } else if (isPassing(error)) {
                        arrived.add(again);
                    } else {
                        fail((ZooKeeperException) error);
                    }
                }
                lock.notifyAll();
            }
        });
    }

    private static boolean isPassing(Throwable error) {
        Failure failure = ((ZooKeeperException) error).failure();
        return failure == Failure.CONNECTION_LOST || failure == Failure.SESSION_EXPIRED;
    }

    private void fail(ZooKeeperException cause) {
        synchronized (lock) {
            if (failure == null && !closed) {
                failure = cause;
            }
            lock.notifyAll();
        }
    }

    /** Forgets the walk under way and the reads of it that have not arrived. */
    private void abandon() {
        synchronized (lock) {
            walk++;
            phase = Phase.DISCONNECTED;
            dirty.clear();
            touched.clear();
            arrived.clear();
            nextWalk.never();
            nextProof.never();
        }
    }

    private void begin() {
        int begun;
        synchronized (lock) {
            abandon();
            phase = Phase.SYNCING;
            walkNanos = System.nanoTime();
            walkMillis = System.currentTimeMillis();
            begun = walk;
        }
        client.sync().whenComplete((zxid, error) -> {
            synchronized (lock) {
                if (walk == begun) {
                    synced(zxid, (ZooKeeperException) error);
                    lock.notifyAll();
                }
            }
        });
    }

    private void synced(Long zxid, ZooKeeperException error) {
        if (error != null) {
            if (isPassing(error)) {
                // Usually the connection is lost and comes back; if not, nobody else would begin again.
                nextWalk.in(RETRY_MILLIS);
            } else {
                fail(error);
            }
        } else if (zxid < newestZxid) {
            fail(behind(zxid));
        } else {
            newestZxid = zxid;
            walkZxid = zxid;
            walkAnnounced = false;
            phase = Phase.WALKING;
        }
    }

    private ZooKeeperException behind(long zxid) {
        return new ZooKeeperException(
                Failure.ENSEMBLE_BEHIND,
                String.format(
                        "The ZooKeeper ensemble is behind this reader of '%s': its newest zxid after a sync is 0x%x,"
                                + " but the reader has already seen 0x%x. The ensemble was rebuilt or restored from an"
                                + " older backup, or 'connect-string' names another one. Start the job without its"
                                + " state to read the tree anew.",
                        template, zxid, newestZxid));
    }

    /** Hears the watch on the session's event thread. */
    private final class Listener implements WatchListener {
        @Override
        public void established() {
            begin();
        }

        @Override
        public void changed(String path, long zxid) {
            boolean isRow = template.match(path) != null;
            boolean isMine = isRow && wanted.test(path);
            boolean tooMany;
            synchronized (lock) {
                newestZxid = Math.max(newestZxid, zxid);
                skipped += isRow || !template.isAsDeepAs(path) ? 0 : 1;
                if (isMine && phase != Phase.DISCONNECTED) {
                    events++;
                    conflated += dirty.add(path) ? 0 : 1;
                    if (settings.keysOnly() && phase != Phase.FOLLOWING) {
                        touched.add(path);
                    }
                    lock.notifyAll();
                }
                tooMany = isMine && dirty.size() > MAX_DIRTY;
            }
            if (tooMany) {
                // Nobody keeps up; a walk covers them all and remembers none.
                begin();
            }
        }

        @Override
        public void lost() {
            abandon();
        }

        @Override
        public void failed(ZooKeeperException cause) {
            boolean unable = cause.failure() == Failure.UNSUPPORTED && settings.mayPoll();
            if (unable) {
                LOG.info(
                        "The server has no recursive watches; '{}' is polled every {} ms.",
                        template,
                        settings.pollInterval().toMillis());
                follow(true);
            } else {
                fail(cause);
            }
        }
    }
}
