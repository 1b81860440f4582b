// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.Stat;

/**
 * Another program that writes and reads the tree: blocking, with strings for data, none of the connector's code.
 *
 * <p>Survives restarts of its server: a request that lost its connection is repeated, and a repeated one that finds its
 * work done is content. Life cycle: connects when first used, until {@link #close}. Thread-safe.
 */
public final class ZooKeeperAdmin implements AutoCloseable {

    /** So that an operation which is never answered fails instead of hanging for ever. */
    private static final String REQUEST_MILLIS = "40000";

    private static final int SESSION_MILLIS = 60_000;
    /**
     * How many servers are named at least, if need be again and again. The client waits for the answer to a session
     * request for the session's timeout divided by this, and a standalone server leaves connections open and unanswered
     * which it accepts while it loads its data ({@code NIOServerCnxn#close} fails there).
     */
    private static final int NAMED = 6;

    private static final int BATCH = 500;

    private final String connectString;
    private ZooKeeper handle;

    public ZooKeeperAdmin(String connectString) {
        this.connectString = connectString;
    }

    /** Creates a persistent znode, and its parents without data. */
    public void create(String path, String data) {
        createRaw(path, bytes(data), CreateMode.PERSISTENT);
    }

    /** Creates a persistent znode whose data is null, and its parents. */
    public void create(String path) {
        createRaw(path, null, CreateMode.PERSISTENT);
    }

    /** Creates a znode that lives until this admin is closed. */
    public void createEphemeral(String path, String data) {
        createRaw(path, bytes(data), CreateMode.EPHEMERAL);
    }

    /** Creates a znode of any (not sequential) mode; its data may be null. */
    public void createRaw(String path, byte[] data, CreateMode mode) {
        createParents(path);
        redo((zooKeeper, again) -> {
            try {
                return zooKeeper.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, mode);
            } catch (KeeperException.NodeExistsException e) {
                if (again) {
                    return path;
                }
                throw e;
            }
        });
    }

    /** Creates many znodes quickly; all but the parents of their parents are created as given, in order. */
    public void createAll(Map<String, String> znodes) {
        List<Op> ops = new ArrayList<>();
        String parent = null;
        for (Map.Entry<String, String> znode : znodes.entrySet()) {
            String mine = parent(znode.getKey());
            if (!mine.equals(parent)) {
                flush(ops);
                createMissing(mine);
                parent = mine;
            }
            ops.add(Op.create(
                    znode.getKey(), bytes(znode.getValue()), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
            if (ops.size() == BATCH) {
                flush(ops);
            }
        }
        flush(ops);
    }

    public Stat set(String path, String data) {
        return setRaw(path, bytes(data));
    }

    public Stat setRaw(String path, byte[] data) {
        return redo((zooKeeper, again) -> zooKeeper.setData(path, data, -1));
    }

    public void delete(String path) {
        redo((zooKeeper, again) -> {
            try {
                zooKeeper.delete(path, -1);
            } catch (KeeperException.NoNodeException e) {
                if (!again) {
                    throw e;
                }
            }
            return null;
        });
    }

    /** Deletes a znode with all below it; does nothing if there is none. */
    public void deleteTree(String path) {
        redo((zooKeeper, again) ->
                zooKeeper.exists(path, false) == null || ZKUtil.deleteRecursive(zooKeeper, path, BATCH) || again);
    }

    public boolean exists(String path) {
        return stat(path) != null;
    }

    /** The Stat, or null if there is no such znode. */
    public Stat stat(String path) {
        return redo((zooKeeper, again) -> zooKeeper.exists(path, false));
    }

    /** The data as a string; empty for null and empty data. */
    public String get(String path) {
        return text(redo((zooKeeper, again) -> zooKeeper.getData(path, false, null)));
    }

    /** The names of the children. */
    public List<String> children(String path) {
        return redo((zooKeeper, again) -> zooKeeper.getChildren(path, false));
    }

    /** All znodes below a path (without the path itself) with their data, "" for none; empty if there is none. */
    public SortedMap<String, String> tree(String path) {
        return redo((zooKeeper, again) -> {
            SortedMap<String, String> tree = new TreeMap<>();
            List<String> level = List.of(path);
            while (!level.isEmpty()) {
                List<String> next = new ArrayList<>();
                for (int from = 0; from < level.size(); from += BATCH) {
                    readLevel(zooKeeper, level.subList(from, Math.min(level.size(), from + BATCH)), tree, next);
                }
                level = next;
            }
            tree.remove(path);
            return tree;
        });
    }

    /** ZooKeeper's own handle, connected, for what is missing above. */
    public synchronized ZooKeeper zooKeeper() {
        if (handle == null || !handle.getState().isAlive()) {
            try {
                ZKClientConfig config = new ZKClientConfig();
                config.setProperty(ZKClientConfig.JUTE_MAXBUFFER, String.valueOf(64 * 1024 * 1024));
                config.setProperty(ZKClientConfig.ZOOKEEPER_REQUEST_TIMEOUT, REQUEST_MILLIS);
                int chroot = connectString.indexOf('/');
                String servers = chroot < 0 ? connectString : connectString.substring(0, chroot);
                int count = Math.min(
                        NAMED,
                        new ConnectStringParser(servers).getServerAddresses().size());
                String named = String.join(",", Collections.nCopies(NAMED / count, servers))
                        + (chroot < 0 ? "" : connectString.substring(chroot));
                handle = new ZooKeeper(named, SESSION_MILLIS, event -> {}, config);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return handle;
    }

    /** Ends the session and with it the ephemeral znodes. */
    @Override
    public synchronized void close() {
        if (handle != null) {
            try {
                handle.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            handle = null;
        }
    }

    private void createParents(String path) {
        String parent = parent(path);
        if (!parent.equals("/") && !exists(parent)) {
            createMissing(parent);
        }
    }

    private void createMissing(String path) {
        if (path.equals("/")) {
            return;
        }
        createParents(path);
        redo((zooKeeper, again) -> {
            try {
                return zooKeeper.create(path, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            } catch (KeeperException.NodeExistsException e) {
                return path;
            }
        });
    }

    private void flush(List<Op> ops) {
        if (ops.isEmpty()) {
            return;
        }
        redo((zooKeeper, again) -> {
            try {
                return zooKeeper.multi(ops);
            } catch (KeeperException.NodeExistsException e) {
                if (again) {
                    return null;
                }
                throw e;
            }
        });
        ops.clear();
    }

    private static void readLevel(
            ZooKeeper zooKeeper, List<String> paths, Map<String, String> tree, List<String> children)
            throws KeeperException, InterruptedException {
        List<Op> ops = new ArrayList<>();
        for (String path : paths) {
            ops.add(Op.getData(path));
            ops.add(Op.getChildren(path));
        }
        List<OpResult> results = zooKeeper.multi(ops);
        for (int i = 0; i < paths.size(); i++) {
            String path = paths.get(i);
            if (results.get(2 * i) instanceof OpResult.GetDataResult found) {
                tree.put(path, text(found.getData()));
            }
            if (results.get(2 * i + 1) instanceof OpResult.GetChildrenResult found) {
                String prefix = path.equals("/") ? "/" : path + "/";
                found.getChildren().forEach(name -> children.add(prefix + name));
            }
        }
    }

    private <T> T redo(Request<T> request) {
        long end = System.nanoTime() + Await.TIMEOUT.toNanos();
        for (boolean again = false; ; again = true) {
            try {
                return request.send(zooKeeper(), again);
            } catch (KeeperException.ConnectionLossException | KeeperException.SessionExpiredException e) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("ZooKeeper at " + connectString + " does not come back", e);
                }
                Await.pause();
            } catch (KeeperException e) {
                throw new AssertionError(e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted", e);
            }
        }
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(1, path.lastIndexOf('/')));
    }

    private static byte[] bytes(String data) {
        return data == null ? null : data.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] data) {
        return data == null ? "" : new String(data, StandardCharsets.UTF_8);
    }

    /** A request that is sent until it was answered. */
    @FunctionalInterface
    private interface Request<T> {
        /** @param again whether an earlier attempt may have been carried out */
        T send(ZooKeeper zooKeeper, boolean again) throws KeeperException, InterruptedException;
    }
}
