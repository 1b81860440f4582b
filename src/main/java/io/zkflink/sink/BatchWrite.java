// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.metrics.SinkMetric;
import io.zkflink.metrics.SinkMetrics;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Writes some rows of different znodes by {@code multi} requests that each are made whole or not at all.
 *
 * <p>Whether a znode has to be created or set is guessed, not asked. A refused request tells of the first row that it
 * could not be made with: that row is mended (created instead of set or the other way round, given its parents, held
 * against its znode) and all are sent again; once a guess was wrong, the other guesses are settled by one batch of
 * reads. A batch that may be divided is divided there, so that what was possible is not sent over and over.
 *
 * <p>Each request, of rows, of parents and of what is below a row, carries the writer's guard: {@link GuardedClient}. If
 * the guard is refused, the batch fails with {@link GuardException}.
 *
 * <p>When the connection breaks the batch fails, too; {@link #write} it again for what is not known to be written. Not
 * thread-safe: everything happens on the given thread.
 */
final class BatchWrite {

    private static final int LOSSES_TO_DIVIDE = 2;
    private static final int LOSSES_TO_CONVICT = 3;
    private static final int UNSUSPICIOUS_BYTES = 64 * 1024;
    /** What servers accept unless they are told otherwise. */
    private static final int REQUEST_LIMIT = 1_000_000;

    private final GuardedClient client;
    private final SinkSettings.Rows settings;
    private final KnownZNodes known;
    private final SinkMetrics metrics;
    private final Executor thread;
    private final MissingParents parents;
    private final boolean divisible;

    /** What is still to be written: one request each, in this order. */
    private final ArrayDeque<List<Attempt>> requests = new ArrayDeque<>();

    private final List<RowWrite> notEmpty = new ArrayList<>();
    private boolean compared;
    /** Whether a request was sent to a server, so that its failure may be its own doing. */
    private boolean inFlight;

    private boolean written;
    private int failures;
    /** How often the connection broke while the first request was under way. */
    private int losses;

    private CompletableFuture<Void> done;

    /**
     * @param divisible whether the rows may be written by several requests
     * @param thread runs all that happens between the requests
     */
    BatchWrite(
            GuardedClient client,
            SinkSettings.Rows settings,
            KnownZNodes known,
            SinkMetrics metrics,
            boolean divisible,
            Executor thread,
            List<RowWrite> rows) {
        this.client = client;
        this.settings = settings;
        this.known = known;
        this.metrics = metrics;
        this.divisible = divisible;
        this.thread = thread;
        this.parents = new MissingParents(client, settings.parentAcl(), known, thread);
        this.requests.add(new ArrayList<>(Attempt.of(rows, known)));
    }

    /** Rows that could not delete their znode because it has children; their turn may come when those are gone. */
    List<RowWrite> notEmpty() {
        return notEmpty;
    }

    /** How often it failed. */
    int failures() {
        return failures;
    }

    /** Whether the server is likely to break the connection because of a row's size. */
    boolean isTooLarge() {
        return losses >= LOSSES_TO_CONVICT && requests.peek().size() == 1 && bytes(requests.peek()) > REQUEST_LIMIT;
    }

    /** What to say of a row that is too large. */
    String tooLarge() {
        return RefusedRow.tooLarge(requests.peek().get(0).path(), bytes(requests.peek()));
    }

    /** Writes what is left; fails with an {@link IOException} or a {@link GuardException}. */
    CompletableFuture<Void> write() {
        done = new CompletableFuture<>();
        if (settings.skipUnchanged() && !compared) {
            then(settle(attempts(), true).thenRun(() -> compared = true), this::next);
        } else {
            next();
        }
        return done;
    }

    private List<Attempt> attempts() {
        return requests.stream().flatMap(List::stream).toList();
    }

    private void next() {
        while (!requests.isEmpty()) {
            List<Attempt> request = requests.peek();
            request.removeIf(Attempt::isDone);
            if (!request.isEmpty() || (!divisible && !written)) {
                send(request);
                return;
            }
            requests.poll();
        }
        done.complete(null);
    }

    private void send(List<Attempt> request) {
        List<ZNodeWrite> writes = new ArrayList<>(request.size());
        for (Attempt attempt : request) {
            writes.add(attempt.write(settings.acl()));
        }
        metrics.request(writes.size());
        inFlight = client.statistics().connected();
        then(client.advance(writes), refusal -> {
            losses = 0;
            if (refusal.isEmpty()) {
                request.forEach(attempt -> known.isNow(attempt.path(), attempt.row() instanceof RowWrite.Put));
                requests.poll();
                written = true;
                next();
            } else {
                metrics.count(SinkMetric.REFUSED);
                mend(request, refusal.get().index(), refusal.get().cause());
            }
        });
    }

    /** Does what it takes for a request to be made that was refused because of one of its rows. */
    private void mend(List<Attempt> request, int index, ZooKeeperException refusal) {
        Attempt attempt = request.get(index);
        Failure failure = refusal.failure();
        if (attempt.isErratic()) {
            fail(new IOException(refusal.getMessage() + " Others create and delete this znode all the time.", refusal));
        } else if (failure == Failure.NO_NODE && attempt.creates()) {
            createParents(request, attempt);
        } else if (attempt.isConditional() && isConflict(failure)) {
            judge(request, index);
        } else if (attempt.row().isCollapsible() && (failure == Failure.NO_NODE || failure == Failure.NODE_EXISTS)) {
            found(attempt, failure == Failure.NODE_EXISTS);
            then(settle(request.stream().filter(Attempt::isGuess).toList(), false), this::next);
        } else if (failure == Failure.NOT_EMPTY && settings.deleteChildren()) {
            then(new SubtreeDeletion(client, thread).deleteBelow(attempt.path()), empty -> next());
        } else if (failure == Failure.NOT_EMPTY && divisible) {
            notEmpty.add(attempt.row());
            leave(request, index);
        } else {
            fail(new IOException(RefusedRow.explain(attempt.row(), refusal), refusal));
        }
    }

    private static boolean isConflict(Failure failure) {
        return failure == Failure.BAD_VERSION || failure == Failure.NO_NODE || failure == Failure.NODE_EXISTS;
    }

    private void createParents(List<Attempt> request, Attempt orphan) {
        List<String> created =
                request.stream().filter(Attempt::creates).map(Attempt::path).toList();
        then(parents.create(created, orphan.path()), this::next);
    }

    /** Reads what is there where a row expected another version. */
    private void judge(List<Attempt> request, int index) {
        RowWrite.Put row = (RowWrite.Put) request.get(index).row();
        then(client.read(row.path()), found -> {
            int next = row.expectedVersion() + 1;
            boolean isOurs = !row.isCheck()
                    && found.isPresent()
                    && found.get().stat().version() == next
                    && row.isDataOf(found.get());
            if (isOurs) {
                leave(request, index);
            } else if (settings.conflict() == Conflict.SKIP) {
                metrics.count(SinkMetric.CONFLICTS);
                leave(request, index);
            } else {
                metrics.count(SinkMetric.CONFLICTS);
                fail(new IOException(RefusedRow.conflict(row, found)));
            }
        });
    }

    /** Takes a row out of a request; what stands before it is known to be possible, and goes alone if it may. */
    private void leave(List<Attempt> request, int index) {
        if (divisible) {
            requests.poll();
            requests.push(new ArrayList<>(request.subList(index + 1, request.size())));
            requests.push(new ArrayList<>(request.subList(0, index)));
        } else {
            request.remove(index);
        }
        next();
    }

    /**
     * Finds out which znodes exist.
     *
     * @param withData whether rows whose znode has their data already are done
     */
    private CompletableFuture<Void> settle(List<Attempt> attempts, boolean withData) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (Attempt attempt : attempts) {
            if (withData && attempt.isPlainPut()) {
                answers.add(client.read(attempt.path()).thenAcceptAsync(found -> compare(attempt, found), thread));
            } else if (attempt.isGuess()) {
                // Listing the children of what is a leaf, more often than not, is the cheapest question in a multi.
                answers.add(client.children(attempt.path())
                        .thenAcceptAsync(names -> found(attempt, names.isPresent()), thread));
            }
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    private void compare(Attempt attempt, Optional<ZNode> znode) {
        found(attempt, znode.isPresent());
        if (znode.isPresent() && ((RowWrite.Put) attempt.row()).isDataOf(znode.get())) {
            metrics.count(SinkMetric.UNCHANGED);
            requests.forEach(request -> request.remove(attempt));
        }
    }

    private void found(Attempt attempt, boolean exists) {
        attempt.found(exists);
        known.found(attempt.path(), exists);
    }

    /** A request that breaks the connection again and again may be larger than the server likes. */
    private void divide() {
        List<Attempt> request = requests.peek();
        boolean suspicious = losses >= LOSSES_TO_DIVIDE && bytes(request) > UNSUSPICIOUS_BYTES;
        if (divisible && suspicious && request.size() > 1) {
            int half = request.size() / 2;
            requests.poll();
            requests.push(new ArrayList<>(request.subList(half, request.size())));
            requests.push(new ArrayList<>(request.subList(0, half)));
        }
    }

    private long bytes(List<Attempt> request) {
        return request.stream()
                .mapToLong(attempt -> attempt.write(settings.acl()).bytes())
                .sum();
    }

    private void fail(IOException cause) {
        done.completeExceptionally(cause);
    }

    private void then(CompletableFuture<?> step, Runnable next) {
        then(step, any -> next.run());
    }

    private <T> void then(CompletableFuture<T> step, Consumer<T> next) {
        step.whenCompleteAsync(
                (result, error) -> {
                    if (error == null) {
                        try {
                            next.accept(result);
                        } catch (RuntimeException e) {
                            done.completeExceptionally(e);
                        }
                        return;
                    }
                    Throwable cause = ZooKeeperException.causeOf(error);
                    if (cause instanceof GuardException refusal) {
                        fail(refusal);
                        return;
                    }
                    failures++;
                    if (inFlight) {
                        losses++;
                        divide();
                    }
                    done.completeExceptionally(cause);
                },
                thread);
    }
}
