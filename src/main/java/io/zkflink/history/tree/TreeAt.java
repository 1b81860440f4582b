// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import io.zkflink.client.ZNode;
import io.zkflink.history.SnapshotFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.apache.flink.annotation.Internal;

/**
 * The znodes of a tree as it was, streamed from a snapshot and what was done since. A znode of the snapshot is given
 * when all below it were passed, since only then the number of its children is known; those that the snapshot has not
 * come last. Holds the ancestors of one znode and what was done. Used by one thread.
 */
@Internal
public final class TreeAt implements AutoCloseable {

    private final SnapshotFile snapshot;
    private final PastChanges changes;
    /** Where the snapshot is expected to end, or {@link SnapshotFile#UNKNOWN_END}. */
    private final long end;
    /** The wanted znodes whose subtrees have not been passed yet. The last one is the deepest. */
    private final Deque<Open> open = new ArrayDeque<>();
    /** What the snapshot has not; null before its end. */
    private Iterator<PastNode> created;

    private SnapshotFile.Node next;

    TreeAt(SnapshotFile snapshot, PastChanges changes, long end) throws IOException {
        this.snapshot = snapshot;
        this.changes = changes;
        this.end = end;
        this.next = snapshot.next();
    }

    /** A znode whose subtree is being read. */
    private static final class Open {
        final String path;
        /** Null if it is gone. */
        final TreeNode node;
        /** Null for none. */
        final PastNode change;
        /** Those that were created, and those that the snapshot has and that nothing was done to. */
        int children;

        Open(String path, TreeNode node, PastNode change) {
            this.path = path;
            this.node = node;
            this.change = change;
            this.children = change == null ? 0 : change.newChildren();
        }

        boolean isAbove(String other) {
            return other.length() > path.length() && other.charAt(path.length()) == '/' && other.startsWith(path);
        }

        boolean isParentOf(String other) {
            return other.lastIndexOf('/') == path.length() && isAbove(other);
        }
    }

    /**
     * The next znode; null after the last one. The snapshot has proven to be intact when those come that it has not.
     */
    public ZNode next() throws IOException {
        while (next != null || !open.isEmpty()) {
            if (!open.isEmpty() && (next == null || !open.peekLast().isAbove(next.path()))) {
                Open closed = open.removeLast();
                if (closed.node != null) {
                    return closed.node.withChildren(closed.children);
                }
            } else {
                open(next);
                next = snapshot.next();
            }
        }
        return nextCreated();
    }

    private void open(SnapshotFile.Node node) {
        Open above = open.peekLast();
        if (above != null && above.isParentOf(node.path())) {
            // Those that were created since are counted already, though the snapshot may have them.
            above.children += above.change == null || above.change.leavesAlone(node.path()) ? 1 : 0;
        }
        if (changes.wanted().has(node.path())) {
            TreeNode then = TreeNode.of(node, changes.wanted().data());
            PastNode change = changes.of(node.path());
            if (change != null) {
                change.foundInSnapshot();
                then = change.isDeleted() ? null : change.over(then);
            }
            open.addLast(new Open(node.path(), then, change));
        }
    }

    private ZNode nextCreated() throws IOException {
        if (created == null) {
            if (end != SnapshotFile.UNKNOWN_END && end != snapshot.end()) {
                throw new IOException("The snapshot '" + snapshot.path() + "' has changed while it was read.");
            }
            created = changes.all().iterator();
        }
        while (created.hasNext()) {
            PastNode node = created.next();
            if (node.isNew()) {
                return node.over(null).withChildren(node.newChildren());
            }
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        snapshot.close();
    }
}
