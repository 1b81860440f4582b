// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.ConnectorThread;
import io.zkflink.client.session.SessionPool;
import io.zkflink.client.session.SessionShutdown;
import io.zkflink.row.EventType;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.subtree.FeedSettings;
import io.zkflink.subtree.SubtreeFeed;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.UpToDate;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.subtree.state.UniqueKeys;
import io.zkflink.subtree.state.ZNodeState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.RowData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subtree's rows in memory, following its changes: a walk reads it, a watch keeps it up to date, and after each loss
 * of the connection another walk finds what was missed.
 *
 * <p>Life cycle: shared by all functions that look up in the same table of the same class loader; a thread of its own
 * does all the work from construction to {@link #close}, or until it fails, which fails all lookups. Lookups read an
 * index and wait for nobody. While the connection is lost they are given what was known, until it is too old.
 */
final class Mirror {

    private static final Logger LOG = LoggerFactory.getLogger(Mirror.class);
    private static final long POLL_MILLIS = 100;
    private static final Duration LONGEST_END = Duration.ofSeconds(10);
    private static final long NOTHING_SEEN = 0;

    private final LookupTable table;
    private final ZNodeDecoder decoder;
    private final BinaryRows binary;
    private final ZooKeeperClient client;
    private final SubtreeFeed feed;
    private final Thread thread;
    private final CompletableFuture<Void> complete = new CompletableFuture<>();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    /** Why nothing may be served, or null. */
    private volatile IOException refusal;

    private volatile boolean failed;
    private volatile boolean closed;
    private volatile int size;

    // The mirror's thread's own.
    private final Reconciler reconciler = new Reconciler(false);
    /** Null unless several znodes may have one key. */
    private final UniqueKeys keys;

    /** How many of the known znodes have a row, which is kept with them. */
    private int rows;

    private final Map<List<Integer>, MirrorIndex> indexes = new HashMap<>();

    /**
     * Starts reading.
     *
     * @param decoder opened, for this mirror alone
     * @param serializer of the produced rows, for this mirror alone
     */
    Mirror(LookupTable table, ZNodeDecoder decoder, TypeSerializer<RowData> serializer) {
        this(table, decoder, serializer, SessionPool.open(table.connection()));
    }

    Mirror(LookupTable table, ZNodeDecoder decoder, TypeSerializer<RowData> serializer, ZooKeeperClient client) {
        this.table = table;
        this.decoder = decoder;
        this.binary = new BinaryRows(serializer, table.columns().size());
        this.client = client;
        this.keys = table.template().isAmbiguous() ? new UniqueKeys(table.template(), reconciler) : null;
        FeedSettings settings = new FeedSettings(true, false, Duration.ZERO, table.content(), Duration.ZERO, false);
        this.feed = new SubtreeFeed(client, table.template(), path -> true, NOTHING_SEEN, settings);
        thread = ConnectorThread.of(this::run, "zookeeper-mirror " + table.template());
        thread.start();
    }

    /** Whether lookups can be served, now or once it is complete. */
    boolean isUsable() {
        return !failed;
    }

    /** How many rows there are. */
    int size() {
        return size;
    }

    /**
     * Waits until the whole subtree has been read.
     *
     * @return the rows by these keys
     */
    MirrorIndex index(LookupKeys keys) throws IOException, InterruptedException {
        CompletableFuture<MirrorIndex> index = new CompletableFuture<>();
        tasks.add(() -> index.complete(indexed(keys)));
        feed.wakeUp();
        try {
            complete.get();
            if (failed && !index.isDone()) {
                // Nobody is left to make it.
                check();
            }
            return index.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }

    /** Fails if what is known may not be served. */
    void check() throws IOException {
        IOException refused = refusal;
        if (refused != null) {
            throw new IOException(refused.getMessage(), refused);
        }
    }

    /** Ends the thread, and waits for it as {@link SessionShutdown} tells. */
    void close() {
        closed = true;
        feed.wakeUp();
        SessionShutdown.awaitEnd(thread, LONGEST_END);
    }

    private void run() {
        try {
            feed.open();
            while (!closed) {
                for (FeedEvent event : feed.poll(POLL_MILLIS)) {
                    handle(event);
                }
                size = rows;
                runTasks();
                checkAge();
            }
            fail(new IOException("The mirror of '" + table.template() + "' was closed."));
        } catch (UncheckedIOException e) {
            fail(e.getCause());
        } catch (ZooKeeperException e) {
            fail(e.failure() == Failure.UNSUPPORTED ? unsupported(e) : e);
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException | RuntimeException | Error e) {
            LOG.error("The mirror of '{}' has failed.", table.template(), e);
            fail(new IOException("The mirror of '" + table.template() + "' has failed: " + e, e));
        } finally {
            feed.close();
            client.close();
        }
    }

    private void runTasks() {
        Runnable task;
        while ((task = tasks.poll()) != null) {
            task.run();
        }
    }

    private void fail(IOException cause) {
        failed = true;
        refusal = cause;
        complete.completeExceptionally(cause);
        runTasks();
    }

    private IOException unsupported(ZooKeeperException cause) {
        return new ZooKeeperException(
                Failure.UNSUPPORTED,
                cause.getMessage() + " For older servers set 'lookup.cache' = 'NONE', or 'PARTIAL' with"
                        + " 'lookup.partial-cache.invalidation' = 'ttl'.");
    }

    private void handle(FeedEvent event) throws IOException {
        if (event instanceof Observation observation) {
            if (keys == null) {
                observe(observation);
            } else {
                observe(keys.admit(observation));
            }
        } else if (event instanceof WalkEnded ended) {
            reconciler.walkEnded(ended, this::forget);
            if (keys != null) {
                observe(keys.walkEnded(ended.walk()));
            }
            if (complete.complete(null)) {
                LOG.info("The mirror of '{}' is complete: {} rows.", table.template(), rows);
            }
        } else if (event instanceof UpToDate && keys != null) {
            keys.check();
        }
    }

    private void observe(List<Observation> all) throws IOException {
        for (Observation each : all) {
            observe(each);
        }
    }

    private void observe(Observation observation) throws IOException {
        Change change = reconciler.observe(observation).orElse(null);
        if (change != null) {
            apply(change);
        }
    }

    private void apply(Change change) throws IOException {
        if (change instanceof Change.Created created) {
            put(created.znode(), null, created.now());
        } else if (change instanceof Change.Changed changed) {
            put(changed.znode(), changed.before(), changed.now());
        } else if (change instanceof Change.Recreated recreated) {
            put(recreated.znode(), recreated.before(), recreated.now());
        } else {
            forget(change);
        }
    }

    private void put(ZNode znode, ZNodeState before, ZNodeState known) throws IOException {
        RowData row = decoder.record(znode, EventType.CREATED).orElse(null);
        if (row == null) {
            known.hide();
        } else {
            known.keep(binary.bytes(row), 0);
        }
        replace(known.path(), before == null ? null : before.kept(), known.kept());
    }

    private void forget(Change change) {
        replace(change.path(), ((Change.Deleted) change).before().kept(), null);
    }

    private void replace(String path, byte[] before, byte[] row) {
        rows += (row == null ? 0 : 1) - (before == null ? 0 : 1);
        if (before != null || row != null) {
            indexes.values().forEach(index -> index.change(path, before, row));
        }
    }

    private MirrorIndex indexed(LookupKeys keys) {
        return indexes.computeIfAbsent(keys.columns(), columns -> {
            MirrorIndex index = MirrorIndex.of(keys, binary, keys.areUnique(table.columns()));
            reconciler.known().forEach((path, known) -> index.change(path, null, known.kept()));
            return index;
        });
    }

    /** Looks whether a loss of the connection has lasted too long, or was made good. */
    private void checkAge() {
        OptionalLong lost = feed.lostSince();
        if (lost.isEmpty()) {
            refusal = null;
            return;
        }
        long millis = (System.nanoTime() - lost.getAsLong()) / 1_000_000;
        if (refusal == null && millis > table.settings().maxStaleness().toMillis()) {
            refusal = stale(table);
        }
    }

    /** What is said of rows that are too old. */
    static IOException stale(LookupTable table) {
        return new IOException(String.format(
                "The cached rows of '%s' are out of date: the connection to ZooKeeper at '%s' has been lost for more"
                        + " than the 'lookup.max-staleness' of %d ms. Check that the servers run and can be reached, or"
                        + " allow more.",
                table.template(),
                table.connection().connectString(),
                table.settings().maxStaleness().toMillis()));
    }
}
