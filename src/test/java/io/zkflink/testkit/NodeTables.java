// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/** What the tests of the contract share: tables, and what an admin does in one transaction or behind an ACL. */
public final class NodeTables {

    private static final List<ACL> WRITE_ONLY =
            Collections.singletonList(new ACL(ZooDefs.Perms.ALL & ~ZooDefs.Perms.READ, new Id("world", "anyone")));

    private NodeTables() {}

    public static void create(TableEnvironment sql, String name, String columns, String path, String... options) {
        createAt(SharedZooKeeper.connectString(), sql, name, columns, path, options);
    }

    /** Options as {@code key=value}. */
    public static void createAt(
            String connectString, TableEnvironment sql, String name, String columns, String path, String... options) {
        StringBuilder more = new StringBuilder();
        for (String option : options) {
            int equals = option.indexOf('=');
            more.append(", '%s' = '%s'".formatted(option.substring(0, equals), option.substring(equals + 1)));
        }
        sql.executeSql(
                "CREATE TEMPORARY TABLE %s (%s) WITH ('connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s'%s)"
                        .formatted(name, columns, connectString, path, more));
    }

    /** Deletes a znode and creates it again so that nobody can see it gone. */
    public static void recreate(ZooKeeperAdmin zk, String path, String data) {
        transaction(zk, Op.delete(path, -1), creation(path, data));
    }

    public static Op creation(String path, String data) {
        return Op.create(
                path, data.getBytes(StandardCharsets.UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    public static void transaction(ZooKeeperAdmin zk, Op... ops) {
        try {
            zk.zooKeeper().multi(List.of(ops));
        } catch (KeeperException e) {
            throw new AssertionError(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** From now on nobody may read the znode or its children, until {@link #show}. */
    public static void hide(ZooKeeperAdmin zk, String path) {
        setAcl(zk, path, WRITE_ONLY);
    }

    /** So that those who read the whole server are not disturbed for ever. */
    public static void show(ZooKeeperAdmin zk, String path) {
        setAcl(zk, path, ZooDefs.Ids.OPEN_ACL_UNSAFE);
    }

    private static void setAcl(ZooKeeperAdmin zk, String path, List<ACL> acl) {
        try {
            zk.zooKeeper().setACL(path, acl, -1);
        } catch (KeeperException e) {
            throw new AssertionError(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
