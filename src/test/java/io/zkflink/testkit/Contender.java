// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;

/** A session that queues for resources with nodes named like those of the recipes' libraries. */
public final class Contender implements AutoCloseable {

    private static final int ATTEMPTS = 1_000;

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

    /** Creates a node, once more if the connection was lost meanwhile; then there may be two. */
    public String create(String path, String data, CreateMode mode) {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        for (int attempt = 1; ; attempt++) {
            try {
                return admin.zooKeeper().create(path, bytes, ZooDefs.Ids.OPEN_ACL_UNSAFE, mode);
            } catch (KeeperException e) {
                boolean isPassing = e.code() == KeeperException.Code.CONNECTIONLOSS
                        || e.code() == KeeperException.Code.SESSIONEXPIRED;
                if (!isPassing || attempt == ATTEMPTS) {
                    throw new AssertionError(e.getMessage(), e);
                }
                Await.pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** Deletes a node, if it is still there. */
    public void release(String path) {
        if (admin.exists(path)) {
            admin.delete(path);
        }
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
