// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The requests of a walk that are under way, and what is to be done with those answered. Thread-safe, under the lock of
 * the {@link FeedState} that it belongs to; waiters there are told what arrives.
 */
final class Requests {

    private final Object lock;
    private final IdentityHashMap<CompletableFuture<?>, Boolean> underWay = new IdentityHashMap<>();
    private final ArrayDeque<Runnable> arrived = new ArrayDeque<>();
    private int walk;
    private ZooKeeperException failure;

    Requests(Object lock) {
        this.lock = lock;
    }

    /**
     * Sees a request through.
     *
     * @param arrive what to do with its result, on the polling thread, if the walk it was sent in still lasts
     * @param again what to do instead if it failed for a passing reason that did not end the walk
     */
    <T> void send(int sentIn, CompletableFuture<T> request, Consumer<T> arrive, Runnable again) {
        send(sentIn, request, arrive, again, null);
    }

    /**
     * Sees a request through.
     *
     * @param denied what to do instead if the ACL denied it; null to fail
     */
    <T> void send(int sentIn, CompletableFuture<T> request, Consumer<T> arrive, Runnable again, Runnable denied) {
        boolean outdated;
        synchronized (lock) {
            outdated = walk != sentIn;
            if (!outdated) {
                underWay.put(request, true);
            }
        }
        if (outdated) {
            request.cancel(false);
            return;
        }
        request.whenComplete((result, error) -> {
            synchronized (lock) {
                if (walk == sentIn) {
                    underWay.remove(request);
                    if (error == null) {
                        arrived.add(() -> arrive.accept(result));
                    } else if (((ZooKeeperException) error).failure().isTransient()) {
                        arrived.add(again);
                    } else if (denied != null && ((ZooKeeperException) error).failure() == Failure.NO_PERMISSION) {
                        arrived.add(denied);
                    } else {
                        fail((ZooKeeperException) error);
                    }
                    lock.notifyAll();
                }
            }
        });
    }

    /** The feed cannot go on; the first cause is told. */
    void fail(ZooKeeperException cause) {
        synchronized (lock) {
            if (failure == null) {
                failure = cause;
            }
            lock.notifyAll();
        }
    }

    /** Forgets all, for the next walk; returns what was under way, to be cancelled without the lock. */
    List<CompletableFuture<?>> clear(int nextWalk) {
        synchronized (lock) {
            List<CompletableFuture<?>> orphans = List.copyOf(underWay.keySet());
            walk = nextWalk;
            underWay.clear();
            arrived.clear();
            return orphans;
        }
    }

    /** What to do with the answers that arrived. */
    List<Runnable> takeArrived() throws ZooKeeperException {
        synchronized (lock) {
            if (failure != null) {
                throw failure;
            }
            List<Runnable> taken = new ArrayList<>(arrived);
            arrived.clear();
            return taken;
        }
    }

    /** Whether there is something to take, if only a failure. */
    boolean haveArrived() {
        synchronized (lock) {
            return !arrived.isEmpty() || failure != null;
        }
    }

    int underWay() {
        synchronized (lock) {
            return underWay.size();
        }
    }
}
