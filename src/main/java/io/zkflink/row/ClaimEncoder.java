// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** Says of rows which resource they claim, by the template's columns, and for whom. */
@Internal
public final class ClaimEncoder implements Serializable {

    private static final long serialVersionUID = 1L;

    private final RowPath path;
    private final int owner;

    /**
     * Takes rows that begin with the physical columns of a layout.
     *
     * @param owner the column that says for whom
     */
    public ClaimEncoder(TableLayout layout, String owner) {
        this.path = RowPath.of(layout);
        List<String> columns = DataType.getFieldNames(layout.physical());
        this.owner = columns.indexOf(owner);
    }

    /**
     * The path of the resource.
     *
     * @throws IOException if the columns make none
     */
    public String path(RowData row) throws IOException {
        return path.of(row);
    }

    /** Nobody in particular, where it is NULL. */
    public String owner(RowData row) {
        return row.isNullAt(owner) ? "" : row.getString(owner).toString();
    }
}
