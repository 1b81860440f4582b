// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/** Every operation as a row: path and data as they are. */
@Internal
public final class WholeLogDecoder implements LogDecoder {

    private static final long serialVersionUID = 1L;

    /** A physical column. */
    public enum Field implements Serializable {
        PATH,
        DATA
    }

    private final List<Field> fields;
    private final List<HistoryMetadata> metadata;

    public WholeLogDecoder(List<Field> fields, List<HistoryMetadata> metadata) {
        this.fields = List.copyOf(fields);
        this.metadata = List.copyOf(metadata);
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        // Nothing to open.
    }

    @Override
    public RowData row(Transaction transaction, Operation operation) {
        GenericRowData row = new GenericRowData(fields.size());
        for (int i = 0; i < fields.size(); i++) {
            row.setField(i, fields.get(i) == Field.PATH ? StringData.fromString(operation.path()) : operation.data());
        }
        return ZNodeLogDecoder.withMetadata(row, metadata, transaction, operation);
    }
}
