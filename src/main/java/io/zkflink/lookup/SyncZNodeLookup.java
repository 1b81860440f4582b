// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionPool;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;

/**
 * Looks keys up one after the other. The task's thread waits for each, so that only the lookups of other subtasks share
 * a request with it.
 */
@Internal
public final class SyncZNodeLookup extends LookupFunction {

    private static final long serialVersionUID = 1L;

    private final LookupTable table;
    private final LookupKeys keys;

    private transient ZooKeeperClient client;
    private transient Lookup lookup;
    /** Null without a cache of ours. */
    private transient CachedRows cache;

    public SyncZNodeLookup(LookupTable table, LookupKeys keys) {
        this.table = table;
        this.keys = keys;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        client = SessionPool.open(table.connection());
        lookup = new Lookup(table, keys, client, table.openDecoder(context));
        cache = CachedRows.open(table, keys, context.getMetricGroup());
    }

    @Override
    public Collection<RowData> lookup(RowData key) throws IOException {
        Object[] values = keys.values(key);
        if (values == null) {
            return List.of();
        }
        return lookup.filtered(values, cache == null ? load(values) : cached(values));
    }

    private List<RowData> cached(Object[] values) throws IOException {
        Object place = keys.place(values);
        List<RowData> found = cache.find(place);
        if (found != null) {
            return found;
        }
        CachedRows.Loading loading = cache.begin(place);
        try {
            return cache.loaded(loading, load(values));
        } catch (IOException | RuntimeException | Error e) {
            cache.failed(loading);
            throw e;
        }
    }

    private List<RowData> load(Object[] values) throws IOException {
        LookupAttempts attempts = new LookupAttempts(lookup, values);
        while (true) {
            CompletableFuture<List<ZNode>> read = lookup.read(values);
            try {
                return lookup.rows(values, read.get(attempts.nanosLeft(), TimeUnit.NANOSECONDS));
            } catch (ExecutionException e) {
                pause(attempts.waitAfter(ZooKeeperException.causeOf(e.getCause())));
            } catch (TimeoutException e) {
                throw attempts.exhausted();
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static void pause(long millis) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IOException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new IOException("Interrupted while waiting for a lookup", cause);
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        if (cache != null) {
            cache.close();
        }
    }
}
