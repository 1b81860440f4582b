// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.zookeeper.data.StatPersisted;

/**
 * The znodes of a tree as it was, streamed from a snapshot and what was done since. A znode is given when all below it were,
 * since only then the number of its children is known. Holds the ancestors of one znode and what was done. Used by one
 * thread.
 */
public final class TreeAt implements AutoCloseable {

    private static final byte[] NO_DATA = {};

    private final SnapshotFile snapshot;
    private final PastChanges changes;
    /** The znodes that are open: their subtrees have not been passed yet. The last one is the deepest. */
    private final Deque<Open> open = new ArrayDeque<>();

    private final Deque<ZNode> ready = new ArrayDeque<>();
    private boolean ended;

    TreeAt(SnapshotFile snapshot, PastChanges changes) {
        this.snapshot = snapshot;
        this.changes = changes;
    }

    /** A znode whose subtree is being read, and those of its children that were touched and that the snapshot has. */
    private static final class Open {
        final String path;
        /** Null if it is gone. */
        final SnapshotFile.Node node;

        final Set<String> touched = new HashSet<>();
        int children;

        Open(String path, SnapshotFile.Node node) {
            this.path = path;
            this.node = node;
        }
    }

    /** The next znode; null after the last one, when the snapshot has proven to be intact. */
    public ZNode next() throws IOException {
        while (ready.isEmpty() && !ended) {
            SnapshotFile.Node node = snapshot.next();
            String parent = node == null ? null : PastChanges.parentOf(node.path());
            while (!open.isEmpty() && (node == null || !open.peekLast().path.equals(parent))) {
                close(open.removeLast());
            }
            if (node == null) {
                ended = true;
            } else {
                open(node);
            }
        }
        return ready.poll();
    }

    private void open(SnapshotFile.Node node) {
        PastNode change = changes.of(node.path());
        SnapshotFile.Node then = change == null ? node : change.isDeleted() ? null : change.over(node);
        Open parent = open.peekLast();
        if (parent != null) {
            parent.children += then == null ? 0 : 1;
            if (change != null) {
                parent.touched.add(node.path());
            }
        }
        open.addLast(new Open(node.path(), then));
    }

    /** All that the snapshot has below a znode was passed; what else is below it was created since. */
    private void close(Open closed) {
        int children = closed.children + createdBelow(closed.path, closed.touched);
        if (closed.node != null) {
            ready.add(znode(closed.node, children));
        }
    }

    private int createdBelow(String path, Set<String> known) {
        int count = 0;
        List<String> created = new ArrayList<>(changes.childrenOf(path));
        for (String child : created) {
            PastNode node = changes.of(child);
            if (!known.contains(child) && node.isCreated()) {
                count++;
                ready.add(znode(node.over(null), createdBelow(child, Set.of())));
            }
        }
        return count;
    }

    private static ZNode znode(SnapshotFile.Node node, int children) {
        StatPersisted stat = node.stat();
        byte[] data = node.data() == null ? NO_DATA : node.data();
        return new ZNode(
                node.path().isEmpty() ? "/" : node.path(),
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
                        data.length,
                        children,
                        stat.getPzxid()));
    }

    @Override
    public void close() throws IOException {
        snapshot.close();
    }
}
