// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.sink.runtime.SinkMetrics;
import java.util.concurrent.Executor;
import org.apache.flink.annotation.Internal;

/**
 * What all batches of a writer have in common.
 *
 * @param thread runs all that happens between the requests
 */
@Internal
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
