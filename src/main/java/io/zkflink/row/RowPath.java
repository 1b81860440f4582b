// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.path.PathTemplate;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;

/** The path that a template makes of a row's columns. */
final class RowPath implements Serializable {

    private static final long serialVersionUID = 1L;

    private final PathTemplate template;
    /** The template's columns in its order. */
    private final RowData.FieldGetter[] key;

    private RowPath(PathTemplate template, RowData.FieldGetter[] key) {
        this.template = template;
        this.key = key;
    }

    /** Of rows that begin with the physical columns of a layout. */
    static RowPath of(TableLayout layout) {
        return new RowPath(layout.template(), getters(layout, layout.template().columns()));
    }

    static RowData.FieldGetter[] getters(TableLayout layout, List<String> columns) {
        List<String> names = DataType.getFieldNames(layout.physical());
        List<LogicalType> types = DataType.getFieldDataTypes(layout.physical()).stream()
                .map(DataType::getLogicalType)
                .toList();
        return columns.stream()
                .map(names::indexOf)
                .map(field -> RowData.createFieldGetter(types.get(field), field))
                .toArray(RowData.FieldGetter[]::new);
    }

    /** Whether all paths have equally many segments. */
    boolean isOfOneDepth() {
        return !template.isOpenEnded();
    }

    PathTemplate template() {
        return template;
    }

    String of(RowData row) throws IOException {
        Object[] values = new Object[key.length];
        for (int i = 0; i < key.length; i++) {
            values[i] = key[i].getFieldOrNull(row);
            if (values[i] == null) {
                throw new IOException("The column '" + template.columns().get(i)
                        + "' is NULL in a row, and the 'path' '" + template
                        + "' needs a value for it. Filter such rows out, or replace the NULL with COALESCE.");
            }
        }
        try {
            return template.resolve(values);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
