// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import io.zkflink.path.ZNodePath;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** What transactions have done since a snapshot to the znodes that are wanted. Used by one thread. */
final class PastChanges {

    private final WantedZNodes wanted;
    private final Map<String, PastNode> nodes = new HashMap<>();

    PastChanges(WantedZNodes wanted) {
        this.wanted = wanted;
    }

    WantedZNodes wanted() {
        return wanted;
    }

    void apply(Transaction transaction) {
        for (Operation operation : transaction.operations()) {
            apply(operation, transaction);
        }
    }

    private void apply(Operation operation, Transaction transaction) {
        String path = operation.path();
        if (wanted.has(path)) {
            apply(operation, transaction, node(path));
        }
        boolean isCreation = operation.kind() == Operation.Kind.CREATE;
        if (isCreation || operation.kind() == Operation.Kind.DELETE) {
            // As snapshots have it: the path of the root is empty.
            String parent = ZNodePath.parentPrefix(path);
            if (wanted.has(parent)) {
                node(parent).touch(operation, transaction.zxid(), wanted.children());
            }
        }
    }

    private void apply(Operation operation, Transaction transaction, PastNode node) {
        switch (operation.kind()) {
            case CREATE -> node.create(operation, transaction, wanted.data());
            case SET -> node.set(operation, transaction, wanted.data());
            case SET_ACL -> node.setAcl(operation);
            case DELETE -> node.delete();
        }
    }

    private PastNode node(String path) {
        return nodes.computeIfAbsent(path, PastNode::new);
    }

    /** What was done to a znode, or to the children that its parent has; null for nothing. */
    PastNode of(String path) {
        return nodes.get(path);
    }

    /** Only of znodes that are wanted. */
    Collection<PastNode> all() {
        return nodes.values();
    }
}
