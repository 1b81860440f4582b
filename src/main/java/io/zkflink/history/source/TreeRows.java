// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import io.zkflink.client.ZNode;
import io.zkflink.history.History;
import io.zkflink.history.tree.PastTrees;
import io.zkflink.history.tree.TreeAt;
import io.zkflink.history.tree.WantedZNodes;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.EventType;
import io.zkflink.row.RecordDecoder;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.data.RowData;

/** The znodes of a tree as it was, as rows. Used by one thread. */
final class TreeRows implements RowReader {

    private final TreeAt tree;
    private final TreeScan scan;
    private final RecordDecoder<RowData> decoder;
    /** How many rows were told before. */
    private final long skip;
    /** By what all znodes of one key have in common; empty unless several znodes may have one. */
    private final Map<String, String> keys = new HashMap<>();

    private long told;

    private TreeRows(TreeAt tree, TreeScan scan, RecordDecoder<RowData> decoder, HistorySplit split) {
        this.tree = tree;
        this.scan = scan;
        this.decoder = decoder;
        this.skip = Math.max(0, split.zxid());
    }

    static TreeRows open(History history, TreeScan scan, RecordDecoder<RowData> decoder, HistorySplit split)
            throws IOException {
        PathTemplate template = decoder.template();
        WantedZNodes wanted = new WantedZNodes(
                path -> {
                    String ours = scan.relative(path);
                    return ours != null && template.match(ours) != null;
                },
                decoder.readsData(),
                decoder.readsChildCounts());
        return new TreeRows(new PastTrees(history).at(scan.time(), wanted), scan, decoder, split);
    }

    @Override
    public HistoryRow next() throws IOException {
        while (told < scan.limit()) {
            ZNode znode = tree.next();
            if (znode == null) {
                return null;
            }
            Optional<RowData> row = row(new ZNode(scan.relative(znode.path()), znode.data(), znode.stat()));
            if (row.isPresent() && ++told > skip) {
                return new HistoryRow(row.get(), scan.time(), told, HistorySplit.WHOLE);
            }
        }
        return null;
    }

    private Optional<RowData> row(ZNode znode) throws IOException {
        if (decoder.template().isAmbiguous()) {
            String other = keys.put(decoder.template().canonical(znode.path()), znode.path());
            if (other != null) {
                throw new IOException(decoder.template().conflict(other, znode.path()));
            }
        }
        return decoder.record(znode, EventType.CREATED);
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
