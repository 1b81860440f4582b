// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.table.data.RowData;

/**
 * Rows that lookups have read, each until its znode changes: one recursive watch on the template's root evicts them, as
 * it evicts the knowledge that a key has no row, or which rows a prefix has.
 *
 * <p>No stale row is ever stored. A load is registered under its key before its read is sent, and its rows are stored
 * only if it still is when they arrive; an event takes it off. Suppose that a row is stored, and that its znode was
 * changed after the read. The server tells this session of a change before it answers any read of this session that
 * sees the change, and of each change after the read, as the watch is in place; the client delivers both in that order
 * on one thread. So the event came after the read was answered: before the store, then it took the load off and nothing
 * was stored, or after it, then it evicted the row. Store and event exclude each other per key. All of this holds
 * within one connection: what was loaded or begun before the watch was {@linkplain WatchListener#established
 * established} again counts for nothing.
 *
 * <p>While the connection is lost, rows are suspect and served only for so long, and nothing is stored.
 *
 * <p>Life cycle: shared by all functions that look up in the same table by the same columns, until {@link #close}.
 * Thread-safe; events are heard on the session's event thread, which waits for at most one store of the same key.
 */
final class InvalidatingCache {

    private final LookupTable table;
    private final LookupKeys keys;
    private final boolean missingKeys;
    private final Cache<Object, Entry> entries;
    private final Ticker clock;
    private final ConcurrentHashMap<Object, Load> loads = new ConcurrentHashMap<>();
    private final ZooKeeperClient client;
    private final Listener listener = new Listener();

    private volatile Connection connection = new Connection(0, false, 0);
    private volatile IOException refusal;

    /**
     * Starts watching.
     *
     * @param keys any that say as much about where to look
     */
    InvalidatingCache(LookupTable table, LookupKeys keys, LookupCaching.Limits limits, ZooKeeperClient client) {
        this(table, keys, limits, client, Ticker.systemTicker());
    }

    InvalidatingCache(
            LookupTable table, LookupKeys keys, LookupCaching.Limits limits, ZooKeeperClient client, Ticker clock) {
        this.table = table;
        this.keys = keys;
        this.missingKeys = limits.missingKeys();
        this.client = client;
        this.clock = clock;
        this.entries = entries(limits, clock);
        client.watch(table.template().root(), listener);
    }

    private static Cache<Object, Entry> entries(LookupCaching.Limits limits, Ticker clock) {
        Caffeine<Object, Object> builder = Caffeine.newBuilder()
                .ticker(clock)
                // Housekeeping is little work, and a pool's thread would outlive our class loader.
                .executor(Runnable::run);
        if (limits.expireAfterAccess() != null) {
            builder.expireAfterAccess(limits.expireAfterAccess());
        }
        if (limits.expireAfterWrite() != null) {
            builder.expireAfterWrite(limits.expireAfterWrite());
        }
        return limits.maxRows() == null
                ? builder.build()
                : builder.maximumWeight(limits.maxRows())
                        .weigher((Object place, Entry entry) ->
                                Math.max(1, entry.rows().size()))
                        .build();
    }

    /**
     * One period in which the watch reports everything; {@code lostNanos} says when it ended.
     *
     * @param number grows with each time that the watch is established
     * @param lostNanos when it was lost, if it is
     */
    private record Connection(long number, boolean established, long lostNanos) {}

    /**
     * @param number of the connection on which it was read
     */
    private record Entry(long number, List<RowData> rows) {}

    /** A read, or several of the same, that may be stored once it is answered. */
    static final class Load {
        private final Object place;
        /** Null if it may not be stored at all. */
        private final Connection connection;

        private int readers;

        private Load(Object place, Connection connection) {
            this.place = place;
            this.connection = connection;
        }

        private Load joined() {
            readers++;
            return this;
        }
    }

    /** The rows at a place, or null if they have to be read. */
    List<RowData> find(Object place) throws IOException {
        IOException refused = refusal;
        if (refused != null) {
            throw new IOException(refused.getMessage(), refused);
        }
        Entry entry = entries.getIfPresent(place);
        Connection now = connection;
        if (entry == null || entry.number() != now.number()) {
            return null;
        }
        boolean fresh = now.established()
                || clock.read() - now.lostNanos()
                        < table.settings().maxStaleness().toNanos();
        return fresh ? entry.rows() : null;
    }

    /** Whether it can ever hold anything. */
    boolean isUsable() {
        return refusal == null;
    }

    /** Announces a read, before it is sent. Must be followed by {@link #store} or {@link #abandon}. */
    Load begin(Object place) {
        Connection now = connection;
        if (!now.established()) {
            return new Load(place, null);
        }
        return loads.compute(
                LookupKeys.compact(place),
                (key, running) ->
                        (running != null && running.connection.equals(now) ? running : new Load(key, now)).joined());
    }

    /** Keeps what was read, unless it may be out of date already. The rows must be ready to be shared. */
    void store(Load load, List<RowData> rows) {
        boolean wanted = missingKeys || !rows.isEmpty();
        end(load, () -> {
            if (wanted && connection.equals(load.connection)) {
                entries.put(load.place, new Entry(load.connection.number(), rows));
            }
        });
    }

    /** A read has failed. */
    void abandon(Load load) {
        end(load, () -> {});
    }

    private void end(Load load, Runnable unlessTakenOff) {
        if (load.connection == null) {
            return;
        }
        loads.computeIfPresent(load.place, (key, running) -> {
            if (running != load) {
                return running;
            }
            unlessTakenOff.run();
            return --load.readers == 0 ? null : load;
        });
    }

    /** How many places are known; a prefix is one. */
    long size() {
        return entries.estimatedSize();
    }

    /** Ends the watch. */
    void close() {
        client.close();
    }

    private final class Listener implements WatchListener {
        @Override
        public void established() {
            connection = new Connection(connection.number() + 1, true, 0);
            // Those of earlier connections may stay where they are until they are met or crowded out; they never count.
            loads.clear();
        }

        @Override
        public void changed(String path, long zxid) {
            Object[] matched = table.template().match(path);
            if (matched != null) {
                loads.compute(keys.placeOf(matched), (key, running) -> {
                    entries.invalidate(key);
                    return null;
                });
            }
        }

        @Override
        public void lost() {
            if (connection.established()) {
                connection = new Connection(connection.number(), false, clock.read());
            }
            loads.clear();
        }

        @Override
        public void failed(ZooKeeperException cause) {
            lost();
            refusal = cause.failure() == Failure.UNSUPPORTED
                    ? new ZooKeeperException(
                            Failure.UNSUPPORTED,
                            cause.getMessage() + " For older servers set 'lookup.partial-cache.invalidation' = 'ttl'.")
                    : cause;
        }
    }
}
