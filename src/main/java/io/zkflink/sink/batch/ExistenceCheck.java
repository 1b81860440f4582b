// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.ZNode;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.runtime.SinkMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Finds out which znodes of a batch exist, and which have their row's data already. */
final class ExistenceCheck {

    private final BatchContext context;

    ExistenceCheck(BatchContext context) {
        this.context = context;
    }

    /** Reads whether those znodes exist of which that is a guess. */
    CompletableFuture<Void> settle(List<BatchedRow> rows) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        rows.forEach(row -> settle(row, answers));
        return allOf(answers);
    }

    /**
     * As {@link #settle}, and compares data.
     *
     * @param unchanged gets each row whose znode has its data already
     */
    CompletableFuture<Void> compare(List<BatchedRow> rows, Consumer<BatchedRow> unchanged) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (BatchedRow row : rows) {
            if (row.isPlainPut()) {
                answers.add(context.client()
                        .read(row.path())
                        .thenAcceptAsync(znode -> compare(row, znode, unchanged), context.thread()));
            } else {
                settle(row, answers);
            }
        }
        return allOf(answers);
    }

    /** Listing the children of what is a leaf, more often than not, is the cheapest question in a multi. */
    private void settle(BatchedRow row, List<CompletableFuture<?>> answers) {
        if (row.isGuess()) {
            answers.add(context.client()
                    .children(row.path())
                    .thenAcceptAsync(names -> found(row, names.isPresent()), context.thread()));
        }
    }

    private void compare(BatchedRow row, Optional<ZNode> znode, Consumer<BatchedRow> unchanged) {
        found(row, znode.isPresent());
        if (znode.isPresent() && ((RowWrite.Put) row.row()).isDataOf(znode.get())) {
            context.metrics().count(SinkMetric.UNCHANGED);
            unchanged.accept(row);
        }
    }

    /** Notes what a server said of a row's znode. */
    void found(BatchedRow row, boolean exists) {
        row.found(exists);
        context.known().found(row.path(), exists);
    }

    private static CompletableFuture<Void> allOf(List<CompletableFuture<?>> answers) {
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }
}
