// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.settings.Backoff;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.EventType;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.subtree.SubtreeRead;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.data.RowData;

/**
 * Reads what keys ask for, and makes rows of it. What it does with the client may be done by any thread; rows are made
 * by one.
 */
final class Lookup {

    private final LookupTable table;
    private final LookupKeys keys;
    private final ZooKeeperClient client;
    private final ZNodeDecoder decoder;

    /**
     * @param decoder opened, for this lookup alone
     */
    Lookup(LookupTable table, LookupKeys keys, ZooKeeperClient client, ZNodeDecoder decoder) {
        this.table = table;
        this.keys = keys;
        this.client = client;
        this.decoder = decoder;
    }

    /** Reads the znodes that are where {@code values} say. */
    CompletableFuture<List<ZNode>> read(Object[] values) {
        Object[] located = keys.located(values);
        PathTemplate template = table.template();
        if (keys.arePoints()) {
            return SubtreeRead.all(client, template.locations(located), table.content());
        }
        Map<String, List<Object>> prefix = new HashMap<>();
        for (int i = 0; i < located.length; i++) {
            prefix.put(template.columns().get(i), List.of(located[i]));
        }
        return SubtreeRead.start(client, template.restrictByNames(prefix), table.content());
    }

    /** The rows of znodes that are where {@code values} say, whatever their other columns. */
    List<RowData> rows(Object[] values, List<ZNode> znodes) throws IOException {
        if (znodes.size() == 1) {
            return row(values, znodes.get(0)).map(List::of).orElse(List.of());
        }
        if (table.template().isAmbiguous()) {
            checkUnique(znodes);
        }
        List<RowData> rows = new ArrayList<>(znodes.size());
        for (ZNode znode : znodes) {
            row(values, znode).ifPresent(rows::add);
        }
        return rows;
    }

    private void checkUnique(List<ZNode> znodes) throws IOException {
        Map<String, String> paths = new HashMap<>();
        for (ZNode znode : znodes) {
            String other = paths.put(table.template().canonical(znode.path()), znode.path());
            if (other != null) {
                throw new IOException(table.template().conflict(other, znode.path()));
            }
        }
    }

    private Optional<RowData> row(Object[] values, ZNode znode) throws IOException {
        Optional<RowData> row = decoder.record(znode, EventType.CREATED);
        return row.isPresent() && keys.isThere(values, row.get()) ? Optional.of(row.get()) : Optional.empty();
    }

    /** Those of the rows that equal the values in all columns. */
    List<RowData> filtered(Object[] values, List<RowData> rows) {
        if (!keys.filters()) {
            return rows;
        }
        List<RowData> accepted = new ArrayList<>(rows.size());
        for (RowData row : rows) {
            if (keys.accepts(values, row)) {
                accepted.add(row);
            }
        }
        return accepted;
    }

    /** How long a lookup may take. */
    Duration budget() {
        return table.budget();
    }

    /** Whether a read that failed like this may be sent again. */
    boolean mayRetry(Throwable error) {
        return table.settings().maxRetries() > 0
                && error instanceof ZooKeeperException failed
                && failed.failure().isTransient();
    }

    /** How long to wait before a retry. */
    long waitMillis(int retries) {
        return Backoff.waitMillis(retries, table.connection().retryWait());
    }

    /** A lookup that has used its budget up. */
    IOException exhausted(Object[] values, Throwable last) {
        String reason = last != null
                ? last.getMessage()
                : client.statistics().connected() ? "no answer yet" : "the connection is lost";
        return new IOException(
                String.format(
                        "The lookup of '%s' in ZooKeeper at '%s' was not answered within %d ms ('connection-timeout' of"
                                + " %d ms x (1 + 'lookup.max-retries' of %d)): %s. Check that the servers run and can"
                                + " be reached, or allow more 'lookup.max-retries'.",
                        describe(values),
                        table.connection().connectString(),
                        table.budget().toMillis(),
                        table.connection().connectionTimeout().toMillis(),
                        table.settings().maxRetries(),
                        reason),
                last);
    }

    private String describe(Object[] values) {
        Object[] located = keys.located(values);
        String path = keys.arePoints() ? table.template().locate(located) : null;
        return path != null ? path : table.template() + " with " + List.of(located);
    }
}
