// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * How fast rows are written, to znodes that exist and to new ones: through a whole SQL pipeline, by the raw client at its
 * best, by Curator in the background, and one request per row as a sink is first written. All against one server, which
 * forces what it writes to disk, in turns; only the ratios mean something. Run by
 * {@code mvn -Pbench verify -Dbench=SinkBenchmark}.
 */
public final class SinkBenchmark {

    private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
    /** Each znode is written once, so that no row makes another one superfluous. */
    private static final int ROWS = 200_000;
    /** One request per row takes so long that fewer rows must do. */
    private static final int SOME_ROWS = 20_000;

    private static final int FEW_ROWS = 3_000;

    private static final int OPS = 100;
    private static final int OPS_IN_FLIGHT = 8;
    private static final byte[] PAYLOAD = "x".repeat(100).getBytes(StandardCharsets.UTF_8);

    private final PrintStream out = System.out;
    private final ZooKeeperAdmin zk;
    private final String connect;
    private final Map<String, double[]> rates = new LinkedHashMap<>();
    private final Path checkpoints = Files.createTempDirectory("bench-checkpoints");
    private int roots;

    private SinkBenchmark(ZooKeeperProcess server, ZooKeeperAdmin zk) throws IOException {
        this.zk = zk;
        this.connect = server.connectString();
    }

    public static void main(String[] arguments) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("3g")
                        .property("forceSync", "yes")
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            new SinkBenchmark(server, zk).run();
        }
        System.exit(0);
    }

    private void run() throws Exception {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i <= ROWS; i++) {
            znodes.put("/existing/" + i, "");
        }
        zk.createAll(znodes);
        sql("/existing", SOME_ROWS, "");
        for (int round = -1; round < ROUNDS; round++) {
            boolean counts = round >= 0;
            for (boolean isNew : new boolean[] {false, true}) {
                String what = isNew ? "new znodes" : "existing znodes";
                note(counts, what + ", one request per row", FEW_ROWS, root(isNew), this::oneByOne);
                note(counts, what + ", Curator in background", SOME_ROWS, root(isNew), this::curator);
                note(counts, what + ", raw multi 100 x 8", ROWS, root(isNew), this::raw);
                note(counts, what + ", pipeline at least once", ROWS, root(isNew), (path, rows) -> sql(path, rows, ""));
                note(
                        counts,
                        what + ", pipeline exactly once",
                        ROWS,
                        root(isNew),
                        (path, rows) -> sql(
                                path,
                                rows,
                                ", 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'bench'"));
            }
        }
        out.println(Timing.machine() + "; rows per second, median of " + ROUNDS + " (all rounds)");
        rates.forEach((what, all) -> out.printf(
                "%-42s %,9.0f  %s%n",
                what,
                Timing.median(all),
                Arrays.toString(Arrays.stream(all).mapToLong(Math::round).toArray())));
    }

    private String root(boolean isNew) {
        if (!isNew) {
            return "/existing";
        }
        String root = "/new" + roots++;
        zk.create(root);
        return root;
    }

    /** Writes that many rows below a root. */
    private interface Writer {
        double seconds(String root, int rows) throws Exception;
    }

    private void note(boolean counts, String what, int rows, String root, Writer writer) throws Exception {
        double rate = rows / writer.seconds(root, rows);
        out.printf("%s: %,.0f%n", what, rate);
        if (counts) {
            double[] before = rates.getOrDefault(what, new double[0]);
            double[] after = Arrays.copyOf(before, before.length + 1);
            after[before.length] = rate;
            rates.put(what, after);
        }
    }

    private static String path(String root, int row) {
        return root + "/" + row;
    }

    /** Without what a job takes that writes nothing. */
    private double sql(String root, int rows, String options) throws Exception {
        double nothing = Timing.seconds(() -> insert(root, 0, options));
        return Timing.seconds(() -> insert(root, rows, options)) - nothing;
    }

    private void insert(String root, int rows, String options) throws Exception {
        Configuration configuration = new Configuration();
        configuration.setString("execution.checkpointing.interval", "1 s");
        // Transactions are state until they are committed, too much of it for the JobManager's heap.
        configuration.setString("execution.checkpointing.storage", "filesystem");
        configuration.setString(
                "execution.checkpointing.dir", checkpoints.toUri().toString());
        configuration.setString("restart-strategy.type", "none");
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1, configuration);
        sql.executeSql("CREATE TABLE numbers (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',"
                + " 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '" + Math.max(rows, 1)
                + "')");
        sql.executeSql("CREATE TABLE znodes (k INT, v STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + connect + "', 'path' = '" + root + "/{k}'" + options + ")");
        sql.executeSql("INSERT INTO znodes SELECT i, REPEAT('x', 100) FROM numbers" + (rows == 0 ? " WHERE i < 0" : ""))
                .await();
    }

    private double oneByOne(String root, int rows) throws Exception {
        ZooKeeper client = zk.zooKeeper();
        return Timing.seconds(() -> {
            for (int row = 1; row <= rows; row++) {
                if (root.equals("/existing")) {
                    client.setData(path(root, row), PAYLOAD, -1);
                } else {
                    client.create(path(root, row), PAYLOAD, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                }
            }
        });
    }

    private double raw(String root, int rows) throws Exception {
        ZooKeeper client = zk.zooKeeper();
        IntFunction<Op> op = root.equals("/existing")
                ? row -> Op.setData(path(root, row), PAYLOAD, -1)
                : row -> Op.create(path(root, row), PAYLOAD, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        return Timing.seconds(() -> {
            Semaphore inFlight = new Semaphore(OPS_IN_FLIGHT);
            for (int from = 1; from <= rows; from += OPS) {
                List<Op> batch = new ArrayList<>(OPS);
                for (int row = from; row < from + OPS; row++) {
                    batch.add(op.apply(row));
                }
                inFlight.acquire();
                client.multi(batch, (rc, path, context, results) -> inFlight.release(), null);
            }
            inFlight.acquire(OPS_IN_FLIGHT);
        });
    }

    private double curator(String root, int rows) throws Exception {
        try (CuratorFramework client = CuratorFrameworkFactory.newClient(connect, new RetryOneTime(100))) {
            client.start();
            client.blockUntilConnected();
            CountDownLatch done = new CountDownLatch(rows);
            return Timing.seconds(() -> {
                for (int row = 1; row <= rows; row++) {
                    if (root.equals("/existing")) {
                        client.setData()
                                .inBackground((framework, event) -> done.countDown())
                                .forPath(path(root, row), PAYLOAD);
                    } else {
                        client.create()
                                .inBackground((framework, event) -> done.countDown())
                                .forPath(path(root, row), PAYLOAD);
                    }
                }
                done.await();
            });
        }
    }
}
