// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.path.PathTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/**
 * Which physical column comes from where: those that the template names from the path, all others from the data.
 *
 * @param physical a row type with the physical columns
 */
@Internal
public record TableLayout(PathTemplate template, DataType physical) {

    /** The type of what the format decodes: the physical columns outside of the template. */
    public DataType payload() {
        return Projection.of(payloadFields()).project(physical);
    }

    /**
     * Which fields of the payload a projection needs, as {@code ProjectableDecodingFormat} wants them.
     *
     * @param fields positions of physical columns
     */
    public int[][] payloadProjection(int[] fields) {
        List<String> payload = DataType.getFieldNames(payload());
        return payloadNames(fields).stream()
                .map(name -> new int[] {payload.indexOf(name)})
                .toArray(int[][]::new);
    }

    /**
     * The columns of a produced row.
     *
     * @param fields positions of the physical columns it begins with
     * @param metadata the metadata columns it ends with
     * @param decoded the names of the fields that the format decodes, in its order
     */
    public List<Column> columns(int[] fields, List<ReadableMetadata> metadata, List<String> decoded) {
        List<String> names = DataType.getFieldNames(physical);
        List<DataType> types = DataType.getFieldDataTypes(physical);
        List<Column> columns = new ArrayList<>();
        for (int field : fields) {
            int variable = template.columns().indexOf(names.get(field));
            columns.add(
                    variable >= 0
                            ? new Column.FromPath(variable)
                            : new Column.FromPayload(RowData.createFieldGetter(
                                    types.get(field).getLogicalType().copy(true), decoded.indexOf(names.get(field)))));
        }
        metadata.forEach(column -> columns.add(new Column.FromMetadata(column)));
        return columns;
    }

    /** The names of the payload columns among some physical ones. */
    public List<String> payloadNames(int[] fields) {
        List<String> names = DataType.getFieldNames(physical);
        return IntStream.of(fields)
                .mapToObj(names::get)
                .filter(name -> !template.columns().contains(name))
                .toList();
    }

    private int[] payloadFields() {
        List<String> names = DataType.getFieldNames(physical);
        return IntStream.range(0, names.size())
                .filter(field -> !template.columns().contains(names.get(field)))
                .toArray();
    }
}
