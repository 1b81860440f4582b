// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.RowData;

/** Makes rows of what transactions did. Owned by one thread; opened before use. */
@Internal
public interface LogDecoder extends Serializable {

    void open(DeserializationSchema.InitializationContext context) throws Exception;

    /**
     * The row of an operation; null if it has none.
     *
     * @throws IOException if the data cannot be decoded and that is to fail
     */
    RowData row(Transaction transaction, Operation operation) throws IOException;
}
