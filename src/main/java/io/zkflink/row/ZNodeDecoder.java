// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.payload.PayloadDecoder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.types.RowKind;

/**
 * Makes rows of znodes: columns of the path, of the data through a Flink format, and of the Stat.
 *
 * <p>Owned by one thread; {@link #open} before use.
 */
@Internal
public final class ZNodeDecoder implements RecordDecoder<RowData> {

    private static final long serialVersionUID = 1L;
    private static final byte[] NO_DATA = {};
    private static final Set<ReadableMetadata> COUNTS_OF_CHILDREN =
            Set.of(ReadableMetadata.CVERSION, ReadableMetadata.NUM_CHILDREN);

    private final PathTemplate template;
    private final List<Column> columns;
    /** Null if no column comes from the data. */
    private final PayloadDecoder payload;

    private final ParseErrorPolicy parseErrors;
    private final String parseErrorsOption;

    /**
     * @param columns of the produced row, in order
     * @param payload decodes the data; null if no column comes from it
     * @param parseErrorsOption the option that sets {@code parseErrors}, for messages
     */
    public ZNodeDecoder(
            PathTemplate template,
            List<Column> columns,
            PayloadDecoder payload,
            ParseErrorPolicy parseErrors,
            String parseErrorsOption) {
        this.template = template;
        this.columns = List.copyOf(columns);
        this.payload = payload;
        this.parseErrors = parseErrors;
        this.parseErrorsOption = parseErrorsOption;
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        if (payload != null) {
            payload.open(context);
        }
    }

    @Override
    public PathTemplate template() {
        return template;
    }

    @Override
    public boolean readsData() {
        return payload != null;
    }

    @Override
    public boolean readsChildCounts() {
        return columns.stream()
                .anyMatch(column -> column instanceof Column.FromMetadata metadata
                        && COUNTS_OF_CHILDREN.contains(metadata.metadata()));
    }

    /**
     * The row of a znode; empty if it has none, because its path does not match or its data is skipped.
     *
     * @throws IOException if the data cannot be decoded and that is to fail
     */
    @Override
    public Optional<RowData> record(ZNode znode, EventType event) throws IOException {
        Object[] key = template.match(znode.path());
        if (key == null) {
            return Optional.empty();
        }
        PayloadDecoder.Decoded decoded = decode(znode);
        if (decoded.kind() == PayloadDecoder.Kind.SKIPPED) {
            return Optional.empty();
        }
        GenericRowData row = new GenericRowData(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            row.setField(i, value(columns.get(i), key, decoded.row(), znode, event));
        }
        return Optional.of(row);
    }

    /**
     * The row that says that a znode is gone: its key, path and name, and {@code mtime}; all else is NULL.
     *
     * @param mtime milliseconds since the epoch
     */
    @Override
    public Optional<RowData> gone(String path, long mtime) {
        Object[] key = template.match(path);
        ZNode ghost = new ZNode(path, NO_DATA, new ZNodeStat(0, 0, 0, mtime, 0, 0, 0, 0, 0, 0, 0));
        GenericRowData row = new GenericRowData(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            boolean survives = !(columns.get(i) instanceof Column.FromMetadata column)
                    || column.metadata().survivesDeletion();
            row.setField(i, survives ? value(columns.get(i), key, null, ghost, EventType.DELETED) : null);
        }
        return Optional.of(row);
    }

    @Override
    public RowData ofKind(RowKind kind, RowData row) {
        row.setRowKind(kind);
        return row;
    }

    private static Object value(Column column, Object[] key, RowData payload, ZNode znode, EventType event) {
        if (column instanceof Column.FromPath path) {
            return internal(key[path.variable()]);
        }
        if (column instanceof Column.FromPayload data) {
            return payload == null ? null : data.field().getFieldOrNull(payload);
        }
        return ((Column.FromMetadata) column).metadata().of(znode, event);
    }

    /** A value of a path, in Flink's internal form. */
    static Object internal(Object value) {
        return value instanceof String text ? StringData.fromString(text) : value;
    }

    private PayloadDecoder.Decoded decode(ZNode znode) throws IOException {
        if (payload == null || znode.value().isEmpty()) {
            return PayloadDecoder.Decoded.NOTHING;
        }
        try {
            return payload.decode(znode.data());
        } catch (IOException | RuntimeException e) {
            return switch (parseErrors) {
                case FAIL ->
                    throw RecordDecoder.undecodable(
                            znode, e, "set '" + parseErrorsOption + "' = 'null' or 'skip' to go on without it");
                case SKIP -> PayloadDecoder.Decoded.SKIPPED;
                case NULL -> PayloadDecoder.Decoded.NOTHING;
            };
        }
    }
}
