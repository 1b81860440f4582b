// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.sink.OwnedSink;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/**
 * Locks, elections or barriers that a query takes part in, as the planner sees it.
 *
 * @param checkpointed whether the session of the planner asks for checkpoints
 */
record RecipeTableSink(OwnedSink<RowData> sink, boolean hasPrimaryKey, boolean checkpointed, String summary)
        implements DynamicTableSink {

    private static final ChangelogMode UPSERT = ChangelogMode.newBuilder()
            .addContainedKind(RowKind.INSERT)
            .addContainedKind(RowKind.UPDATE_AFTER)
            .addContainedKind(RowKind.DELETE)
            .build();

    /** Without a key a row that goes away cannot be told from others. */
    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return hasPrimaryKey ? UPSERT : ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return new OwnedRowsProvider(sink, checkpointed, context.isBounded());
    }

    @Override
    public DynamicTableSink copy() {
        return this;
    }

    @Override
    public String asSummaryString() {
        return summary;
    }
}
