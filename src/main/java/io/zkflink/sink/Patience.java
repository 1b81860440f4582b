// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ConnectionSettings;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How a request is repeated whose connection breaks.
 *
 * @param total how long altogether
 * @param longestWait between two attempts; waits grow exponentially up to it, with jitter
 */
record Patience(Duration total, Duration longestWait) {

    private static final long FIRST_WAIT_MILLIS = 50;
    private static final int MAX_DOUBLINGS = 12;

    static Patience of(ConnectionSettings connection) {
        return new Patience(connection.patience(), connection.retryWait());
    }

    /** How long to wait, in milliseconds, before the attempt after this many have failed. */
    long waitMillis(int failures) {
        long wait = FIRST_WAIT_MILLIS << Math.min(failures, MAX_DOUBLINGS);
        long bounded = Math.max(1, Math.min(wait, longestWait.toMillis()));
        return ThreadLocalRandom.current().nextLong(bounded / 2, bounded + 1);
    }

    /** Why there is no further attempt. */
    String isOver(int rows, String firstPath, long millis, Throwable last) {
        return String.format(
                "%d rows, first of them that of the znode '%s', could not be written within %d ms"
                        + " ('connection-timeout' x 'max-retry-attempts'): %s Check the ensemble, or raise"
                        + " 'max-retry-attempts'.",
                rows, firstPath, millis, last.getMessage());
    }
}
