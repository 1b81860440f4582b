// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.CreateMode;
import io.zkflink.row.payload.PayloadDecoder;
import io.zkflink.row.payload.PayloadEncoder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.RowKind;

/**
 * Makes writes of rows: the path from the template's columns, the data from the others through a Flink format, and what
 * else to mind from metadata columns.
 *
 * <p>Owned by one thread; {@link #open} before use.
 */
@Internal
public final class ZNodeEncoder implements RecordEncoder<RowData> {

    private static final long serialVersionUID = 1L;

    private final RowPath path;
    private final int physicalColumns;
    private final RowData.FieldGetter[] payload;
    /** Null if no column goes into the data. */
    private final PayloadEncoder format;

    private final List<WritableMetadata> metadata;
    private final CreateMode mode;
    private final Duration ttl;

    /**
     * Takes rows that begin with the physical columns of a layout.
     *
     * @param format encodes the payload columns; null if there are none
     * @param metadata the metadata columns that rows end with
     * @param mode of znodes whose row does not say
     * @param ttl of znodes with a TTL whose row does not say
     */
    public ZNodeEncoder(
            TableLayout layout, PayloadEncoder format, List<WritableMetadata> metadata, CreateMode mode, Duration ttl) {
        this.path = RowPath.of(layout);
        this.physicalColumns = DataType.getFieldCount(layout.physical());
        this.format = format;
        this.metadata = List.copyOf(metadata);
        this.mode = mode;
        this.ttl = ttl;
        this.payload = RowPath.getters(layout, DataType.getFieldNames(layout.payload()));
    }

    @Override
    public void open(SerializationSchema.InitializationContext context) throws Exception {
        if (format != null) {
            format.open(context);
        }
    }

    @Override
    public boolean makesUnrelatedPaths() {
        return path.isOfOneDepth();
    }

    @Override
    public String paths() {
        return path.template().toString();
    }

    @Override
    public RowWrite write(RowData row) throws IOException {
        String path = this.path.of(row);
        boolean gone = row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE;
        if (gone) {
            return new RowWrite.Remove(path);
        }
        CreateMode rowMode = mode;
        long rowTtl = ttl.toMillis();
        Integer version = null;
        for (int i = 0; i < metadata.size(); i++) {
            int field = physicalColumns + i;
            if (row.isNullAt(field)) {
                continue;
            }
            switch (metadata.get(i)) {
                case VERSION -> version = version(path, row.getInt(field));
                case CREATE_MODE -> rowMode = mode(path, row.getString(field).toString());
                case TTL -> rowTtl = row.getLong(field);
            }
        }
        if (rowMode == CreateMode.PERSISTENT_WITH_TTL && (rowTtl <= 0 || rowTtl > CreateMode.LONGEST_TTL_MILLIS)) {
            throw new IOException("The row of the znode '" + path + "' has the create mode '" + rowMode
                    + "' and a TTL of " + rowTtl + " ms, which must be positive"
                    + (rowTtl <= 0 ? "" : " and at most " + CreateMode.LONGEST_TTL_MILLIS + " ms, nearly 35 years")
                    + ". Set 'sink.ttl', or give the row a"
                    + " 'ttl'.");
        }
        return new RowWrite.Put(path, data(row, path), payload.length > 0, version, rowMode, rowTtl);
    }

    /** No data at all where every column is NULL, as reading it back understands it. */
    private byte[] data(RowData row, String path) throws IOException {
        GenericRowData values = new GenericRowData(payload.length);
        boolean any = false;
        for (int i = 0; i < payload.length; i++) {
            Object value = payload[i].getFieldOrNull(row);
            any |= value != null;
            values.setField(i, value);
        }
        if (!any) {
            return null;
        }
        try {
            return format.encode(values);
        } catch (RuntimeException e) {
            throw new IOException(
                    "The row of the znode '" + path + "' could not be encoded by the 'format' of the table: "
                            + PayloadDecoder.reason(e) + ".",
                    e);
        }
    }

    private static int version(String path, int version) throws IOException {
        try {
            RowWrite.checkVersion(path, version);
            return version;
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private CreateMode mode(String path, String text) throws IOException {
        Optional<CreateMode> known = CreateMode.of(text).filter(each -> each.isOf(mode));
        if (known.isPresent()) {
            return known.get();
        }
        String possible = Stream.of(CreateMode.values())
                .filter(each -> each.isOf(mode))
                .map(each -> "'" + each + "'")
                .collect(Collectors.joining(", "));
        throw new IOException("The row of the znode '" + path + "' has the 'create-mode' '" + text
                + "'. In a table with 'sink.create-mode' = '" + mode + "' a row may have " + possible + ".");
    }
}
