// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
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
 * How fast rows are written, to znodes that exist and to new ones: through a whole SQL pipeline, by the raw client at
 * its best, by Curator in the background, and one request per row as a sink is first written. All against one server,
 * which forces what it writes to disk, in turns; only the ratios mean something. Run by
 * {@code mvn -Pbench verify -Dbench=SinkBenchmark}.
 */
public final class SinkBenchmark {

    /** Each znode is written once, so that no row makes another one superfluous. */
    private static final int ROWS = Benchmarks.FULL ? 200_000 : 30_000;
    /** One request per row takes so long that fewer rows must do. */
    private static final int SOME_ROWS = 10_000;

    private static final int FEW_ROWS = 2_000;

    private static final int OPS = 100;
    private static final int OPS_IN_FLIGHT = 8;
    private static final String RAW = "raw client, multi of 100, 8 in flight";
    private static final byte[] PAYLOAD = "x".repeat(100).getBytes(StandardCharsets.UTF_8);
    private static final String EXACTLY_ONCE =
            ", 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'bench'";

    private final Figures figures = new Figures("write", RAW);
    private final ZooKeeperAdmin zk;
    private final ZooKeeperProcess server;
    private final String connect;
    private final Path checkpoints = Files.createTempDirectory("bench-checkpoints");
    private int roots;

    private SinkBenchmark(ZooKeeperProcess server, ZooKeeperAdmin zk) throws IOException {
        this.zk = zk;
        this.server = server;
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
        for (int round = -1; round < Benchmarks.ROUNDS; round++) {
            boolean counts = round >= 0;
            if (counts) {
                figures.beginRound();
            }
            for (boolean isNew : new boolean[] {false, true}) {
                note(counts, RAW, ROWS, isNew, this::raw);
                note(counts, "pipeline, at least once", ROWS, isNew, (path, rows) -> sql(path, rows, ""));
                note(counts, "pipeline, exactly once", ROWS, isNew, (path, rows) -> sql(path, rows, EXACTLY_ONCE));
                note(counts, "Curator in the background", SOME_ROWS, isNew, this::curator);
                note(counts, "one request per row", FEW_ROWS, isNew, this::oneByOne);
            }
        }
        figures.save();
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
        Timing.Usage write(String root, int rows) throws Exception;
    }

    private void note(boolean counts, String what, int rows, boolean isNew, Writer writer) throws Exception {
        Timing.Usage usage = writer.write(root(isNew), rows);
        if (counts) {
            figures.noteRows(what, isNew ? "new znodes" : "znodes that exist", rows, usage);
        }
    }

    private static String path(String root, int row) {
        return root + "/" + row;
    }

    /** Without what a job takes that writes nothing. */
    private Timing.Usage sql(String root, int rows, String options) throws Exception {
        Timing.Usage nothing = Timing.usage(server, () -> insert(root, 0, options));
        return Timing.usage(server, () -> insert(root, rows, options)).minus(nothing);
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

    private Timing.Usage oneByOne(String root, int rows) throws Exception {
        ZooKeeper client = zk.zooKeeper();
        return Timing.usage(server, () -> {
            for (int row = 1; row <= rows; row++) {
                if (root.equals("/existing")) {
                    client.setData(path(root, row), PAYLOAD, -1);
                } else {
                    client.create(path(root, row), PAYLOAD, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                }
            }
        });
    }

    private Timing.Usage raw(String root, int rows) throws Exception {
        ZooKeeper client = zk.zooKeeper();
        IntFunction<Op> op = root.equals("/existing")
                ? row -> Op.setData(path(root, row), PAYLOAD, -1)
                : row -> Op.create(path(root, row), PAYLOAD, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        return Timing.usage(server, () -> RawClient.write(client, op, rows, OPS, OPS_IN_FLIGHT));
    }

    private Timing.Usage curator(String root, int rows) throws Exception {
        try (CuratorFramework client = CuratorFrameworkFactory.newClient(connect, new RetryOneTime(100))) {
            client.start();
            client.blockUntilConnected();
            CountDownLatch done = new CountDownLatch(rows);
            return Timing.usage(server, () -> {
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
