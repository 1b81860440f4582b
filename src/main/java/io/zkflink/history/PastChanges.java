// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** The znodes that transactions have touched since a snapshot, by path and by parent. Used by one thread. */
final class PastChanges {

    private final Map<String, PastNode> byPath = new HashMap<>();
    private final Map<String, Set<String>> children = new HashMap<>();

    void apply(Transaction transaction) {
        for (Operation operation : transaction.operations()) {
            apply(operation, transaction);
        }
    }

    private void apply(Operation operation, Transaction transaction) {
        PastNode node = byPath.computeIfAbsent(operation.path(), PastNode::new);
        switch (operation.kind()) {
            case CREATE -> {
                node.create(operation, transaction);
                parent(operation.path()).touch(operation.parentCversion(), transaction.zxid());
            }
            case SET -> node.set(operation, transaction);
            case SET_ACL -> node.setAcl(operation);
            case DELETE -> {
                node.delete();
                parent(operation.path()).touch(-1, transaction.zxid());
            }
        }
    }

    private PastNode parent(String path) {
        String parent = parentOf(path);
        children.computeIfAbsent(parent, any -> new LinkedHashSet<>()).add(path);
        return byPath.computeIfAbsent(parent, PastNode::new);
    }

    /** As snapshots have it: the path of the root is empty. */
    static String parentOf(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** What was done to a znode; null for nothing. */
    PastNode of(String path) {
        return byPath.get(path);
    }

    /** The children of a znode that were created or deleted. */
    Collection<String> childrenOf(String path) {
        return children.getOrDefault(path, Set.of());
    }
}
