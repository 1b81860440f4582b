// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializationSchema;

/** Makes writes by a schema of the user's. */
final class SchemaEncoder<T> implements RecordEncoder<T> {

    private static final long serialVersionUID = 1L;

    private final ZNodeSerializationSchema<T> schema;

    SchemaEncoder(ZNodeSerializationSchema<T> schema) {
        this.schema = schema;
    }

    @Override
    public void open(SerializationSchema.InitializationContext context) throws Exception {
        schema.open(context);
    }

    @Override
    public RowWrite write(T element) throws IOException {
        ZNodeUpdate update = schema.serialize(element);
        return update == null ? null : update.write();
    }
}
