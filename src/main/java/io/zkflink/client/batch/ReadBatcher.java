// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a session's reads as {@code multi} requests.
 *
 * <p>While fewer than {@value #MAX_IN_FLIGHT} requests are in flight a read leaves at once; otherwise it waits for one
 * of them, and all that wait leave together: batches grow with the load and cost no latency without it. Full batches
 * leave until {@value #MAX_FULL_IN_FLIGHT} requests are in flight, so that a server which has a large tree to send is
 * never out of work. Users take turns, so that a long walk does not hold up a lookup. What several of them wait for is
 * read once; nobody joins a request that was sent, because its answer may be older than the question.
 *
 * <p>A reply over the client's limit breaks the connection. Batches are therefore sized by the bytes that earlier
 * replies had, and those that break it all the same are looked into by {@link OversizedReads}.
 *
 * <p>Thread-safe. Reads complete on the session's event thread.
 */
@Internal
public final class ReadBatcher {

    private static final Logger LOG = LoggerFactory.getLogger(ReadBatcher.class);

    static final int MAX_IN_FLIGHT = 2;
    static final int MAX_FULL_IN_FLIGHT = 4;

    static final int MAX_OPS = 500;

    private static final int MAX_BYTES = 4 * 1024 * 1024;
    private static final int MAX_PATH_BYTES = 1_000_000;

    private final String servers;
    private final Object lock = new Object();
    private final WaitingReads waiting;
    private final OversizedReads oversized;

    /** Null while disconnected: nothing is sent. */
    private ZooKeeper connected;

    private int inFlight;
    private boolean exclusive;
    /** The handle whose server turned out to know no multi reads; the next one may be newer. */
    private volatile ZooKeeper withoutMulti;

    private ZooKeeperException failed;

    public ReadBatcher(ConnectionSettings settings) {
        this.servers = settings.connectString();
        this.oversized = new OversizedReads(settings.replyLimit());
        this.waiting = new WaitingReads(oversized, Math.min(MAX_BYTES, settings.replyLimit() / 2));
    }

    /** Starts sending to this handle. */
    public void connected(ZooKeeper handle) {
        synchronized (lock) {
            connected = failed == null ? handle : null;
        }
        pump();
    }

    public void disconnected() {
        synchronized (lock) {
            connected = null;
        }
    }

    /** Fails all reads that wait and all that will be asked for: the session can never be used again. */
    public void fail(ZooKeeperException cause) {
        List<Read<?>> orphans;
        synchronized (lock) {
            connected = null;
            failed = cause;
            orphans = waiting.takeAll();
        }
        orphans.forEach(read -> read.result.completeExceptionally(cause));
    }

    /** A user's own queue. */
    public Queue newQueue() {
        return new Queue();
    }

    private void pump() {
        while (true) {
            List<Read<?>> batch;
            ZooKeeper handle;
            synchronized (lock) {
                int most = waiting.size() >= MAX_OPS ? MAX_FULL_IN_FLIGHT : MAX_IN_FLIGHT;
                if (connected == null || exclusive || inFlight >= most || waiting.isEmpty()) {
                    return;
                }
                boolean isolated = waiting.isNextIsolated();
                if (isolated && inFlight > 0) {
                    return;
                }
                batch = waiting.nextBatch(isolated);
                if (batch.isEmpty()) {
                    continue;
                }
                inFlight++;
                exclusive = isolated;
                handle = connected;
            }
            send(handle, batch);
        }
    }

    private void send(ZooKeeper handle, List<Read<?>> batch) {
        if (batch.size() == 1 && oversized.isToBeTried(batch.get(0))) {
            Read<?> read = batch.get(0);
            handle.exists(read.serverPath, false, (rc, path, ctx, stat) -> tried(handle, read, rc, stat), null);
        } else {
            multi(handle, batch, lost -> oversized.isolate(lost, batch.size()));
        }
    }

    /** Judges a read that may break the connection, and sends it alone if that leaves it a chance. */
    private void tried(ZooKeeper handle, Read<?> read, int rc, Stat stat) {
        KeeperException.Code code = Failure.code(rc);
        Optional<ZooKeeperException> tooLarge = oversized.tooLarge(read, stat);
        Optional<OpResult> answer = stat == null ? Optional.empty() : read.answeredBy(stat);
        if (Failure.of(code).isTransient()) {
            finish(() -> read.fail(code));
        } else if (answer.isPresent()) {
            oversized.clear(List.of(read));
            finish(() -> read.complete(answer.get()));
        } else if (tooLarge.isPresent()) {
            oversized.clear(List.of(read));
            finish(() -> read.fail(tooLarge.get()));
        } else {
            multi(handle, List.of(read), lost -> oversized.isolateAfterTrial(read));
        }
    }

    /** One read alone is no {@code multi}, which costs both sides more. */
    private void multi(ZooKeeper handle, List<Read<?>> batch, Consumer<List<Read<?>>> onLoss) {
        if (batch.size() == 1 || withoutMulti == handle || !batch.get(0).fitsMulti()) {
            singles(handle, batch, onLoss);
            return;
        }
        List<Op> ops = new ArrayList<>(batch.size());
        for (Read<?> read : batch) {
            ops.add(read.op());
        }
        handle.multi(ops, (rc, path, ctx, results) -> answered(handle, batch, rc, results, onLoss), null);
    }

    /** Each read goes alone, to a server before 3.6, too; a batch still bounds how many are in flight. */
    private void singles(ZooKeeper handle, List<Read<?>> batch, Consumer<List<Read<?>>> onLoss) {
        AtomicInteger open = new AtomicInteger(batch.size());
        for (Read<?> read : batch) {
            read.send(handle, code -> {
                if (code == KeeperException.Code.CONNECTIONLOSS) {
                    onLoss.accept(List.of(read));
                } else if (!Failure.of(code).isTransient()) {
                    oversized.clear(List.of(read));
                }
                if (open.decrementAndGet() == 0) {
                    finish(() -> {});
                }
            });
        }
    }

    private void answered(
            ZooKeeper handle, List<Read<?>> batch, int rc, List<OpResult> results, Consumer<List<Read<?>>> onLoss) {
        KeeperException.Code code = Failure.code(rc);
        if (code == KeeperException.Code.UNIMPLEMENTED) {
            if (withoutMulti != handle) {
                withoutMulti = handle;
                LOG.info("ZooKeeper at '{}' has no multi reads, which came with 3.6: each goes alone.", servers);
            }
            singles(handle, batch, onLoss);
            return;
        }
        if (results != null && results.size() == batch.size()) {
            oversized.clear(batch);
            finish(() -> {
                for (int i = 0; i < batch.size(); i++) {
                    batch.get(i).complete(results.get(i));
                }
            });
            return;
        }
        KeeperException.Code failed = Read.reasonOfNoAnswer(rc);
        if (failed == KeeperException.Code.CONNECTIONLOSS) {
            onLoss.accept(batch);
        }
        finish(() -> batch.forEach(read -> read.fail(failed)));
    }

    private static boolean isTooLong(String path) {
        return path.length() > MAX_PATH_BYTES / WaitingReads.MOST_BYTES_PER_CHARACTER
                && path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES;
    }

    private void finish(Runnable completions) {
        try {
            completions.run();
        } finally {
            synchronized (lock) {
                inFlight--;
                exclusive = false;
            }
            pump();
        }
    }

    /** The reads of one user, with what their replies measured so far. */
    public final class Queue {
        private final WaitingReads.User user = new WaitingReads.User();
        private final ReplySize dataSize = new ReplySize();
        private final ReplySize childrenSize = new ReplySize();
        /** A few at a time until it is known whether the data that comes along is large. */
        private final ReplySize statSize = new ReplySize(MAX_BYTES / 8);

        private final DataLengths lengths = new DataLengths();
        private boolean closed;

        public CompletableFuture<Optional<ZNode>> data(String serverPath, String path) {
            return submit(new DataRead(serverPath, path, dataSize));
        }

        public CompletableFuture<Optional<List<String>>> children(String serverPath, String path) {
            return submit(new ChildrenRead(serverPath, path, childrenSize));
        }

        public CompletableFuture<Optional<ZNode>> stat(String serverPath, String path) {
            return submit(new StatRead.StatOnly(serverPath, path, statSize, lengths));
        }

        public CompletableFuture<Boolean> exists(String serverPath, String path) {
            return submit(new StatRead.Exists(serverPath, path, statSize));
        }

        private <T> CompletableFuture<T> submit(Read<T> read) {
            if (isTooLong(read.serverPath)) {
                // The request would break the connection of all who share it, and so would have the one to create it.
                return CompletableFuture.completedFuture(read.absent());
            }
            ZooKeeperException refusal;
            synchronized (lock) {
                refusal = closed ? ZooKeeperException.closed() : failed;
                if (refusal == null) {
                    waiting.add(user, read);
                }
            }
            if (refusal == null) {
                pump();
            } else {
                read.result.completeExceptionally(refusal);
            }
            return read.result;
        }

        /** Fails the reads that wait; the answers of those in flight are ignored. */
        public void close() {
            List<Read<?>> orphans;
            synchronized (lock) {
                closed = true;
                orphans = waiting.takeAll(user);
            }
            orphans.forEach(read -> read.result.completeExceptionally(ZooKeeperException.closed()));
        }
    }
}
