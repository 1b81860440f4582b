// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import io.zkflink.row.EventType;
import io.zkflink.row.RecordDecoder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;

/** Rows of a table of znodes, each with what the log says of it besides. */
@Internal
public final class ZNodeLogDecoder implements LogDecoder {

    private static final long serialVersionUID = 1L;
    private static final byte[] NO_DATA = {};

    private final RecordDecoder<RowData> znodes;
    private final List<HistoryMetadata> metadata;

    /**
     * @param znodes makes the first columns
     * @param metadata the columns behind them
     */
    public ZNodeLogDecoder(RecordDecoder<RowData> znodes, List<HistoryMetadata> metadata) {
        this.znodes = znodes;
        this.metadata = List.copyOf(metadata);
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        znodes.open(context);
    }

    @Override
    public RowData row(Transaction transaction, Operation operation) throws IOException {
        Optional<RowData> znode = znode(transaction, operation);
        return znode.isEmpty() ? null : withMetadata(znode.get(), metadata, transaction, operation);
    }

    private Optional<RowData> znode(Transaction transaction, Operation operation) throws IOException {
        if (operation.kind() == Operation.Kind.DELETE || operation.kind() == Operation.Kind.SET_ACL) {
            return znodes.template().match(operation.path()) == null
                    ? Optional.empty()
                    : znodes.gone(operation.path(), transaction.time());
        }
        byte[] data = operation.data() == null ? NO_DATA : operation.data();
        ZNodeStat stat = new ZNodeStat(
                0, transaction.zxid(), 0, transaction.time(), operation.version(), 0, 0, 0, data.length, 0, 0);
        return znodes.record(new ZNode(operation.path(), data, stat), EventType.CHANGED);
    }

    static RowData withMetadata(
            RowData znode, List<HistoryMetadata> metadata, Transaction transaction, Operation operation) {
        GenericRowData first = (GenericRowData) znode;
        GenericRowData row = new GenericRowData(first.getArity() + metadata.size());
        for (int i = 0; i < first.getArity(); i++) {
            row.setField(i, first.getField(i));
        }
        for (int i = 0; i < metadata.size(); i++) {
            row.setField(first.getArity() + i, metadata.get(i).of(transaction, operation));
        }
        return row;
    }
}
