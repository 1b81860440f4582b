// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.history.EphemeralZNodes;
import io.zkflink.history.SnapshotFile;
import org.apache.zookeeper.data.StatPersisted;

/**
 * A znode of a past tree, but for its children.
 *
 * @param path empty for the root
 * @param data empty if it is not asked for
 * @param length of the data
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
record TreeNode(String path, byte[] data, int length, StatPersisted stat) {

    private static final byte[] NO_DATA = {};

    static TreeNode of(SnapshotFile.Node node, boolean keepsData) {
        int length = node.data() == null ? 0 : node.data().length;
        return new TreeNode(node.path(), keepsData && length > 0 ? node.data() : NO_DATA, length, node.stat());
    }

    /** @param children how many it has */
    ZNode withChildren(int children) {
        return new ZNode(
                path.isEmpty() ? "/" : path,
                data,
                new ZNodeStat(
                        stat.getCzxid(),
                        stat.getMzxid(),
                        stat.getCtime(),
                        stat.getMtime(),
                        stat.getVersion(),
                        // Kept is how many children there ever were; shown is how often there came or went one.
                        stat.getCversion() * 2 - children,
                        stat.getAversion(),
                        EphemeralZNodes.sessionOf(stat.getEphemeralOwner()),
                        length,
                        children,
                        stat.getPzxid()));
    }
}
