// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.Sighting.Observation;
import io.zkflink.subtree.Sighting.WalkBegun;
import io.zkflink.subtree.Sighting.WalkEnded;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Watches a subtree and reports what reads of it find: the one mechanism that start, restore, reconnect and expiry all
 * share.
 *
 * <p>Whenever the watch has been established, {@code sync} is called, the subtree is walked, and the end of the walk is
 * reported; events only ask for one more read of their path. A walk that loses its connection is abandoned, because
 * whatever it had read may have changed unreported since, and the next one starts from the root.
 *
 * <p>One thread polls and by that does all the work; the session's event thread only notes what arrived. Nothing is
 * read unless somebody polls, and no more than a bounded number of reads is under way, so a slow consumer holds back the
 * reads; the changes that it is late for are conflated by path.
 */
public final class SubtreeFeed implements AutoCloseable {

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
    private final Object lock = new Object();

    // Guarded by lock.
    private Phase phase = Phase.DISCONNECTED;
    private int walk;
    private long walkZxid;
    private boolean walkAnnounced;
    private long newestZxid;
    private final Set<String> dirty = new LinkedHashSet<>();
    private final ArrayDeque<Runnable> arrived = new ArrayDeque<>();
    private int reads;
    private boolean awake;
    private ZooKeeperException failure;

    // Touched by the polling thread only.
    private SubtreeWalk frontier;
    private int frontierWalk;
    private int walkReads;
    private long meanBytes = MAX_READ_BYTES / MAX_READS;
    private List<Sighting> seen = new ArrayList<>();

    private ZooKeeperClient.Watch watch;

    /**
     * @param wanted which of the template's rows to read
     * @param newestZxid the highest zxid that the reader has ever seen; an ensemble that is behind it is refused
     */
    public SubtreeFeed(ZooKeeperClient client, PathTemplate template, Predicate<String> wanted, long newestZxid) {
        this.client = client;
        this.template = template;
        this.wanted = wanted;
        this.newestZxid = newestZxid;
    }

    /** Starts watching; does not wait for a connection. */
    public void open() {
        watch = client.watch(template.root(), new Listener());
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
        long end = System.nanoTime() + timeoutMillis * 1_000_000;
        while (true) {
            List<Runnable> batch;
            synchronized (lock) {
                while (arrived.isEmpty() && failure == null && !awake && !canRead()) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        return List.of();
                    }
                    lock.wait(left);
                }
                if (failure != null) {
                    throw failure;
                }
                awake = false;
                batch = new ArrayList<>(arrived);
                arrived.clear();
            }
            batch.forEach(Runnable::run);
            advance();
            if (!seen.isEmpty() || batch.isEmpty() || System.nanoTime() >= end) {
                List<Sighting> result = seen;
                seen = new ArrayList<>();
                return result;
            }
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
        if (watch != null) {
            watch.close();
        }
        abandon();
    }

    private boolean canRead() {
        boolean walking = phase == Phase.WALKING && (!walkAnnounced || walkReads == 0);
        return walking || (isReading() && !dirty.isEmpty() && reads < maxReads());
    }

    private boolean isReading() {
        return phase == Phase.WALKING || phase == Phase.FOLLOWING;
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
            if (!isReading()) {
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
            send(current, client.read(path), znode -> observed(path, znode), () -> noteDirty(path));
        }
        while (frontier != null && budget > 0) {
            SubtreeWalk.Step step = frontier.next();
            if (step == null) {
                break;
            }
            budget -= walk(current, step);
        }
        if (frontier != null && walkReads == 0 && frontier.isExhausted()) {
            endWalk(current);
        }
    }

    private void endWalk(int ended) {
        long zxid;
        synchronized (lock) {
            if (walk != ended || phase != Phase.WALKING) {
                return;
            }
            phase = Phase.FOLLOWING;
            zxid = walkZxid;
        }
        frontier = null;
        seen.add(new WalkEnded(ended, zxid));
    }

    /** Takes one step of a walk and says how many reads it sent. */
    private int walk(int current, SubtreeWalk.Step step) {
        if (step.isRow() && !wanted.test(step.path()) && !step.isOpenEnded()) {
            return 0;
        }
        walkReads++;
        SubtreeWalk expected = frontier;
        Runnable again = () -> {
            walkReads--;
            frontier.again(step);
        };
        if (step.isRow()) {
            send(
                    current,
                    client.read(step.path()),
                    znode -> {
                        walkReads--;
                        if (wanted.test(step.path())) {
                            observed(step.path(), znode);
                        }
                        znode.ifPresent(
                                found -> expected.found(step, found.stat().numChildren()));
                    },
                    again);
        } else {
            send(
                    current,
                    client.children(step.path()),
                    names -> {
                        walkReads--;
                        names.ifPresent(list -> expected.listed(step, list));
                    },
                    again);
        }
        return 1;
    }

    private void observed(String path, Optional<ZNode> znode) {
        znode.ifPresent(found -> meanBytes += (ZNODE_OVERHEAD_BYTES + found.data().length - meanBytes) / 16);
        seen.add(new Observation(path, znode, frontierWalk));
    }

    private void noteDirty(String path) {
        synchronized (lock) {
            dirty.add(path);
        }
    }

    /**
     * Sees a read through.
     *
     * @param arrive what to do with its result, on the polling thread, if the walk it was sent in still lasts
     * @param again what to do instead if it failed for a passing reason that did not end the walk
     */
    private <T> void send(int sentIn, CompletableFuture<T> read, Consumer<T> arrive, Runnable again) {
        synchronized (lock) {
            reads++;
        }
        read.whenComplete((result, error) -> {
            synchronized (lock) {
                reads--;
                if (walk == sentIn) {
                    if (error == null) {
                        arrived.add(() -> arrive.accept(result));
                    } else if (!isPassing(error)) {
                        fail((ZooKeeperException) error);
                    } else {
                        arrived.add(again);
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
            if (failure == null && cause.failure() != Failure.CLOSED) {
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
            arrived.clear();
        }
    }

    private void begin() {
        int begun;
        synchronized (lock) {
            abandon();
            phase = Phase.SYNCING;
            begun = walk;
        }
        client.sync().whenComplete((zxid, error) -> {
            synchronized (lock) {
                if (walk != begun) {
                    return;
                }
                if (error != null) {
                    if (!isPassing(error)) {
                        fail((ZooKeeperException) error);
                    }
                } else if (zxid < newestZxid) {
                    fail(behind(zxid));
                } else {
                    newestZxid = zxid;
                    walkZxid = zxid;
                    walkAnnounced = false;
                    phase = Phase.WALKING;
                }
                lock.notifyAll();
            }
        });
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
            if (template.match(path) != null && wanted.test(path)) {
                synchronized (lock) {
                    if (phase != Phase.DISCONNECTED) {
                        dirty.add(path);
                        lock.notifyAll();
                    }
                }
            }
        }

        @Override
        public void lost() {
            abandon();
        }

        @Override
        public void failed(ZooKeeperException cause) {
            fail(cause);
        }
    }
}
