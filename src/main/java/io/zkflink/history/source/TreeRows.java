// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.client.ZNode;
import io.zkflink.history.TreeAt;
import io.zkflink.row.EventType;
import io.zkflink.row.RecordDecoder;
import java.io.IOException;
import java.util.Optional;
import org.apache.flink.table.data.RowData;

/** The znodes of a tree as it was, as rows. Used by one thread. */
final class TreeRows implements RowReader {

    private final TreeAt tree;
    private final RecordDecoder<RowData> decoder;
    private final String root;
    private final long time;
    /** How many rows were told before. */
    private final long skip;

    private long told;

    TreeRows(TreeAt tree, RecordDecoder<RowData> decoder, String root, long time, HistorySplit split) {
        this.tree = tree;
        this.decoder = decoder;
        this.root = root;
        this.time = time;
        this.skip = Math.max(0, split.zxid());
    }

    @Override
    public HistoryRow next() throws IOException {
        for (ZNode znode = tree.next(); znode != null; znode = tree.next()) {
            Optional<RowData> row = row(znode);
            if (row.isPresent() && ++told > skip) {
                return new HistoryRow(row.get(), time, told, HistorySplit.WHOLE);
            }
        }
        return null;
    }

    private Optional<RowData> row(ZNode znode) throws IOException {
        String path = znode.path();
        if (root.isEmpty()) {
            return decoder.record(znode, EventType.CREATED);
        }
        if (!path.startsWith(root) || (path.length() > root.length() && path.charAt(root.length()) != '/')) {
            return Optional.empty();
        }
        String below = path.length() == root.length() ? "/" : path.substring(root.length());
        return decoder.record(new ZNode(below, znode.data(), znode.stat()), EventType.CREATED);
    }

    @Override
    public void refresh() {
        throw new IllegalStateException("The past does not change.");
    }

    @Override
    public void close() throws IOException {
        tree.close();
    }
}
