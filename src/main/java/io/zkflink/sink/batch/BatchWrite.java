// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.Failure;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;

/**
 * Writes some rows, in an order in which a {@link PathQueue} gave them, by {@code multi} requests that each are made
 * whole or not at all.
 *
 * <p>Whether a znode has to be created or set is guessed, not asked. A refused request tells of the first row that it
 * could not be made with: that row is repaired (created instead of set or the other way round, given its parents,
 * compared with its znode) and all are sent again; once a guess was wrong, the other guesses are settled by one batch
 * of reads. A batch that may be divided is divided there, so that what was possible is not sent over and over. Removals
 * of znodes that have children are left out, and told of in the end.
 *
 * <p>Each request, of rows, of parents and of what is below a row, carries the writer's guard: {@link GuardedClient}.
 * If the guard is refused, the batch fails with {@link GuardException}.
 *
 * <p>When the connection breaks, {@link #write} it again for what is not known to be written. Not thread-safe:
 * everything happens on the thread of its context.
 */
@Internal
public final class BatchWrite {

    private final BatchContext context;
    private final GuardedClient client;
    private final WriteRules rules;
    private final KnownZNodes known;
    private final SinkMetrics metrics;
    private final MissingParents parents;
    private final ExistenceCheck existence;
    private final ConnectionLosses losses = new ConnectionLosses();
    private final boolean divisible;
    private final String firstPath;
    private final int rows;

    /** What is still to be written: one request each, in this order. */
    private final ArrayDeque<List<BatchedRow>> requests = new ArrayDeque<>();

    private final List<BatchedRow> notEmpty = new ArrayList<>();
    private boolean compared;
    private boolean written;
    private CompletableFuture<BatchResult> result;

    /**
     * @param divisible whether the rows may be written by several requests
     * @param rows none if only the guard is to be written
     */
    public BatchWrite(BatchContext context, boolean divisible, List<BatchedRow> rows) {
        this.context = context;
        this.client = context.client();
        this.rules = context.rules();
        this.known = context.known();
        this.metrics = context.metrics();
        this.divisible = divisible;
        this.existence = new ExistenceCheck(context);
        this.parents = new MissingParents(client, rules.parentAcl(), known, context.thread());
        this.firstPath = rows.isEmpty() ? "" : rows.get(0).path();
        this.rows = rows.size();
        rows.forEach(row -> row.begin(known));
        requests.add(new ArrayList<>(rows));
    }

    /** Whether the server seems to break the connection because of the request's size, and it could be divided. */
    public boolean isSuspicious() {
        return losses.callForDivision(requests.peek());
    }

    /** What to tell a user whose rows were not written for too long. */
    public IOException gaveUp(long millis, ZooKeeperException last) {
        BatchedRow first = losses.pointTo(requests.peek()) ? requests.peek().get(0) : null;
        return RefusedRow.failure(
                first == null
                        ? RefusedRow.gaveUp(rows, firstPath, millis, last)
                        : RefusedRow.tooLarge(first.path(), first.bytes()),
                last);
    }

    /** Removals that were left out, since their znode has children. */
    public List<BatchedRow> notEmpty() {
        return notEmpty;
    }

    /** Writes what is left. Completes on the thread of the context, never exceptionally. */
    public CompletableFuture<BatchResult> write() {
        result = new CompletableFuture<>();
        losses.begin();
        if (rules.skipUnchanged() && !compared) {
            onCompletion(
                    existence.compare(requests.stream().flatMap(List::stream).toList(), this::leaveUnchanged), none -> {
                        compared = true;
                        next();
                    });
        } else {
            next();
        }
        return result;
    }

    private void next() {
        while (!requests.isEmpty()) {
            List<BatchedRow> request = requests.peek();
            request.removeIf(BatchedRow::isDone);
            if (!request.isEmpty() || (!divisible && !written)) {
                send(request);
                return;
            }
            requests.poll();
        }
        result.complete(new BatchResult.Written(notEmpty));
    }

    private void send(List<BatchedRow> request) {
        List<ZNodeWrite> writes = new ArrayList<>(request.size());
        for (BatchedRow row : request) {
            writes.add(row.write(rules.acl()));
        }
        metrics.count(SinkMetric.REQUESTS);
        losses.sent(client.statistics().connected());
        onCompletion(client.advance(writes), refusal -> {
            if (refusal.isEmpty()) {
                onCompleted(request);
            } else if (refusal.get().failure().isTransient()) {
                broke(refusal.get().cause());
            } else {
                losses.answered();
                metrics.count(SinkMetric.REFUSED);
                repair(request, refusal.get().index(), refusal.get().cause());
            }
        });
    }

    private void onCompleted(List<BatchedRow> request) {
        losses.answered();
        metrics.written(request.size());
        for (BatchedRow row : request) {
            row.markWritten(known);
        }
        requests.poll();
        written = true;
        next();
    }

    /** Does what it takes for a request to be made that was refused because of one of its rows. */
    private void repair(List<BatchedRow> request, int index, ZooKeeperException refusal) {
        BatchedRow row = request.get(index);
        Failure failure = refusal.failure();
        if (row.countsTooManySurprises()) {
            fail(RefusedRow.failure(
                    refusal.getMessage() + " Others create and delete this znode all the time.", refusal));
        } else if (failure == Failure.NO_NODE && row.creates()) {
            createParents(request, row);
        } else if (row.isConditional() && isConflict(failure)) {
            judge(request, index);
        } else if (row.row().isCollapsible() && (failure == Failure.NO_NODE || failure == Failure.NODE_EXISTS)) {
            existence.found(row, failure == Failure.NODE_EXISTS);
            onCompletion(existence.settle(request), none -> next());
        } else if (failure == Failure.NOT_EMPTY && rules.deleteChildren()) {
            onCompletion(
                    new SubtreeDeletion(client, context.thread(), losses::progressed).deleteBelow(row.path()),
                    empty -> next());
        } else if (failure == Failure.NOT_EMPTY && row.clear()) {
            next();
        } else if (failure == Failure.NOT_EMPTY && row.mayWait()) {
            notEmpty.add(row);
            leave(request, index);
        } else {
            fail(RefusedRow.failure(RefusedRow.explain(row.row(), refusal), refusal));
        }
    }

    private static boolean isConflict(Failure failure) {
        return failure == Failure.BAD_VERSION || failure == Failure.NO_NODE || failure == Failure.NODE_EXISTS;
    }

    /** But for parents that rows of the request create themselves, and better. */
    private void createParents(List<BatchedRow> request, BatchedRow orphan) {
        Set<String> created = new HashSet<>();
        List<String> without = new ArrayList<>();
        for (BatchedRow row : request) {
            if (row.creates()) {
                created.add(row.path());
                if (row == orphan || !created.contains(ZNodePath.parent(row.path()))) {
                    without.add(row.path());
                }
            }
        }
        onCompletion(parents.create(without, orphan.path()), none -> next());
    }

    /** Reads what is there where a row expected another version. */
    private void judge(List<BatchedRow> request, int index) {
        RowWrite.Put row = (RowWrite.Put) request.get(index).row();
        onCompletion(client.read(row.path()), found -> {
            int next = row.expectedVersion() + 1;
            boolean isOurs = !row.isCheck()
                    && found.isPresent()
                    && found.get().stat().version() == next
                    && row.isDataOf(found.get());
            if (isOurs) {
                leave(request, index);
            } else if (rules.skipConflicts()) {
                metrics.count(SinkMetric.CONFLICTS);
                leave(request, index);
            } else {
                metrics.count(SinkMetric.CONFLICTS);
                fail(new IOException(RefusedRow.conflict(row, found)));
            }
        });
    }

    /** Takes a row out of a request; what stands before it is known to be possible, and goes alone if it may. */
    private void leave(List<BatchedRow> request, int index) {
        if (divisible) {
            divide(request, index, index + 1);
        } else {
            request.remove(index);
        }
        next();
    }

    private void leaveUnchanged(BatchedRow row) {
        requests.forEach(request -> request.remove(row));
    }

    /** The connection broke: decides whether there is to be another attempt. */
    private void broke(ZooKeeperException cause) {
        long millis = losses.broke();
        List<BatchedRow> request = requests.peek();
        if (losses.prove(request)) {
            BatchedRow row = request.get(0);
            fail(RefusedRow.failure(RefusedRow.tooLarge(row.path(), row.bytes()), cause));
        } else if (millis >= context.retries().total().toMillis()) {
            fail(gaveUp(millis, cause));
        } else {
            if (divisible && isSuspicious()) {
                divide(request, request.size() / 2, request.size() / 2);
            }
            result.complete(new BatchResult.Retry(context.retries().waitMillis(losses.inARow())));
        }
    }

    /** Makes two requests of the first one, without what is between. */
    private void divide(List<BatchedRow> request, int end, int begin) {
        requests.poll();
        requests.push(new ArrayList<>(request.subList(begin, request.size())));
        requests.push(new ArrayList<>(request.subList(0, end)));
    }

    private void fail(IOException cause) {
        result.complete(new BatchResult.Failed(cause));
    }

    private <T> void onCompletion(CompletableFuture<T> step, Consumer<T> next) {
        step.whenCompleteAsync(
                (answer, error) -> {
                    try {
                        if (error == null) {
                            losses.progressed();
                            next.accept(answer);
                        } else {
                            failed(ZooKeeperException.causeOf(error));
                        }
                    } catch (Throwable e) {
                        // Nobody else would hear of it, and the result would never come.
                        failed(e);
                    }
                },
                context.thread());
    }

    private void failed(Throwable cause) {
        if (cause instanceof ZooKeeperException e && e.failure().isTransient() && !(e instanceof GuardException)) {
            broke(e);
        } else {
            fail(
                    cause instanceof IOException e
                            ? e
                            : new IOException(
                                    RefusedRow.rowsFrom(rows, firstPath) + " could not be written: " + cause, cause));
        }
    }
}
