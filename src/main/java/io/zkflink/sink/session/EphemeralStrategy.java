// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import io.zkflink.sink.batch.MissingParents;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows that are ephemeral znodes.
 *
 * <p>A znode of somebody else in the place of a row is never touched. An ephemeral one is waited for, as long as its
 * session may outlive whoever had it: it may be that of a job which was cancelled a moment ago. The epoch of that
 * session tells how long that is; of other programs it is not known, and taken for as long as ours. Then, and for any
 * other znode at once, the writer fails; one that goes on from a checkpoint waits for those, too, for as long as rows
 * may be replayed.
 */
final class EphemeralStrategy implements ZNodeStrategy {

    private static final Logger LOG = LoggerFactory.getLogger(EphemeralStrategy.class);
    private static final long READ_AGAIN_MILLIS = 500;
    /** No owner of a znode. */
    private static final long GONE = -1;

    private final Context context;
    private final Duration sessionTimeout;
    private final MissingParents parents;

    /** @param sessionTimeout that is asked for */
    EphemeralStrategy(Context context, Duration sessionTimeout) {
        this.context = context;
        this.sessionTimeout = sessionTimeout;
        this.parents = context.parents();
    }

    @Override
    public String key(SessionBoundRow row, long session) {
        return row.path();
    }

    @Override
    public Optional<String> key(String node) {
        return Optional.of(node);
    }

    @Override
    public SessionBoundRow.Id idOf(String orphan) {
        return new SessionBoundRow.Id(orphan, null);
    }

    @Override
    public String top(SessionBoundRow.Id id) {
        return ZNodePath.parent(id.path());
    }

    /** Reads what was found in the session: data that is as it should be stays as it is. */
    @Override
    public CompletableFuture<Void> prepare(List<SessionBoundRow> batch) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (SessionBoundRow row : batch) {
            if (row.isWanted() && row.isUnread()) {
                answers.add(read(row.node(), found -> found(row, found)));
            }
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    private CompletableFuture<Void> read(String path, Consumer<Optional<ZNode>> next) {
        return context.session().read(path).thenAcceptAsync(next, context.thread());
    }

    private void found(SessionBoundRow row, Optional<ZNode> found) {
        boolean isOurs = found.isPresent() && found.get().stat().ephemeralOwner() == context.sessionId();
        context.rows()
                .move(row, isOurs ? () -> row.foundAt(row.path(), found.get().data()) : row::notFound);
    }

    @Override
    public List<Step> steps(List<SessionBoundRow> batch) {
        List<Step> steps = new ArrayList<>();
        for (SessionBoundRow row : batch) {
            if (!row.needsWork()) {
                continue;
            }
            if (!row.isWanted()) {
                steps.add(new Step(row, new ZNodeWrite.Delete(row.node(), ZNodeWrite.ANY_VERSION), Effect.DELETES));
            } else if (row.node() != null) {
                ZNodeWrite set = new ZNodeWrite.SetData(row.node(), row.data(), ZNodeWrite.ANY_VERSION);
                steps.add(new Step(row, set, Effect.SETS));
            } else {
                Acl acl = context.settings().acl();
                ZNodeWrite create = new ZNodeWrite.Create(row.path(), row.data(), CreateMode.EPHEMERAL, 0, acl);
                steps.add(new Step(row, create, Effect.MAKES));
            }
        }
        return steps;
    }

    @Override
    public CompletableFuture<Void> repair(List<Step> steps, int refused, ZooKeeperException cause) {
        Step step = steps.get(refused);
        SessionBoundRow row = step.row();
        List<SessionBoundRow> created = steps.stream()
                .filter(each -> each.effect() == Effect.MAKES)
                .map(Step::row)
                .toList();
        if (step.effect() == Effect.MAKES && cause.failure() == Failure.NO_NODE) {
            return parents.create(created.stream().map(SessionBoundRow::path).toList(), row.path());
        }
        if (step.effect() == Effect.MAKES && cause.failure() == Failure.NODE_EXISTS) {
            return CompletableFuture.allOf(created.stream()
                    .map(each -> read(each.path(), found -> inTheWay(each, found)))
                    .toArray(CompletableFuture[]::new));
        }
        if (cause.failure() == Failure.NO_NODE) {
            context.rows().move(row, row::notFound);
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.failedFuture(cause);
    }

    /** There is a znode where a row's znode was to be created, or was a moment ago. */
    private void inTheWay(SessionBoundRow row, Optional<ZNode> found) {
        if (found.isEmpty()) {
            return;
        }
        long owner = found.get().stat().ephemeralOwner();
        if (owner == context.sessionId()) {
            context.rows().move(row, () -> row.foundAt(row.path(), found.get().data()));
        } else if (isSession(owner)) {
            row.blocked(true);
            LOG.info(
                    "The znode '{}' is one of the session {}; waiting until that ends.",
                    row.path(),
                    SessionIdentity.name(owner));
            context.fence()
                    .timeoutMillis(owner)
                    .thenAcceptAsync(
                            millis -> wait(row, owner, Math.max(millis, sessionTimeout.toMillis()), READ_AGAIN_MILLIS),
                            context.thread());
        } else if (context.restored()) {
            // Rows that are replayed yet may have made a parent of it after the checkpoint.
            row.blocked(true);
            wait(row, owner, sessionTimeout.toMillis(), READ_AGAIN_MILLIS);
        } else {
            context.answers().fail(notEphemeral(row));
        }
    }

    private static IOException notEphemeral(SessionBoundRow row) {
        return new IOException("The znode '" + row.path() + "' exists and is not ephemeral, so it is none of this"
                + " sink's ('sink.create-mode' = 'ephemeral'), which replaces nobody's znodes. Delete it, or write to"
                + " another 'path'.");
    }

    /** Reads again, and again, until the znode is gone or the owner has lived too long to be a dead one. */
    private void wait(SessionBoundRow row, long owner, long longest, long waited) {
        context.answers().later(READ_AGAIN_MILLIS, () -> {
            if (row.isBlocked()) {
                context.fence()
                        .session()
                        .read(row.path())
                        .thenApply(found -> found.map(znode -> znode.stat().ephemeralOwner())
                                .orElse(GONE))
                        .exceptionally(failure -> owner)
                        .thenAcceptAsync(now -> waitOn(row, owner, now, longest, waited), context.thread());
            }
        });
    }

    private void waitOn(SessionBoundRow row, long owner, long now, long longest, long waited) {
        if (!row.isBlocked()) {
            return;
        }
        if (now != owner) {
            row.blocked(false);
            context.rows().review(row);
            context.answers().proceed();
        } else if (waited >= longest) {
            context.answers().fail(isSession(owner) ? taken(row, owner, longest) : notEphemeral(row));
        } else {
            wait(row, owner, longest, waited + READ_AGAIN_MILLIS);
        }
    }

    private IOException taken(SessionBoundRow row, long owner, long waited) {
        return new IOException("The znode '" + row.path() + "' is an ephemeral one of the session "
                + SessionIdentity.name(owner) + ", which is not this sink's and has outlived "
                + (waited > sessionTimeout.toMillis() ? "its own session timeout" : "'session-timeout'") + " ("
                + waited + " ms): another job or program holds it. Stop that, or write to another"
                + " 'path'.");
    }

    /** Whether a znode with this owner is ephemeral; containers and znodes with a TTL keep other things there. */
    private static boolean isSession(long owner) {
        return owner != 0 && owner != Long.MIN_VALUE && owner >>> 56 != 0xff;
    }
}
