// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionPool;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncLookupFunction;
import org.apache.flink.table.functions.FunctionContext;

/**
 * Looks many keys up at the same time; they share requests.
 *
 * <ol>
 *   <li>The task's thread asks for the read.
 *   <li>The session's event thread hands over what was read.
 *   <li>This function's worker thread makes rows of it and completes the lookup, and so also does what Flink does with
 *       the rows next. It tries again what has failed for a passing reason, and every now and then looks for lookups
 *       that have waited too long.
 * </ol>
 */
@Internal
public final class AsyncZNodeLookup extends AsyncLookupFunction {

    private static final long serialVersionUID = 1L;
    private static final Duration SWEEP_INTERVAL = Duration.ofMillis(200);

    private final LookupTable table;
    private final LookupKeys keys;

    private transient ZooKeeperClient client;
    private transient Lookup lookup;
    /** Null without a cache of ours. */
    private transient CachedRows cache;

    private transient LookupWorker worker;
    private transient Set<Call> calls;

    public AsyncZNodeLookup(LookupTable table, LookupKeys keys) {
        this.table = table;
        this.keys = keys;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        client = SessionPool.open(table.connection());
        lookup = new Lookup(table, keys, client, table.openDecoder(context));
        cache = CachedRows.open(table, keys, context.getMetricGroup());
        calls = ConcurrentHashMap.newKeySet();
        worker = new LookupWorker("zookeeper-lookup " + table.template());
        worker.repeatedly(SWEEP_INTERVAL, this::sweep);
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncLookup(RowData key) {
        Object[] values = keys.values(key);
        if (values == null) {
            return CompletableFuture.completedFuture(List.of());
        }
        if (cache == null) {
            return call(values, null);
        }
        Object place = keys.place(values);
        List<RowData> found;
        try {
            found = cache.find(place);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        return found != null
                ? CompletableFuture.completedFuture(lookup.filtered(values, found))
                : call(values, cache.begin(place));
    }

    private CompletableFuture<Collection<RowData>> call(Object[] values, CachedRows.Loading loading) {
        Call call = new Call(values, loading);
        calls.add(call);
        call.send();
        return call.result;
    }

    private void sweep() {
        for (Call call : calls) {
            if (call.attempts.nanosLeft() < 0) {
                call.fail(call.attempts.exhausted());
            }
        }
    }

    @Override
    public void close() throws Exception {
        if (client != null) {
            client.close();
        }
        if (worker != null) {
            worker.close();
        }
        if (cache != null) {
            cache.close();
        }
    }

    /** A lookup under way. */
    private final class Call {
        private final Object[] values;
        /** Null without a cache. */
        private final CachedRows.Loading loading;

        private final CompletableFuture<Collection<RowData>> result = new CompletableFuture<>();
        /** The worker's own. */
        private final LookupAttempts attempts;

        Call(Object[] values, CachedRows.Loading loading) {
            this.values = values;
            this.loading = loading;
            this.attempts = new LookupAttempts(lookup, values);
        }

        void send() {
            lookup.read(values)
                    .whenComplete((znodes, error) -> worker.execute(
                            () -> arrived(znodes, error == null ? null : ZooKeeperException.causeOf(error))));
        }

        private void arrived(List<ZNode> znodes, Throwable error) {
            if (result.isDone()) {
                return;
            }
            if (error == null) {
                found(znodes);
                return;
            }
            try {
                worker.later(Duration.ofMillis(attempts.waitAfter(error)), this::send);
            } catch (IOException e) {
                fail(e);
            }
        }

        private void found(List<ZNode> znodes) {
            List<RowData> rows;
            try {
                rows = lookup.rows(values, znodes);
                if (loading != null) {
                    cache.loaded(loading, rows);
                }
                rows = lookup.filtered(values, rows);
            } catch (IOException | RuntimeException | Error e) {
                // A format's class that is missing, for example: nobody else would complete the lookup.
                fail(e);
                return;
            }
            calls.remove(this);
            result.complete(rows);
        }

        void fail(Throwable cause) {
            calls.remove(this);
            if (loading != null) {
                cache.failed(loading);
            }
            result.completeExceptionally(cause);
        }
    }
}
