// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import org.apache.zookeeper.data.StatPersisted;

/**
 * What transactions have done to one znode since a snapshot. What they have not touched is as the snapshot says. Since a
 * snapshot may already have some of them, each change says what is so after it, and not by how much it changes.
 */
final class PastNode {

    private final String path;
    /** Whether it was created, so that the snapshot does not matter. */
    private boolean created;

    private boolean deleted;
    private boolean dataSet;
    private byte[] data;
    private boolean aclSet;
    /** Fields that were not set are 0, except for counts, which only grow. */
    private final StatPersisted stat = new StatPersisted();

    PastNode(String path) {
        this.path = path;
        stat.setCversion(-1);
    }

    boolean isDeleted() {
        return deleted;
    }

    /** Whether it is there although the snapshot has no such znode. */
    boolean isCreated() {
        return created && !deleted;
    }

    void create(Operation operation, Transaction transaction) {
        created = true;
        deleted = false;
        dataSet = true;
        aclSet = true;
        data = operation.data();
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

    void set(Operation operation, Transaction transaction) {
        dataSet = true;
        data = operation.data();
        stat.setVersion(operation.version());
        stat.setMzxid(transaction.zxid());
        stat.setMtime(transaction.time());
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
    }

    /**
     * A child came or went.
     *
     * @param cversion how many children there had ever been; -1 if that is as before
     */
    void touch(int cversion, long zxid) {
        stat.setCversion(Math.max(stat.getCversion(), cversion));
        stat.setPzxid(Math.max(stat.getPzxid(), zxid));
    }

    /** What it is, given what the snapshot says of it. */
    SnapshotFile.Node over(SnapshotFile.Node snapshot) {
        if (created || snapshot == null) {
            return new SnapshotFile.Node(path, data, stat);
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
        merged.setCversion(Math.max(merged.getCversion(), stat.getCversion()));
        merged.setPzxid(Math.max(merged.getPzxid(), stat.getPzxid()));
        return new SnapshotFile.Node(path, dataSet ? data : snapshot.data(), merged);
    }
}
