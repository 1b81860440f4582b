// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import org.apache.flink.table.data.RowData;

/**
 * A row, or how far reading has come without one.
 *
 * @param row null for none
 * @param time of the transaction, in milliseconds since the epoch
 * @param zxid as {@link HistorySplit#zxid}
 * @param ordinal as {@link HistorySplit#ordinal}
 */
record HistoryRow(RowData row, long time, long zxid, int ordinal) {}
