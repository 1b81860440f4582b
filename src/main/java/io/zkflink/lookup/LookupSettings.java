// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.row.ParseErrorPolicy;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/**
 * How to look keys up.
 *
 * @param table equal for tables that are the same; never printed, since it may hold passwords
 * @param async whether to offer asynchronous lookups, too
 * @param maxRetries how many connection timeouts a lookup may take beyond the first; with 0 a lookup that lost its
 *     connection is not tried again
 * @param maxStaleness how long cached rows may be served while the connection is lost
 * @param parseErrors what to do with data that the format cannot decode
 */
@Internal
public record LookupSettings(
        String table,
        boolean async,
        int maxRetries,
        Duration maxStaleness,
        ParseErrorPolicy parseErrors,
        LookupCaching caching)
        implements Serializable {

    @Override
    public String toString() {
        return "LookupSettings[" + caching + "]";
    }
}
