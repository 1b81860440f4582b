// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.guard;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.recipes.Contender;
import io.zkflink.recipes.LockDialect;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.sink.batch.Guard;
import io.zkflink.sink.batch.KnownZNodes;
import io.zkflink.sink.batch.MissingParents;
import io.zkflink.sink.batch.RetryPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock, as Curator's {@code InterProcessMutex} takes it, that a writer holds for as long as it writes. Every request
 * of the writer checks that the lock's node is still there: a writer that has lost the lock, though it may not know it
 * yet, can write nothing.
 *
 * <p>Life cycle: {@link #acquire} queues and waits its turn; closing the session gives the lock back. Cut off, the
 * writer keeps the lock as long as the server keeps the session; then the next in the queue has it, and whatever this
 * one had sent or sends is refused.
 *
 * <p>A node whose creation was not answered is recognised by its name. It may be seen late, by a server that lags
 * behind, so that another one is created meanwhile: after each loss the queue is looked at by a server that is up to
 * date, the lowest of our nodes queues, and the others are deleted, as are those of a session of ours that has expired.
 */
@Internal
public final class GuardLock implements Guard {

    private static final Logger LOG = LoggerFactory.getLogger(GuardLock.class);
    private static final RecipeSettings RECIPE = RecipeSettings.lock(LockDialect.CURATOR, 1);
    /** How often the queue is looked at though nothing is heard of it. */
    private static final long LOOK_AGAIN_MILLIS = 1_000;
    /** What an answer may take longer, so that a session that never connects tells by itself why. */
    private static final long MARGIN_MILLIS = 1_000;

    private final DedicatedSession session;
    private final String path;
    private final String owner;
    private final Acl acl;
    private final RetryPolicy retries;
    private final UUID id = UUID.randomUUID();
    private final Semaphore changes = new Semaphore(0);
    /** The path of the lock's node; null before there is one. */
    private volatile String node;
    /** The czxid of that; of the thread that acquires. */
    private long fencingToken;

    /** Whether there may be nodes of ours that the server we are connected to does not know of yet. */
    private volatile boolean outdated;
    /** When a server last answered; of the thread that acquires. */
    private long answeredNanos = System.nanoTime();

    private volatile Consumer<IOException> onLoss = loss -> {};

    private GuardLock(DedicatedSession session, String path, String owner, Acl acl, RetryPolicy retries) {
        this.session = session;
        this.path = path;
        this.owner = owner;
        this.acl = acl;
        this.retries = retries;
    }

    /**
     * Waits until the lock is ours.
     *
     * @param owner for others to see who has it
     * @param acl of what is created for the lock
     */
    public static GuardLock acquire(DedicatedSession session, String path, String owner, Acl acl, RetryPolicy retries)
            throws IOException, InterruptedException {
        GuardLock lock = new GuardLock(session, path, owner, acl, retries);
        session.watch(path, lock.new Changes());
        lock.acquire();
        return lock;
    }

    @Override
    public List<ZNodeWrite> writes() {
        return List.of(new ZNodeWrite.Check(node, ZNodeWrite.ANY_VERSION));
    }

    @Override
    public IOException lost(IOException cause) {
        return new IOException(
                "This writer has lost the lock '" + path + "' ('sink.guard.lock'): its node '" + node + "' is gone,"
                        + " because the ZooKeeper session expired or somebody deleted it. Nothing is written without the"
                        + " lock; when the job restarts, it waits for its turn again.",
                cause);
    }

    /** Grows with every grant of the lock. */
    public long fencingToken() {
        return fencingToken;
    }

    /** Tells, on any thread, when the lock turns out to be lost. */
    public void onLoss(Consumer<IOException> listener) {
        onLoss = listener;
        checkNode();
    }

    private void acquire() throws IOException, InterruptedException {
        int failures = 0;
        boolean waiting = false;
        while (true) {
            try {
                if (isFirst()) {
                    LOG.info("Acquired the lock '{}' with '{}'.", path, node);
                    return;
                }
                failures = 0;
                if (!waiting) {
                    waiting = true;
                    LOG.info("Waiting for the lock '{}' with '{}'.", path, node);
                }
                changes.tryAcquire(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
                changes.drainPermits();
            } catch (ZooKeeperException e) {
                if (!e.failure().isTransient()) {
                    throw e;
                }
                if (System.nanoTime() - answeredNanos > retries.total().toNanos()) {
                    throw unreachable(e);
                }
                outdated = true;
                Thread.sleep(retries.waitMillis(++failures));
            }
        }
    }

    private boolean isFirst() throws IOException, InterruptedException {
        if (outdated) {
            outdated = false;
            await(session.sync());
        }
        Optional<List<String>> names = await(session.children(path));
        if (names.isEmpty()) {
            createLock();
            return false;
        }
        List<Contender> mine = new ArrayList<>();
        Contender first = null;
        for (String name : names.get()) {
            Optional<String> stranger = RECIPE.stranger(name);
            if (stranger.isPresent()) {
                throw new IOException("The lock '" + path + "' ('sink.guard.lock') has the contender '" + name
                        + "', which " + stranger.get() + " made: it and this writer, which queues as Curator's"
                        + " InterProcessMutex does, would not see who of them is first. Let only one kind of program use"
                        + " the lock, or name another one.");
            }
            Contender contender = RECIPE.parse(name).orElse(null);
            if (contender == null) {
                continue;
            }
            if (contender.id().filter(id::equals).isPresent()) {
                mine.add(contender);
            }
            if (first == null || Contender.ORDER.compare(contender, first) < 0) {
                first = contender;
            }
        }
        if (mine.isEmpty()) {
            queue();
            return false;
        }
        mine.sort(Contender.ORDER);
        for (Contender other : mine.subList(1, mine.size())) {
            delete(other.name());
        }
        Contender lowest = mine.get(0);
        node = path + "/" + lowest.name();
        return lowest.equals(first) && isOurs(lowest);
    }

    /** Takes the token of our node; false if that has gone meanwhile, or is one that goes with an earlier session. */
    private boolean isOurs(Contender mine) throws IOException, InterruptedException {
        Optional<ZNode> found = await(session.read(node));
        Optional<SessionIdentity> now = session.identity();
        if (found.isEmpty() || now.isEmpty()) {
            return false;
        }
        if (found.get().stat().ephemeralOwner() != now.get().id()) {
            delete(mine.name());
            return false;
        }
        fencingToken = found.get().stat().czxid();
        return true;
    }

    private void delete(String name) throws IOException, InterruptedException {
        LOG.info("Deleting '{}' below the lock '{}': it is a node of ours that cannot be used any more.", name, path);
        Optional<WriteRefusal> refusal =
                await(session.write(List.of(new ZNodeWrite.Delete(path + "/" + name, ZNodeWrite.ANY_VERSION))));
        if (refusal.isPresent() && refusal.get().failure() != Failure.NO_NODE) {
            throw refusal.get().cause();
        }
        changes.release();
    }

    private void queue() throws IOException, InterruptedException {
        byte[] data = owner.getBytes(StandardCharsets.UTF_8);
        String prefix = path + "/" + RECIPE.nameOf(id);
        WriteResult result = await(session.writeAndTell(
                List.of(new ZNodeWrite.Create(prefix, data, CreateMode.EPHEMERAL_SEQUENTIAL, 0, acl))));
        if (result.refusal().isPresent() && result.refusal().get().failure() != Failure.NO_NODE) {
            throw result.refusal().get().cause();
        }
        changes.release();
    }

    /** A container, as Curator makes it: the server deletes it when nobody queues. */
    private void createLock() throws IOException, InterruptedException {
        Optional<WriteRefusal> refusal = await(
                session.write(List.of(new ZNodeWrite.Create(path, null, CreateMode.CONTAINER, 0, acl.granting("cd")))));
        Failure failure = refusal.map(WriteRefusal::failure).orElse(null);
        if (failure == Failure.NO_NODE) {
            await(new MissingParents(session, acl.granting("c"), new KnownZNodes(), Runnable::run)
                    .create(List.of(path), path));
        } else if (failure != null && failure != Failure.NODE_EXISTS) {
            throw refusal.get().cause();
        }
        changes.release();
    }

    private <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
        try {
            T result = answer.get(retries.total().toMillis() + MARGIN_MILLIS, TimeUnit.MILLISECONDS);
            answeredNanos = System.nanoTime();
            return result;
        } catch (TimeoutException e) {
            throw unreachable(e);
        } catch (ExecutionException e) {
            Throwable cause = ZooKeeperException.causeOf(e.getCause());
            throw cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
        }
    }

    private IOException unreachable(Exception last) {
        return new IOException(
                "The lock '" + path + "' ('sink.guard.lock') could not be asked for within "
                        + retries.total().toMillis() + " ms ('connection-timeout' x 'max-retry-attempts'), because"
                        + " ZooKeeper could not be reached. Check the ensemble, or raise 'max-retry-attempts'.",
                last);
    }

    /** Checks that the node that holds the lock is still there. */
    private void checkNode() {
        String mine = node;
        if (mine != null) {
            session.read(mine).whenComplete((found, error) -> {
                boolean isGone = error == null && found.isEmpty();
                if (isGone && mine.equals(node)) {
                    onLoss.accept(lost(null));
                }
            });
        }
    }

    /** Hears of the queue. */
    private final class Changes implements WatchListener {
        @Override
        public void established() {
            changes.release();
            checkNode();
        }

        @Override
        public void changed(String changed, long zxid) {
            changes.release();
            if (changed.equals(node)) {
                checkNode();
            }
        }

        @Override
        public void lost() {
            outdated = true;
        }

        @Override
        public void failed(ZooKeeperException cause) {
            // Where there are no watches the queue is looked at from time to time.
            LOG.debug("No watch on the lock '{}': {}", path, cause.getMessage());
        }
    }
}
