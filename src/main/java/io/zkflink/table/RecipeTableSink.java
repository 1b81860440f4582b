// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.path.PathTemplate;
import io.zkflink.sink.session.SessionBoundSink;
import java.util.List;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;

/**
 * Locks, elections or barriers that a query takes part in, as the planner sees it.
 *
 * @param key the columns of the primary key that the table has, or could have
 * @param checkpointed whether the session of the planner asks for checkpoints
 */
record RecipeTableSink(
        SessionBoundSink<RowData> sink,
        PathTemplate template,
        List<String> key,
        boolean hasPrimaryKey,
        boolean checkpointed,
        String summary)
        implements DynamicTableSink {

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return hasPrimaryKey ? SinkChangelog.keyed() : SinkChangelog.unkeyed(requested, key, template);
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return new SessionBoundRowsProvider(sink, checkpointed, context.isBounded());
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
