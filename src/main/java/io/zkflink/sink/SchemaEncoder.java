// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.CreateMode;
import io.zkflink.path.ReservedPaths;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import io.zkflink.row.payload.PayloadCompression;
import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializationSchema;

/** Makes writes by a schema of the user's. */
final class SchemaEncoder<T> implements RecordEncoder<T> {

    private static final long serialVersionUID = 1L;

    private final ZNodeSerializationSchema<T> schema;
    private final PayloadCompression compression;
    private final boolean ephemeral;
    private final String base;

    /**
     * @param base the path that the server has the root of all paths at, empty for its own root
     * @param compression of the data that the schema gives
     * @param ephemeral whether it is ephemeral znodes that are written, which have no version to expect
     */
    SchemaEncoder(String base, ZNodeSerializationSchema<T> schema, PayloadCompression compression, boolean ephemeral) {
        this.base = base;
        this.schema = schema;
        this.compression = compression;
        this.ephemeral = ephemeral;
    }

    @Override
    public void open(SerializationSchema.InitializationContext context) throws Exception {
        schema.open(context);
    }

    @Override
    public void granted(long fencingToken) {
        schema.granted(fencingToken);
    }

    @Override
    public RowWrite write(T element) throws IOException {
        ZNodeUpdate update = schema.serialize(element);
        if (update == null) {
            return null;
        }
        try {
            ReservedPaths.checkNotOfServer(base, update.write().path());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (ephemeral && update.write() instanceof RowWrite.Put put) {
            checkPlain(put);
        }
        return update.write() instanceof RowWrite.Put put ? compressed(put) : update.write();
    }

    private RowWrite.Put compressed(RowWrite.Put put) {
        byte[] data = compression.deflate(put.data());
        return data == put.data()
                ? put
                : new RowWrite.Put(
                        put.path(), data, put.setsData(), put.expectedVersion(), put.mode(), put.ttlMillis());
    }

    private static void checkPlain(RowWrite.Put put) throws IOException {
        if (put.isConditional() || put.mode() != CreateMode.PERSISTENT) {
            String what = put.isConditional() ? "an expected version" : "the create mode '" + put.mode() + "'";
            throw new IOException("The update of the znode '" + put.path() + "' has " + what + ", and 'writeEphemeral'"
                    + " creates it as an ephemeral one, anew whenever its session was lost. Leave that out, or write it"
                    + " by the sink that 'build' gives.");
        }
    }
}
