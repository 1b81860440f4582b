// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.row.RemovalEncoder;
import io.zkflink.row.RowLocations;
import io.zkflink.row.TableLayout;
import io.zkflink.row.WritableMetadata;
import io.zkflink.row.ZNodeEncoder;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.row.payload.PayloadEncoder;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.sink.session.SessionBoundSink;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.RowLevelModificationScanContext;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsRowLevelDelete;
import org.apache.flink.table.connector.sink.abilities.SupportsRowLevelUpdate;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.RowKind;

/** A subtree that a query writes to, as the planner sees it. */
final class ZooKeeperTableSink
        implements DynamicTableSink, SupportsWritingMetadata, SupportsRowLevelDelete, SupportsRowLevelUpdate {

    private final ConnectionSettings connection;
    private final TableLayout layout;
    /** Null if no column goes into the data. */
    private final EncodingFormat<SerializationSchema<RowData>> format;

    private final Delivery delivery;
    private final SinkSettings settings;
    private final Declaration declaration;

    // Changed by the planner.
    private List<WritableMetadata> metadata = List.of();
    private boolean deletes;
    /** Whether it is that of a DELETE, which says keys only. */
    private boolean removesRows;

    /**
     * What the table says of its rows.
     *
     * @param ttl of znodes with one; zero where rows say it
     * @param compression of the data
     * @param parallelism empty where Flink decides
     * @param checkpointed whether the session of the planner asks for checkpoints
     * @param persisted the columns that are written, in the order of the declaration
     */
    record Declaration(
            boolean hasPrimaryKey,
            CreateMode mode,
            Duration ttl,
            PayloadCompression compression,
            Optional<Integer> parallelism,
            boolean checkpointed,
            List<Column> persisted) {}

    ZooKeeperTableSink(
            ConnectionSettings connection,
            TableLayout layout,
            EncodingFormat<SerializationSchema<RowData>> format,
            Delivery delivery,
            SinkSettings settings,
            Declaration declaration) {
        this.connection = connection;
        this.layout = layout;
        this.format = format;
        this.delivery = delivery;
        this.settings = settings;
        this.declaration = declaration;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        deletes = requested.contains(RowKind.DELETE);
        List<String> key = declaration.mode().isSequential()
                ? List.of()
                : layout.template().columns();
        return declaration.hasPrimaryKey()
                ? SinkChangelog.keyed()
                : SinkChangelog.unkeyed(requested, key, layout.template());
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        ZNodeEncoder encoder = encoder(context);
        if (delivery instanceof Delivery.SessionBound sessionBound) {
            return new SessionBoundRowsProvider(
                    SessionBoundSink.ofZNodes(connection, encoder, sessionBound, settings),
                    declaration.checkpointed(),
                    context.isBounded());
        }
        if (removesRows && layout.template().isAmbiguous()) {
            return new RemovalSinkProvider(
                    new RowLocations(layout),
                    ZooKeeperSink.of(connection, new RemovalEncoder(layout.template()), delivery, settings),
                    asSummaryString(),
                    parallelism(),
                    isSingle());
        }
        Sink<RowData> sink = ZooKeeperSink.of(connection, encoder, delivery, settings);
        Feedback feedback = new Feedback(connection, layout.template());
        return new NodeSinkProvider(sink, feedback, asSummaryString(), parallelism(), isSingle());
    }

    /** Whether there can be one writer only, because of a lock, or since a znode is deleted after those below it. */
    private boolean isSingle() {
        return delivery instanceof Delivery.Guarded || isDeletedInOrder();
    }

    private boolean isDeletedInOrder() {
        return layout.template().isOpenEnded() && deletes;
    }

    ZNodeEncoder encoder(Context context) {
        return new ZNodeEncoder(
                layout,
                format == null
                        ? null
                        : new PayloadEncoder(
                                format.createRuntimeEncoder(context, layout.payload()), declaration.compression()),
                metadata,
                declaration.mode(),
                declaration.ttl());
    }

    /** A znode at any depth may be deleted only after those below it, which other subtasks might hold. */
    private Optional<Integer> parallelism() {
        if (!isDeletedInOrder()) {
            return declaration.parallelism();
        }
        declaration.parallelism().filter(parallelism -> parallelism > 1).ifPresent(parallelism -> {
            throw new ValidationException("Invalid value '" + parallelism + "' for option 'sink.parallelism': the query"
                    + " deletes rows, and with the 'path' '" + layout.template() + "' a znode can only be deleted after"
                    + " those below it, which takes a single writer. Set it to '1', or remove it.");
        });
        return Optional.of(1);
    }

    /** Batch jobs read what is to be deleted, and give the keys. */
    @Override
    public RowLevelDeleteInfo applyRowLevelDelete(RowLevelModificationScanContext scan) {
        checkFindsRows("DELETE");
        deletes = true;
        removesRows = true;
        return new RowLevelDeleteInfo() {
            /** Those that rows are written with: unless asked, the planner gives all of the table, in its order. */
            @Override
            public Optional<List<Column>> requiredColumns() {
                return Optional.of(declaration.persisted());
            }
        };
    }

    /** Batch jobs read what is to be updated, and give the rows as they are to be. */
    @Override
    public RowLevelUpdateInfo applyRowLevelUpdate(List<Column> updated, RowLevelModificationScanContext scan) {
        checkFindsRows("UPDATE");
        updated.stream()
                .map(Column::getName)
                .filter(layout.template().columns()::contains)
                .findFirst()
                .ifPresent(column -> {
                    throw new ValidationException("UPDATE cannot set '" + column + "': the 'path' '" + layout.template()
                            + "' binds it, so another value means another znode. INSERT rows with the new value, and"
                            + " DELETE those with the old one.");
                });
        return new RowLevelUpdateInfo() {
            @Override
            public Optional<List<Column>> requiredColumns() {
                return Optional.of(declaration.persisted());
            }

            @Override
            public RowLevelUpdateMode getRowLevelUpdateMode() {
                return RowLevelUpdateMode.UPDATED_ROWS;
            }
        };
    }

    private void checkFindsRows(String statement) {
        boolean isOneZNode = layout.template().columns().isEmpty();
        if (declaration.mode().isSequential()) {
            throw new ValidationException(statement + " needs to know which row is which znode, and with"
                    + " 'sink.create-mode' = '" + declaration.mode() + "' the server names them. Declare another table"
                    + " for it, whose 'path' binds the whole name.");
        }
        if (!declaration.hasPrimaryKey() && !isOneZNode) {
            throw new ValidationException(
                    statement + " needs to know which columns say which znode: declare PRIMARY KEY ("
                            + String.join(", ", layout.template().columns()) + ") NOT ENFORCED.");
        }
        if (delivery instanceof Delivery.SessionBound) {
            throw new ValidationException(statement + " needs rows that outlive the job that wrote them, and with"
                    + " 'sink.create-mode' = 'ephemeral' they go when their query ends or retracts them.");
        }
    }

    @Override
    public Map<String, DataType> listWritableMetadata() {
        return WritableMetadata.types();
    }

    @Override
    public void applyWritableMetadata(List<String> keys, DataType consumedType) {
        metadata = keys.stream().map(WritableMetadata::of).toList();
    }

    @Override
    public DynamicTableSink copy() {
        ZooKeeperTableSink copy = new ZooKeeperTableSink(connection, layout, format, delivery, settings, declaration);
        copy.metadata = metadata;
        copy.deletes = deletes;
        copy.removesRows = removesRows;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "ZooKeeper[" + layout.template() + "]";
    }
}
