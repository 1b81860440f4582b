// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.SourceSplit;

/**
 * All files of a history, which are read in one order and so by one reader, and how far that has come.
 *
 * @param zxid of the transaction that is being told, or {@link #FRESH} if none was; for a past tree, the rows told
 * @param ordinal of the last operation that was told of it
 */
@Internal
public record HistorySplit(long zxid, int ordinal) implements SourceSplit {

    /** Nothing was told. */
    public static final long FRESH = -1;

    /** All operations of the transaction were told. */
    public static final int WHOLE = Integer.MAX_VALUE;

    static final String ID = "history";

    static HistorySplit fresh() {
        return new HistorySplit(FRESH, WHOLE);
    }

    boolean isFresh() {
        return zxid == FRESH;
    }

    /** The last transaction of which nothing is left to tell. */
    long lastWhole() {
        return ordinal == WHOLE ? zxid : zxid - 1;
    }

    /** Whether an operation was told. */
    boolean covers(long transaction, int operation) {
        return transaction < zxid || (transaction == zxid && operation <= ordinal);
    }

    @Override
    public String splitId() {
        return ID;
    }
}
