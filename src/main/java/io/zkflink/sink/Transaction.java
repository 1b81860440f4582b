// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.row.RowWrite;
import java.util.List;

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
 * @param rows of different znodes, unless they append
 */
public record Transaction(String markerPath, long number, List<RowWrite> rows) {

    public Transaction {
        rows = List.copyOf(rows);
    }
}
