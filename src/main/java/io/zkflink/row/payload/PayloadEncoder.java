// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import java.io.Serializable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;

/**
 * Makes a znode's data of a row, by a Flink format.
 *
 * <p>Owned by one thread; {@link #open} before use.
 */
@Internal
public final class PayloadEncoder implements Serializable {

    private static final long serialVersionUID = 1L;

    private final SerializationSchema<RowData> format;
    private final PayloadCompression compression;

    public PayloadEncoder(SerializationSchema<RowData> format, PayloadCompression compression) {
        this.format = format;
        this.compression = compression;
    }

    public void open(SerializationSchema.InitializationContext context) throws Exception {
        format.open(context);
    }

    /** The data of a row; formats may use their buffer again for the next row, while this one waits to be sent. */
    public byte[] encode(RowData row) {
        byte[] shared = format.serialize(row);
        byte[] compressed = compression.deflate(shared);
        return compressed != shared || shared == null ? compressed : shared.clone();
    }
}
