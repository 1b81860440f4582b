// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.EventType;
import io.zkflink.row.RecordDecoder;
import io.zkflink.row.payload.PayloadCompression;
import java.io.IOException;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.types.RowKind;

/** Makes records by a schema of the user's. */
@Internal
public final class SchemaDecoder<T> implements RecordDecoder<T> {

    private static final long serialVersionUID = 1L;
    private static final byte[] NO_DATA = {};

    private final PathTemplate template;
    private final ZNodeDeserializationSchema<T> schema;
    private final PayloadCompression compression;

    public SchemaDecoder(PathTemplate template, ZNodeDeserializationSchema<T> schema, PayloadCompression compression) {
        this.template = template;
        this.schema = schema;
        this.compression = compression;
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        schema.open(context);
    }

    @Override
    public PathTemplate template() {
        return template;
    }

    @Override
    public Optional<T> record(ZNode znode, EventType event) throws IOException {
        return deserialize(znode, event);
    }

    @Override
    public Optional<T> gone(String path, long mtime) throws IOException {
        ZNodeStat stat = new ZNodeStat(0, 0, 0, mtime, 0, 0, 0, 0, 0, 0, 0);
        return deserialize(new ZNode(path, NO_DATA, stat), EventType.DELETED);
    }

    private Optional<T> deserialize(ZNode znode, EventType event) throws IOException {
        try {
            byte[] data = znode.data().length == 0
                    ? znode.data()
                    : compression.inflate(znode.data(), PayloadCompression.STANDARD_LIMIT);
            return Optional.ofNullable(schema.deserialize(new ZNodeChange(event, znode.path(), data, znode.stat())));
        } catch (IOException | RuntimeException e) {
            throw RecordDecoder.undecodable(
                    znode, e, "have the deserialization schema return null for it to go on without it");
        }
    }

    @Override
    public T ofKind(RowKind kind, T record) {
        return record;
    }
}
