// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;

/** A session that queues for resources with nodes named like those of the recipes' libraries. */
public final class Contender implements AutoCloseable {

    private final ZooKeeperAdmin admin;

    public Contender(String connectString) {
        this.admin = new ZooKeeperAdmin(connectString);
    }

    /** Queues like Curator's mutex; returns the path. */
    public String lock(String resource, String owner) {
        return queue(resource + "/_c_" + UUID.randomUUID() + "-lock-", owner);
    }

    public String kazooLock(String resource, String owner) {
        return queue(resource + "/" + UUID.randomUUID().toString().replace("-", "") + "__lock__", owner);
    }

    public String latch(String resource, String owner) {
        return queue(resource + "/_c_" + UUID.randomUUID() + "-latch-", owner);
    }

    private String queue(String prefix, String owner) {
        return create(prefix, owner, CreateMode.EPHEMERAL_SEQUENTIAL);
    }

    public String create(String path, String data, CreateMode mode) {
        try {
            return admin.zooKeeper()
                    .create(path, data.getBytes(StandardCharsets.UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE, mode);
        } catch (KeeperException e) {
            throw new AssertionError(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public void release(String path) {
        admin.delete(path);
    }

    public long token(String path) {
        return admin.stat(path).getCzxid();
    }

    /** Ends the session, as if it had expired: all its nodes go in one transaction. */
    @Override
    public void close() {
        admin.close();
    }
}
