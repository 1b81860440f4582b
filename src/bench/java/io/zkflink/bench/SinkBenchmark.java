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
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * How fast rows are written, to znodes that exist and to new ones: through a whole SQL pipeline, by the raw client at
 * its best, by Curator in the background, and one request per row as a sink is first written. All against one server,
 * in turns; only the ratios mean something. First against a server that leaves it to the operating system when to write
 * to the disk, so that processor time is what limits; then against one that forces what it writes to disk. Run by
 * {@code mvn -Pbench verify -Dbench=SinkBenchmark}.
 */
public final class SinkBenchmark {

    /** Each znode is written once, so that no row makes another one superfluous. */
    private static final int ROWS = Benchmarks.FULL ? 200_000 : 100_000;
    /** One request per row takes so long that fewer rows must do. */
    private static final int SOME_ROWS = 10_000;

    private static final int FEW_ROWS = 2_000;

    /** Before what runs is compiled, it costs several times as much. */
    private static final int ROUNDS_TO_WARM_UP = 4;

    private static final int OPS = 100;
    private static final int OPS_IN_FLIGHT = 8;
    private static final String RAW = "raw client, multi of 100, 8 in flight";
    private static final String ONE_BY_ONE = "one request per row";
    private static final byte[] PAYLOAD = "x".repeat(100).getBytes(StandardCharsets.UTF_8);
    private static final String EXACTLY_ONCE =
            ", 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'bench'";

    private final Figures figures;
    private final ZooKeeperAdmin zk;
    private final ZooKeeperProcess server;
    private final String kind;
    private final String connect;
    private final Path checkpoints = Files.createTempDirectory("bench-checkpoints");
    /** What was measured of one case in this round, by contender. */
    private final Map<String, Double> rowsPerSecond = new LinkedHashMap<>();

    private int roots;

    private SinkBenchmark(Figures figures, ZooKeeperProcess server, ZooKeeperAdmin zk, String kind) throws IOException {
        this.figures = figures;
        this.zk = zk;
        this.server = server;
        this.kind = kind;
        this.connect = server.connectString();
    }

    public static void main(String[] arguments) throws Exception {
        Figures figures = new Figures("write", RAW);
        run(figures, "no", "", ROUNDS_TO_WARM_UP);
        run(figures, "yes", ", forced to disk", 1);
        figures.save();
        System.exit(0);
    }

    private static void run(Figures figures, String forceSync, String kind, int roundsToWarmUp) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("3g")
                        .property("zookeeper.forceSync", forceSync)
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            new SinkBenchmark(figures, server, zk, kind).run(roundsToWarmUp);
        }
    }

    private void run(int roundsToWarmUp) throws Exception {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i <= ROWS; i++) {
            znodes.put("/existing/" + i, "");
        }
        zk.createAll(znodes);
        for (int round = -roundsToWarmUp; round < Benchmarks.ROUNDS; round++) {
            boolean counts = round >= 0;
            if (counts) {
                figures.beginRound();
            }
            for (boolean isNew : new boolean[] {false, true}) {
                rowsPerSecond.clear();
                note(counts, RAW, ROWS, isNew, this::raw);
                note(counts, "pipeline, at least once", ROWS, isNew, (path, rows) -> sql(rows, znodes(path, "")));
                note(
                        counts,
                        "pipeline, exactly once",
                        ROWS,
                        isNew,
                        (path, rows) -> sql(rows, znodes(path, EXACTLY_ONCE)));
                note(counts, "Curator in the background", SOME_ROWS, isNew, this::curator);
                note(counts, ONE_BY_ONE, FEW_ROWS, isNew, this::oneByOne);
                Timing.Usage flink = sql(ROWS, "'connector' = 'blackhole'");
                if (counts) {
                    figures.note(
                            Figures.OWN_CPU,
                            "the same query into blackhole: Flink alone",
                            at(isNew),
                            flink.ownSeconds() * 1e6 / ROWS);
                    rowsPerSecond.forEach((contender, speed) -> figures.note(
                            Figures.TIMES_ONE_BY_ONE, contender, at(isNew), speed / rowsPerSecond.get(ONE_BY_ONE)));
                }
            }
        }
    }

    private String at(boolean isNew) {
        return (isNew ? "new znodes" : "znodes that exist") + kind;
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
            figures.noteRows(what, at(isNew), rows, usage);
            rowsPerSecond.put(what, rows / usage.seconds());
        }
    }

    private static String path(String root, int row) {
        return root + "/" + row;
    }

    private String znodes(String root, String options) {
        return "'connector' = 'zookeeper', 'connect-string' = '" + connect + "', 'path' = '" + root + "/{k}'" + options;
    }

    /** Without what a job takes that writes nothing. */
    private Timing.Usage sql(int rows, String sink) throws Exception {
        Timing.Usage nothing = Timing.usage(server, () -> insert(0, sink));
        return Timing.usage(server, () -> insert(rows, sink)).minus(nothing);
    }

    private void insert(int rows, String sink) throws Exception {
        Configuration configuration = new Configuration();
        configuration.setString("execution.checkpointing.interval", "1 s");
        // Transactions are state until they are committed, too much of it for the JobManager's heap.
        configuration.setString("execution.checkpointing.storage", "filesystem");
        configuration.setString(
                "execution.checkpointing.dir", checkpoints.toUri().toString());
        configuration.setString("restart-strategy.type", "none");
        StreamExecutionEnvironment environment = SharedMiniCluster.environment(1, configuration);
        StreamTableEnvironment sql = StreamTableEnvironment.create(environment);
        // SQL's datagen has all numbers that are to come in its state, and a thread of its own: that would cost more
        // than what is measured here.
        sql.createTemporaryView(
                "numbers",
                environment.fromSource(
                        new NumberSequenceSource(1, Math.max(rows, 1)), WatermarkStrategy.noWatermarks(), "numbers"),
                Schema.newBuilder().columnByExpression("i", "CAST(f0 AS INT)").build());
        sql.executeSql("CREATE TABLE sink (k INT, v STRING) WITH (" + sink + ")");
        sql.executeSql("INSERT INTO sink SELECT i, REPEAT('x', 100) FROM numbers" + (rows == 0 ? " WHERE i < 0" : ""))
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
