// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Backoff;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a request is repeated whose connection breaks.
 *
 * @param total how long altogether
 * @param longestWait between two attempts; waits grow exponentially up to it, with jitter
 */
record Patience(Duration total, Duration longestWait) {

    static Patience of(ConnectionSettings connection) {
        return new Patience(connection.patience(), connection.retryWait());
    }

    /** How long to wait, in milliseconds, before the attempt after this many have failed. */
    long waitMillis(int failures) {
        return Backoff.waitMillis(failures, longestWait);
    }

    /** Why a batch that failed is not written again, or nothing if it is. */
    Optional<IOException> end(BatchWrite batch, List<RowWrite> rows, Throwable error, long tookMillis) {
        if (!(error instanceof ZooKeeperException failed) || !failed.failure().isTransient()) {
            return Optional.of(error instanceof IOException e ? e : new IOException(error.getMessage(), error));
        }
        if (batch.isTooLarge()) {
            return Optional.of(new IOException(batch.tooLarge(), error));
        }
        return tookMillis < total.toMillis()
                ? Optional.empty()
                : Optional.of(new IOException(isOver(rows, tookMillis, failed), failed));
    }

    private static String isOver(List<RowWrite> rows, long millis, ZooKeeperException last) {
        return String.format(
                "%d rows, first of them that of the znode '%s', could not be written within %d ms"
                        + " ('connection-timeout' x 'max-retry-attempts'): %s Check the ensemble, or raise"
                        + " 'max-retry-attempts'.",
                rows.size(), rows.get(0).path(), millis, last.getMessage());
    }
}
