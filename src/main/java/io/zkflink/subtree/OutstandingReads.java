// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The requests of a walk that are under way, and what is to be done with those answered. Thread-safe, under the lock of
 * the {@link FeedState} that it belongs to; waiters there are told what arrives.
 */
final class OutstandingReads {

    private final Object lock;
    private final Runnable answered;
    /** Before the first and after the last one under way: a ring. */
    private final Request<?> ends = new Request<>();

    private int underWay;
    private List<Runnable> arrived = new ArrayList<>();
    private int walk;
    private ZooKeeperException failure;

    /** @param answered called without the lock when a request has been answered, before its answer arrives */
    OutstandingReads(Object lock, Runnable answered) {
        this.lock = lock;
        this.answered = answered;
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
        Request<T> sent = null;
        synchronized (lock) {
            if (walk == sentIn) {
                sent = new Request<>(request, arrive, again, denied);
                sent.link();
            }
        }
        if (sent == null) {
            request.cancel(false);
        } else {
            request.whenComplete(sent);
        }
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
            List<CompletableFuture<?>> orphans = new ArrayList<>(underWay);
            while (underWay > 0) {
                orphans.add(ends.next.future);
                ends.next.unlink();
            }
            walk = nextWalk;
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
            List<Runnable> taken = arrived;
            arrived = new ArrayList<>();
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
            return underWay;
        }
    }

    /**
     * One of a ring, because there may be millions, one after the other: a hash of futures, which would be of their
     * identity, costs as much as the rest of what is done here.
     */
    private final class Request<T> implements BiConsumer<T, Throwable>, Runnable {
        private final CompletableFuture<T> future;
        private final Consumer<T> arrive;
        private final Runnable again;
        private final Runnable denied;
        private T result;
        private Request<?> before = this;
        /** Null once it is not under way any more. */
        private Request<?> next = this;

        Request() {
            this(null, null, null, null);
        }

        Request(CompletableFuture<T> future, Consumer<T> arrive, Runnable again, Runnable denied) {
            this.future = future;
            this.arrive = arrive;
            this.again = again;
            this.denied = denied;
        }

        void link() {
            before = ends.before;
            next = ends;
            before.next = this;
            ends.before = this;
            underWay++;
        }

        void unlink() {
            before.next = next;
            next.before = before;
            next = null;
            underWay--;
        }

        /** It is answered. */
        @Override
        public void accept(T answer, Throwable error) {
            if (error == null) {
                answered.run();
            }
            synchronized (lock) {
                if (next == null) {
                    // Its walk was abandoned.
                    return;
                }
                unlink();
                if (error == null) {
                    result = answer;
                    arrived.add(this);
                } else {
                    failed(ZooKeeperException.wrap(error));
                }
                lock.notifyAll();
            }
        }

        private void failed(ZooKeeperException cause) {
            if (cause.failure().isTransient()) {
                arrived.add(again);
            } else if (denied != null && cause.failure() == Failure.NO_PERMISSION) {
                arrived.add(denied);
            } else {
                fail(cause);
            }
        }

        /** On the polling thread. */
        @Override
        public void run() {
            arrive.accept(result);
        }
    }
}
