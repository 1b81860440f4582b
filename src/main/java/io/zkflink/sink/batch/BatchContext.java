// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.metrics.SinkMetrics;
import java.util.concurrent.Executor;

/**
 * What all batches of a writer have in common.
 *
 * @param thread runs all that happens between the requests
 */
public record BatchContext(
        GuardedClient client,
        WriteRules rules,
        RetryPolicy retries,
        KnownZNodes known,
        SinkMetrics metrics,
        Executor thread) {

    /** The same with another guard. */
    public BatchContext with(GuardedClient guarded) {
        return new BatchContext(guarded, rules, retries, known, metrics, thread);
    }
}
