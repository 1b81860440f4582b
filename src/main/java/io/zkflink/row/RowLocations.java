// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import java.io.IOException;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

/** Gives the paths that the znode of a row may have, where libraries encode names in different ways. */
@Internal
public final class RowLocations implements FlatMapFunction<RowData, String> {

    private static final long serialVersionUID = 1L;

    private final RowPath path;

    /** Takes rows that begin with the physical columns of a layout. */
    public RowLocations(TableLayout layout) {
        this.path = RowPath.of(layout);
    }

    @Override
    public void flatMap(RowData row, Collector<String> paths) throws IOException {
        Object[] key = path.template().match(path.of(row));
        path.template().locations(key).forEach(paths::collect);
    }
}
