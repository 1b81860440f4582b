// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.settings.Backoff;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/**
 * How a request is repeated whose connection breaks.
 *
 * @param total how long altogether
 * @param longestWait between two attempts; waits grow exponentially up to it, with jitter
 */
@Internal
public record RetryPolicy(Duration total, Duration longestWait) {

    public static RetryPolicy of(ConnectionSettings connection) {
        return new RetryPolicy(connection.totalTimeout(), connection.retryWait());
    }

    /** How long to wait, in milliseconds, before the attempt after this many have failed. */
    public long waitMillis(int failures) {
        return Backoff.waitMillis(failures, longestWait);
    }
}
