// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import io.zkflink.row.RowWrite;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.annotation.Internal;

/**
 * Rows that become visible together, when the checkpoint that they belong to has completed.
 *
 * <p>A writer draws an id that nobody else has each time it starts, and numbers its transactions from 1. The marker
 * znode of the id holds the number of the last one that was committed and changes in the same {@code multi}: so nobody
 * commits a transaction twice, from whatever checkpoint, at whatever parallelism, by whatever subtask it is restored.
 * (A number drawn from checkpoints would not do: they are counted from the older one on when an older savepoint is
 * restored, and the same numbers then mean other rows.)
 *
 * @param markerPath of the writer's marker; unchanged though the job is restored with other options
 * @param number of this transaction among those of its writer
 * @param predecessor when the transaction before this one was prepared, in milliseconds since the epoch by the writer's
 * clock: the marker has not been idle for longer; {@link #UNKNOWN} for the first one, and where an older version has
 *     written the checkpoint
 * @param rows of different znodes, unless they append
 * @param removals which of the rows depend on what becomes of others
 */
@Internal
public record Transaction(String markerPath, long number, long predecessor, List<RowWrite> rows, Removals removals) {

    /** That no transaction is known that was made before. */
    static final long UNKNOWN = Long.MIN_VALUE;

    /**
     * What becomes of removals whose znode has children.
     *
     * @param mayWait whether those that are not {@code again} are left out, for they come again in the next checkpoint
     * @param keptFrom the number of the oldest transaction of which it has still to be known what was left out
     * @param parents the paths of those where, or below which, a later transaction of the checkpoint puts something:
     *     such a znode stays, without data, if it has children
     * @param again the transactions that had removals first, by path: each is made if it was left out there
     */
    public record Removals(boolean mayWait, long keptFrom, Set<String> parents, Map<String, Origin> again) {

        static final Removals FINAL = new Removals(false, 0, Set.of(), Map.of());

        public Removals {
            parents = Set.copyOf(parents);
            again = Map.copyOf(again);
        }
    }

    /** A transaction, by the marker and the number. */
    public record Origin(String markerPath, long number) {}

    public Transaction {
        rows = List.copyOf(rows);
    }

    Transaction(String markerPath, long number, List<RowWrite> rows) {
        this(markerPath, number, UNKNOWN, rows, Removals.FINAL);
    }
}
