// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Does anything to a small tree, and takes down how it was at some moments. */
final class RandomTransactions {

    /** @param time milliseconds since the epoch, after all that is in the tree and before all that is not */
    record Moment(long time, SortedMap<String, String> tree) {}

    private static final int STEPS_PER_MOMENT = 40;

    private final Random random;
    private final List<ZooKeeperAdmin> clients = new ArrayList<>();
    private final String connectString;
    final List<Moment> moments = new ArrayList<>();

    /** What a server answered: it was done, by this transaction. */
    record Done(long zxid, String path, String data) {}

    private final int stepsPerMoment;
    final List<Done> done = new ArrayList<>();

    RandomTransactions(long seed, String connectString) {
        this(seed, connectString, STEPS_PER_MOMENT);
    }

    RandomTransactions(long seed, String connectString, int stepsPerMoment) {
        this.random = new Random(seed);
        this.connectString = connectString;
        this.stepsPerMoment = stepsPerMoment;
    }

    void run(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            try {
                step(client().zooKeeper());
            } catch (KeeperException e) {
                // A transaction that failed, which the log has, too.
            }
            if (random.nextInt(stepsPerMoment) == 0) {
                moments.add(moment(connectString));
            }
        }
        clients.forEach(ZooKeeperAdmin::close);
        clients.clear();
    }

    private ZooKeeperAdmin client() {
        if (clients.size() < 3) {
            clients.add(new ZooKeeperAdmin(connectString));
        }
        if (random.nextInt(50) == 0) {
            clients.remove(random.nextInt(clients.size())).close();
            return client();
        }
        return clients.get(random.nextInt(clients.size()));
    }

    private void step(ZooKeeper client) throws Exception {
        byte[] data = ("v" + random.nextInt(1000)).getBytes(StandardCharsets.UTF_8);
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> client.create(path(), data, ZooDefs.Ids.OPEN_ACL_UNSAFE, mode());
            case 3, 4 -> {
                String path = path();
                add(client.setData(path, data, -1).getMzxid(), path, data);
            }
            case 5 -> client.delete(path(), -1);
            case 6 -> client.setACL(path(), ZooDefs.Ids.READ_ACL_UNSAFE, -1);
            case 7 -> {
                String path = path();
                Stat stat = new Stat();
                client.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, stat, 50);
                add(stat.getCzxid(), path, data);
            }
            case 8 ->
                client.multi(List.of(
                        Op.setData(path(), data, -1),
                        Op.create(path(), data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)));
            default ->
                client.multi(List.of(
                        Op.check("/", -1),
                        Op.delete(path(), -1),
                        Op.create(path(), null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL)));
        }
    }

    private void add(long zxid, String path, byte[] data) {
        done.add(new Done(zxid, path, new String(data, StandardCharsets.UTF_8)));
    }

    private CreateMode mode() {
        CreateMode[] modes = {
            CreateMode.PERSISTENT, CreateMode.EPHEMERAL, CreateMode.CONTAINER, CreateMode.PERSISTENT_SEQUENTIAL
        };
        return modes[random.nextInt(modes.length)];
    }

    private String path() {
        String path = "/" + (char) ('a' + random.nextInt(4));
        return random.nextBoolean() ? path : path + "/" + (char) ('a' + random.nextInt(6));
    }

    /** The tree as it is, with a moment at which nothing happens. */
    static Moment moment(String connectString) throws Exception {
        try (ZooKeeperAdmin admin = new ZooKeeperAdmin(connectString)) {
            while (true) {
                try {
                    SortedMap<String, String> tree = tree(admin.zooKeeper());
                    long time = System.currentTimeMillis();
                    while (System.currentTimeMillis() <= time) {
                        Thread.onSpinWait();
                    }
                    if (tree(admin.zooKeeper()).equals(tree)) {
                        return new Moment(time, tree);
                    }
                } catch (KeeperException.ConnectionLossException e) {
                    // A server was killed; the next one is asked.
                }
            }
        }
    }

    /** Path, data and Stat of all znodes but the server's own. */
    static SortedMap<String, String> tree(ZooKeeper client) throws Exception {
        SortedMap<String, String> tree = new TreeMap<>();
        await(client);
        add("/", client, tree);
        return tree;
    }

    /**
     * A server may be behind, or the client on its way to another one, which may be, too; and to its own clients a
     * leader answers a sync before what it has proposed is committed. A transaction that fails is committed in its
     * turn.
     */
    private static void await(ZooKeeper client) throws Exception {
        try {
            client.delete("/nothing", -1);
        } catch (KeeperException.NoNodeException e) {
            // What was proposed before it has come true, and is known to this server.
        }
    }

    private static void add(String path, ZooKeeper client, SortedMap<String, String> tree) throws Exception {
        Stat stat = new Stat();
        try {
            byte[] data = client.getData(path, false, stat);
            tree.put(path, new String(data == null ? new byte[0] : data, StandardCharsets.UTF_8) + " " + text(stat));
            for (String child : client.getChildren(path, false)) {
                if (!path.equals("/") || !child.equals("zookeeper")) {
                    add(path.equals("/") ? "/" + child : path + "/" + child, client, tree);
                }
            }
        } catch (KeeperException.NoNodeException e) {
            tree.remove(path);
        }
    }

    private static String text(Stat stat) {
        return List.of(
                        stat.getCzxid(),
                        stat.getMzxid(),
                        stat.getCtime(),
                        stat.getMtime(),
                        stat.getVersion(),
                        stat.getCversion(),
                        stat.getAversion(),
                        stat.getEphemeralOwner(),
                        stat.getNumChildren(),
                        stat.getPzxid())
                .toString();
    }
}
