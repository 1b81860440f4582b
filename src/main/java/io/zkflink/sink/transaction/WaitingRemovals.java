// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import java.util.List;
import org.apache.flink.annotation.Internal;

/**
 * Removals that came before a checkpoint, and may have to be made after it, because their znodes had children: their
 * place in the writer's state.
 *
 * @param origin the transaction that had them first; null if they were written at least once
 */
@Internal
public record WaitingRemovals(Transaction.Origin origin, List<String> paths) {

    public WaitingRemovals {
        paths = List.copyOf(paths);
    }

    /** As state, which is empty if nothing waits. */
    public static List<WaitingRemovals> of(Transaction.Origin origin, List<String> paths) {
        return paths.isEmpty() ? List.of() : List.of(new WaitingRemovals(origin, paths));
    }
}
