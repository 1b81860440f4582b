// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import io.zkflink.history.Operation;
import io.zkflink.history.Transaction;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.zookeeper.data.StatPersisted;

/**
 * What transactions have done to one znode since a snapshot. What they have not touched is as the snapshot says. Since
 * a snapshot may already have some of them, each change says what is so after it, and not by how much it changes.
 */
final class PastNode {

    private static final byte[] NO_DATA = {};

    private final String path;
    /** Whether it was created, so that the snapshot does not matter. */
    private boolean created;

    private boolean deleted;
    private boolean dataSet;
    private byte[] data;
    private int length;
    private boolean aclSet;
    /** Fields that were not set are 0, except for counts, which only grow. */
    private final StatPersisted stat = new StatPersisted();
    /** The creations of children that do not say how many there were, by zxid; usually none. */
    private long[] uncounted = {};
    /** Of each child that was created or deleted, whether it is there; null for none. */
    private Map<String, Boolean> children;

    private boolean isInSnapshot;

    PastNode(String path) {
        this.path = path;
        stat.setCversion(-1);
    }

    boolean isDeleted() {
        return deleted;
    }

    /** Whether it is there although the snapshot has no such znode. */
    boolean isNew() {
        return created && !deleted && !isInSnapshot;
    }

    /** The snapshot has a znode of this path. */
    void foundInSnapshot() {
        isInSnapshot = true;
    }

    /** Whether a child that the snapshot has was neither created nor deleted since, nor its parent. */
    boolean leavesAlone(String child) {
        return !created && !deleted && (children == null || !children.containsKey(child));
    }

    /** How many children were created and are there. */
    int newChildren() {
        return children == null
                ? 0
                : (int) children.values().stream().filter(isThere -> isThere).count();
    }

    void create(Operation operation, Transaction transaction, boolean keepsData) {
        created = true;
        deleted = false;
        aclSet = true;
        setData(operation, keepsData);
        uncounted = new long[0];
        stat.setCzxid(transaction.zxid());
        stat.setMzxid(transaction.zxid());
        stat.setPzxid(transaction.zxid());
        stat.setCtime(transaction.time());
        stat.setMtime(transaction.time());
        stat.setVersion(0);
        stat.setCversion(0);
        stat.setAversion(0);
        stat.setEphemeralOwner(operation.owner());
    }

    void set(Operation operation, Transaction transaction, boolean keepsData) {
        setData(operation, keepsData);
        stat.setVersion(operation.version());
        stat.setMzxid(transaction.zxid());
        stat.setMtime(transaction.time());
    }

    private void setData(Operation operation, boolean keepsData) {
        dataSet = true;
        length = operation.data() == null ? 0 : operation.data().length;
        data = keepsData && length > 0 ? operation.data() : NO_DATA;
    }

    void setAcl(Operation operation) {
        aclSet = true;
        stat.setAversion(operation.version());
    }

    void delete() {
        created = false;
        deleted = true;
        dataSet = false;
        aclSet = false;
        data = null;
        children = null;
    }

    /**
     * A child came or went.
     *
     * @param keepsChildren whether it matters which
     */
    void touch(Operation operation, long zxid, boolean keepsChildren) {
        boolean isThere = operation.kind() == Operation.Kind.CREATE;
        if (keepsChildren) {
            children = children == null ? new HashMap<>() : children;
            children.put(operation.path(), isThere);
        }
        if (isThere) {
            count(operation.parentCversion(), zxid);
        }
        stat.setPzxid(Math.max(stat.getPzxid(), zxid));
    }

    private void count(int cversion, long zxid) {
        if (cversion >= 0) {
            stat.setCversion(Math.max(stat.getCversion(), cversion));
        } else if (created) {
            stat.setCversion(stat.getCversion() + 1);
        } else {
            uncounted = Arrays.copyOf(uncounted, uncounted.length + 1);
            uncounted[uncounted.length - 1] = zxid;
        }
    }

    /**
     * What it is, given what the snapshot says of it.
     *
     * @param snapshot null if it has no such znode
     */
    TreeNode over(TreeNode snapshot) {
        if (created || snapshot == null) {
            return new TreeNode(path, data, length, stat);
        }
        StatPersisted merged = snapshot.stat();
        if (dataSet) {
            merged.setVersion(stat.getVersion());
            merged.setMzxid(stat.getMzxid());
            merged.setMtime(stat.getMtime());
        }
        if (aclSet) {
            merged.setAversion(stat.getAversion());
        }
        merged.setCversion(Math.max(merged.getCversion() + uncountedAfter(merged.getPzxid()), stat.getCversion()));
        merged.setPzxid(Math.max(merged.getPzxid(), stat.getPzxid()));
        return dataSet
                ? new TreeNode(path, data, length, merged)
                : new TreeNode(path, snapshot.data(), snapshot.length(), merged);
    }

    /** The snapshot has those up to the last change of children that it has. */
    private int uncountedAfter(long pzxid) {
        return (int) Arrays.stream(uncounted).filter(zxid -> zxid > pzxid).count();
    }
}
