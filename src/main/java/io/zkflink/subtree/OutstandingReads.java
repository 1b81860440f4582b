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
 * The requests of a feed that are under way, and what is to be done with each once it is answered. Touched by the
 * polling thread only: an answer comes by the inbox.
 */
final class OutstandingReads {

    private final FeedInbox inbox;
    private final Consumer<ZooKeeperException> onFailure;
    /** Before the first and after the last one under way: a ring. */
    private final Answered<?> ends = new Answered<>(null, null, null, null);

    private int underWay;

    /** @param onFailure is given why the feed cannot go on */
    OutstandingReads(FeedInbox inbox, Consumer<ZooKeeperException> onFailure) {
        this.inbox = inbox;
        this.onFailure = onFailure;
    }

    /**
     * Sees a request through, unless it is {@linkplain #abandon abandoned}.
     *
     * @param arrive what to do with its result
     * @param again what to do instead if it failed for a passing reason
     */
    <T> void send(CompletableFuture<T> request, Consumer<T> arrive, Runnable again) {
        send(request, arrive, again, null);
    }

    /**
     * Sees a request through, unless it is {@linkplain #abandon abandoned}.
     *
     * @param denied what to do instead if the ACL denied it; null to fail
     */
    <T> void send(CompletableFuture<T> request, Consumer<T> arrive, Runnable again, Runnable denied) {
        Answered<T> sent = new Answered<>(request, arrive, again, denied);
        sent.link();
        request.whenComplete(sent);
    }

    int underWay() {
        return underWay;
    }

    /** Forgets all; those that have not left yet never will. */
    void abandon() {
        List<CompletableFuture<?>> orphans = new ArrayList<>(underWay);
        while (underWay > 0) {
            orphans.add(ends.next.future);
            ends.next.unlink();
        }
        orphans.forEach(orphan -> orphan.cancel(false));
    }

    /**
     * A request, and a message once it is answered.
     *
     * <p>One of a ring, because there may be millions, one after the other: a hash of futures, which would be of their
     * identity, costs as much as the rest of what is done here.
     */
    final class Answered<T> implements FeedInbox.Message, BiConsumer<T, Throwable> {
        private final CompletableFuture<T> future;
        private final Consumer<T> arrive;
        private final Runnable again;
        private final Runnable denied;
        private Answered<?> before = this;
        /** Null once it is not under way any more. */
        private Answered<?> next = this;

        // Written before it is put into the inbox.
        private T result;
        private Throwable error;

        private Answered(CompletableFuture<T> future, Consumer<T> arrive, Runnable again, Runnable denied) {
            this.future = future;
            this.arrive = arrive;
            this.again = again;
            this.denied = denied;
        }

        private void link() {
            before = ends.before;
            next = ends;
            before.next = this;
            ends.before = this;
            underWay++;
        }

        private void unlink() {
            before.next = next;
            next.before = before;
            next = null;
            underWay--;
        }

        /** By the thread that completes it. */
        @Override
        public void accept(T answer, Throwable failure) {
            if (!future.isCancelled()) {
                result = answer;
                error = failure;
                inbox.answered(this);
            }
        }

        /** Does what is to be done with the answer, unless the request was abandoned meanwhile. */
        void conclude() {
            if (next == null) {
                return;
            }
            unlink();
            if (error == null) {
                arrive.accept(result);
                return;
            }
            ZooKeeperException cause = ZooKeeperException.wrap(error);
            if (cause.failure().isTransient()) {
                again.run();
            } else if (denied != null && cause.failure() == Failure.NO_PERMISSION) {
                denied.run();
            } else {
                onFailure.accept(cause);
            }
        }
    }
}
