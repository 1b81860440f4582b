// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import java.io.IOException;

/** Reads the rows of a history in their order. Used by the fetcher thread only. */
interface RowReader extends AutoCloseable {

    /** The next row, or how far reading has come; null if there is nothing more, as yet. */
    HistoryRow next() throws IOException;

    /** Looks for what may have been written since {@link #next} has given null. */
    void refresh() throws IOException;

    @Override
    void close() throws IOException;
}
