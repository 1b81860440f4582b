// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import io.zkflink.client.Acl;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The znodes of a {@link FakeZooKeeper} with the Stats that a server would give them. Guarded by its owner. */
final class FakeTree {

    private static final long SOME_DAY = 1_700_000_000_000L;

    private final TreeMap<String, Node> nodes = new TreeMap<>();
    /** In which nobody may create anything. */
    private final Set<String> closed = new HashSet<>();

    private long zxid;
    private long clock = SOME_DAY;
    private boolean inTransaction;

    /** Hears of the events of a change. */
    @FunctionalInterface
    interface Events {
        void fire(String path, long zxid, boolean deleted);
    }

    FakeTree() {
        clear();
    }

    /** As it is now. */
    FakeTree copy() {
        FakeTree copy = new FakeTree();
        nodes.forEach((path, node) -> copy.nodes.put(path, new Node(node)));
        copy.closed.addAll(closed);
        return copy;
    }

    void clear() {
        nodes.clear();
        nodes.put("/", new Node(null, 0, 0));
        zxid = 0;
    }

    long zxid() {
        return zxid;
    }

    void setZxid(long zxid) {
        this.zxid = zxid;
    }

    void setClock(long millis) {
        this.clock = millis;
    }

    void create(String path, byte[] data, Events events) {
        if (nodes.containsKey(path)) {
            throw new IllegalStateException("There is a znode " + path);
        }
        String parentPath = parent(path);
        if (!nodes.containsKey(parentPath)) {
            create(parentPath, null, events);
        }
        begin();
        nodes.put(path, new Node(data, zxid, clock));
        Node parent = nodes.get(parentPath);
        parent.children.add(name(path));
        parent.childrenChanged(zxid);
        events.fire(path, zxid, false);
    }

    void set(String path, byte[] data, Events events) {
        Node node = existing(path);
        begin();
        node.data = data;
        node.version++;
        node.mzxid = zxid;
        node.mtime = clock;
        events.fire(path, zxid, false);
    }

    void delete(String path, Events events) {
        if (!existing(path).children.isEmpty()) {
            throw new IllegalStateException("The znode " + path + " has children");
        }
        begin();
        nodes.remove(path);
        Node parent = nodes.get(parent(path));
        parent.children.remove(name(path));
        parent.childrenChanged(zxid);
        events.fire(path, zxid, true);
    }

    void deleteTree(String path, Events events) {
        for (String name : List.copyOf(existing(path).children)) {
            deleteTree(child(path, name), events);
        }
        delete(path, events);
    }

    void transaction(Runnable action) {
        begin();
        inTransaction = true;
        try {
            action.run();
        } finally {
            inTransaction = false;
        }
    }

    /**
     * As a server makes the writes of a {@code multi}: all, or none.
     *
     * @param session that owns the ephemeral znodes among them
     */
    WriteResult write(List<ZNodeWrite> writes, long session, Events events) {
        FakeTree draft = copy();
        for (int i = 0; i < writes.size(); i++) {
            Failure failure = draft.write(writes.get(i), session, (path, zxid, deleted) -> {}, new ArrayList<>());
            if (failure != null) {
                String message = "The fake refused " + writes.get(i).path() + ": " + failure;
                return WriteResult.refused(new WriteRefusal(i, new ZooKeeperException(failure, message)));
            }
        }
        List<String> created = new ArrayList<>();
        transaction(() -> writes.forEach(write -> write(write, session, events, created)));
        return new WriteResult(Optional.empty(), created);
    }

    private Failure write(ZNodeWrite write, long session, Events events, List<String> created) {
        if (write instanceof ZNodeWrite.Create create) {
            Node parent = nodes.get(parent(write.path()));
            if (parent == null) {
                return Failure.NO_NODE;
            }
            if (closed.contains(parent(write.path()))) {
                return Failure.NO_PERMISSION;
            }
            String suffix = create.mode().isSequential() ? String.format("%010d", parent.cversion) : "";
            if (nodes.containsKey(write.path() + suffix)) {
                return Failure.NODE_EXISTS;
            }
            if (parent.owner != 0) {
                return Failure.NO_CHILDREN_FOR_EPHEMERALS;
            }
            create(write.path() + suffix, create.data(), events);
            Node node = nodes.get(write.path() + suffix);
            node.acl = create.acl();
            node.owner = create.mode().isEphemeral() ? session : 0;
            created.add(name(write.path() + suffix));
            return null;
        }
        Node node = nodes.get(write.path());
        if (node == null) {
            return Failure.NO_NODE;
        }
        int version = write instanceof ZNodeWrite.SetData set
                ? set.version()
                : write instanceof ZNodeWrite.Delete delete ? delete.version() : ((ZNodeWrite.Check) write).version();
        if (version != ZNodeWrite.ANY_VERSION && version != node.version) {
            return Failure.BAD_VERSION;
        }
        if (write instanceof ZNodeWrite.SetData set) {
            set(write.path(), set.data(), events);
        } else if (write instanceof ZNodeWrite.Delete) {
            if (!node.children.isEmpty()) {
                return Failure.NOT_EMPTY;
            }
            delete(write.path(), events);
        }
        return null;
    }

    /** Takes the permission to create children away from everybody. */
    void close(String path) {
        closed.add(path);
    }

    /** Gives a znode to a session. */
    void own(String path, long session) {
        existing(path).owner = session;
    }

    List<String> ephemerals(long session) {
        List<String> paths = new ArrayList<>();
        nodes.forEach((path, node) -> {
            if (node.owner == session) {
                paths.add(path);
            }
        });
        return paths;
    }

    /** Who may do what with a znode that a client has created; null for others. */
    Acl acl(String path) {
        return existing(path).acl;
    }

    Optional<ZNode> znode(String path) {
        return Optional.ofNullable(nodes.get(path)).map(node -> node.read(path));
    }

    Optional<List<String>> children(String path) {
        return Optional.ofNullable(nodes.get(path)).map(node -> new ArrayList<>(node.children));
    }

    SortedMap<String, String> below(String path) {
        SortedMap<String, String> below = new TreeMap<>();
        nodes.forEach((each, node) -> {
            if (covers(path, each) && !each.equals(path)) {
                below.put(each, new String(node.bytes(), StandardCharsets.UTF_8));
            }
        });
        return below;
    }

    static boolean covers(String root, String path) {
        return root.equals("/") || path.equals(root) || path.startsWith(root + "/");
    }

    private void begin() {
        if (!inTransaction) {
            zxid++;
        }
    }

    private Node existing(String path) {
        Node node = nodes.get(path);
        if (node == null) {
            throw new IllegalStateException("There is no znode " + path);
        }
        return node;
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(1, path.lastIndexOf('/')));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String child(String path, String name) {
        return path.equals("/") ? "/" + name : path + "/" + name;
    }

    private static final class Node {
        private final long czxid;
        private final long ctime;
        private final Set<String> children = new LinkedHashSet<>();
        private byte[] data;
        private long owner;
        private Acl acl;
        private long mzxid;
        private long mtime;
        private long pzxid;
        private int version;
        private int cversion;

        Node(byte[] data, long zxid, long time) {
            this.data = data;
            this.czxid = zxid;
            this.mzxid = zxid;
            this.pzxid = zxid;
            this.ctime = time;
            this.mtime = time;
        }

        Node(Node node) {
            this(node.data, node.czxid, node.ctime);
            this.children.addAll(node.children);
            this.owner = node.owner;
            this.version = node.version;
            this.cversion = node.cversion;
        }

        void childrenChanged(long zxid) {
            cversion++;
            pzxid = zxid;
        }

        byte[] bytes() {
            return data == null ? new byte[0] : data;
        }

        ZNode read(String path) {
            return new ZNode(
                    path,
                    bytes().clone(),
                    new ZNodeStat(
                            czxid,
                            mzxid,
                            ctime,
                            mtime,
                            version,
                            cversion,
                            0,
                            owner,
                            bytes().length,
                            children.size(),
                            pzxid));
        }
    }
}
