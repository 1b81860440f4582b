// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;
import org.apache.zookeeper.Op;

/**
 * Whether large trees can be scanned, and what they cost: memory and checkpoint per znode, a checkpoint with few
 * changes, trees that are flat or deep, large payloads, changes while a tree is walked, bursts, a large deletion. Run
 * by {@code mvn -Pbench verify -Dbench=ScaleBenchmark}.
 */
public final class ScaleBenchmark {

    private static final int ZNODES = 1_000_000;
    private static final int CHILDREN = 1_000;
    private static final int FLAT = 200_000;
    private static final int DEPTH = 200;
    private static final int LARGE = 1_040_000;
    private static final int CHANGES = 1_000;
    private static final int CHURN_PER_SECOND = 1_000;
    private static final int BURST = 100_000;
    private static final int WRITES_IN_FLIGHT = 100;
    private static final int OPS = 500;
    private static final int OPS_IN_FLIGHT = 4;
    /** Of classes and caches that come with a job's first run. */
    private static final long LEFT_OVERS = 20_000_000;

    private static final String PAYLOAD = "x".repeat(100);

    /** The table that a job's changelog amounts to; static for the sake of the pipeline, which runs in this JVM. */
    private static final Map<String, String> TABLE = new ConcurrentHashMap<>();

    private final PrintStream out = System.out;
    private final ZooKeeperProcess server;
    private final ZooKeeperAdmin zk;
    private int writes;
    private long atFirst;

    private ScaleBenchmark(ZooKeeperProcess server, ZooKeeperAdmin zk) {
        this.server = server;
        this.zk = zk;
    }

    public static void main(String[] arguments) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("4g")
                        .property("jute.maxbuffer", String.valueOf(64 * 1024 * 1024))
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            ScaleBenchmark benchmark = new ScaleBenchmark(server, zk);
            benchmark.shapes();
            benchmark.fill("/wide/%d/%d", ZNODES, CHILDREN);
            benchmark.scan(ZNODES + " znodes below " + ZNODES / CHILDREN + " parents", "/wide/{a}/{b}", 1);
            benchmark.scan("the same by 4 readers", "/wide/{a}/{b}", 4);
            benchmark.scan("the same as a tree of any depth", "/wide/{*a}", 1);
            benchmark.scan("the same by 4 readers", "/wide/{*a}", 4);
            for (String mode : new String[] {"upsert", "all"}) {
                benchmark.state(mode);
            }
            benchmark.follow();
        }
        System.exit(0);
    }

    private void shapes() throws Exception {
        // A first job loads classes.
        zk.create("/small/a", "1");
        scan("one znode", "/small/{a}", 1);
        fill("/flat/%2$d", FLAT, FLAT);
        scan(FLAT + " children of one parent", "/flat/{a}", 1);
        StringBuilder path = new StringBuilder("/deep");
        for (int i = 0; i < DEPTH; i++) {
            path.append("/").append(i);
        }
        zk.create(path.toString(), PAYLOAD);
        scan(DEPTH + " levels", "/deep/{*a}", 1);
        zk.create("/large/a", "x".repeat(LARGE));
        scan("a payload of " + LARGE + " bytes", "/large/{a}", 1);
    }

    /** Reads a tree once. */
    private void scan(String what, String path, int readers) throws Exception {
        TableEnvironment sql = SharedMiniCluster.batchTableEnvironment(readers);
        table(sql, path, "'scan.parallelism' = '" + readers + "'");
        String top = path.substring(0, path.indexOf('/', 1));
        long reads = server.readCount(top);
        long start = System.nanoTime();
        Row row;
        try (CloseableIterator<Row> rows =
                sql.executeSql("SELECT COUNT(*), MAX(CHAR_LENGTH(v)) FROM t").collect()) {
            row = rows.next();
        }
        out.printf(
                "scan of %s: %.2f s, %s rows, longest payload %s, %,d reads at the server%n",
                what,
                (System.nanoTime() - start) / 1e9,
                row.getField(0),
                row.getField(1),
                server.readCount(top) - reads);
    }

    /** Follows a tree, with a checkpoint after the snapshot and one after a few changes. */
    private void state(String mode) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofHours(1));
        configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                Files.createTempDirectory("bench-checkpoints").toUri().toString());
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1, configuration);
        table(sql, "/wide/{a}/{b}", "'scan.changelog-mode' = '" + mode + "'");
        Table table = sql.sqlQuery("SELECT * FROM t");
        // As the source gives it, without a normalisation that would keep rows of its own.
        Schema schema = Schema.newBuilder().primaryKey("a", "b").build();
        DataStream<Row> rows = mode.equals("upsert")
                ? sql.toChangelogStream(table, schema, ChangelogMode.upsert())
                : sql.toChangelogStream(table);
        rows.sinkTo(new DiscardingSink<>());
        awaitFree();
        long before = usedHeap();
        JobClient job = rows.getExecutionEnvironment().executeAsync();
        awaitRead(job);
        long heap = usedHeap() - before;
        CompletedCheckpointStats full = checkpoint(job);
        long withCheckpoint = usedHeap() - before;
        for (int i = 0; i < CHANGES; i++) {
            zk.set("/wide/" + i % (ZNODES / CHILDREN) + "/" + i % CHILDREN, PAYLOAD);
        }
        CompletedCheckpointStats few = checkpoint(job);
        out.printf(
                "%s, %,d znodes: heap %d B per znode (%d after a checkpoint), checkpoint %d B per znode in %d ms; with"
                        + " %,d changes since then %d ms, of which the task is held up for %d ms (at first %d ms)%n",
                mode,
                ZNODES,
                heap / ZNODES,
                withCheckpoint / ZNODES,
                full.getStateSize() / ZNODES,
                full.getEndToEndDuration(),
                CHANGES,
                few.getEndToEndDuration(),
                syncMillis(few),
                syncMillis(full));
        job.cancel().get();
        Await.until("the job has ended", () -> job.getJobStatus().get().isGloballyTerminalState());
        sql.executeSql("DROP TABLE t");
    }

    /** Follows a tree that changes while it is walked, then in a burst, then until nothing is left of it. */
    private void follow() throws Exception {
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        table(sql, "/wide/{a}/{b}", "'scan.changelog-mode' = 'upsert'");
        Schema schema = Schema.newBuilder().primaryKey("a", "b").build();
        DataStream<Row> rows =
                sql.toChangelogStream(sql.sqlQuery("SELECT a, b, v FROM t"), schema, ChangelogMode.upsert());
        rows.map(new Apply()).returns(Integer.class).sinkTo(new DiscardingSink<>());
        long start = System.nanoTime();
        JobClient job = rows.getExecutionEnvironment().executeAsync();
        Await.until("the walk is under way", Duration.ofMinutes(1), () -> !TABLE.isEmpty());
        Map<String, String> written = new HashMap<>();
        while (TABLE.size() < ZNODES) {
            written.putAll(write(CHURN_PER_SECOND / 10, ZNODES / 7, 100));
        }
        awaitAll(written);
        out.printf(
                "a walk of %,d znodes while %,d of them were changed: %.1f s until the table had all%n",
                ZNODES, written.size(), (System.nanoTime() - start) / 1e9);
        start = System.nanoTime();
        written = write(BURST, 7, 0);
        double writing = (System.nanoTime() - start) / 1e9;
        awaitAll(written);
        out.printf(
                "a burst of %,d changes, written in %.1f s: in the table after %.1f s%n",
                BURST, writing, (System.nanoTime() - start) / 1e9);
        start = System.nanoTime();
        RawClient.write(
                zk.zooKeeper(),
                i -> Op.delete("/wide/" + (i - 1) / CHILDREN + "/" + (i - 1) % CHILDREN, -1),
                ZNODES,
                OPS,
                OPS_IN_FLIGHT);
        double deleting = (System.nanoTime() - start) / 1e9;
        Await.until("the table is empty", Duration.ofMinutes(5), TABLE::isEmpty);
        out.printf(
                "the deletion of all, done in %.1f s: the table empty after %.1f s%n",
                deleting, (System.nanoTime() - start) / 1e9);
        job.cancel().get();
    }

    private static final class Apply implements MapFunction<Row, Integer> {
        @Override
        public Integer map(Row row) {
            String key = row.getField("a") + "/" + row.getField("b");
            if (row.getKind() == RowKind.DELETE) {
                TABLE.remove(key);
            } else {
                TABLE.put(key, (String) row.getField("v"));
            }
            return 0;
        }
    }

    private static void awaitAll(Map<String, String> written) {
        Await.until(
                "the table equals the tree",
                Duration.ofMinutes(5),
                () -> TABLE.size() == ZNODES
                        && written.entrySet().stream()
                                .allMatch(each -> each.getValue().equals(TABLE.get(each.getKey()))));
    }

    /** Sets some znodes, in leaps through the tree, and then waits. */
    private Map<String, String> write(int count, int leap, long restMillis) throws Exception {
        Semaphore inFlight = new Semaphore(WRITES_IN_FLIGHT);
        Map<String, String> written = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int znode = (int) ((long) ++writes * leap % ZNODES);
            String key = znode / CHILDREN + "/" + znode % CHILDREN;
            String data = PAYLOAD + writes;
            inFlight.acquire();
            zk.zooKeeper()
                    .setData(
                            "/wide/" + key,
                            data.getBytes(StandardCharsets.UTF_8),
                            -1,
                            (code, path, context, stat) -> inFlight.release(),
                            null);
            written.put(key, data);
        }
        inFlight.acquire(WRITES_IN_FLIGHT);
        LockSupport.parkNanos(restMillis * 1_000_000);
        return written;
    }

    private static long syncMillis(CompletedCheckpointStats checkpoint) {
        return checkpoint.getAllTaskStateStats().stream()
                .mapToLong(task ->
                        task.getSummaryStats().getSyncCheckpointDurationStats().getMaximum())
                .max()
                .orElse(-1);
    }

    private static CompletedCheckpointStats checkpoint(JobClient job) throws Exception {
        SharedMiniCluster.cluster().triggerCheckpoint(job.getJobID()).get();
        return snapshot(job).getHistory().getLatestCompletedCheckpoint();
    }

    private static CheckpointStatsSnapshot snapshot(JobClient job) throws Exception {
        return SharedMiniCluster.cluster()
                .getExecutionGraph(job.getJobID())
                .get()
                .getCheckpointStatsSnapshot();
    }

    /** Waits until the one reader of a job has read all. */
    private static void awaitRead(JobClient job) {
        String id = job.getJobID().toHexString();
        Await.until("the tree is read", Duration.ofMinutes(5), () -> {
            try {
                return RecordingReporter.value(id, "zookeeper.reconciles") > 0
                        && RecordingReporter.value(id, "pendingRecords") == 0;
            } catch (AssertionError e) {
                // Not deployed yet.
                return false;
            }
        });
    }

    /** What an earlier job has left behind is not to be taken for what there was before the next one. */
    private void awaitFree() {
        if (atFirst == 0) {
            atFirst = usedHeap();
        }
        Await.until("the last job's state is free", () -> usedHeap() < atFirst + LEFT_OVERS);
    }

    /** Collects until that frees nothing more. */
    private static long usedHeap() {
        long used = Long.MAX_VALUE;
        while (true) {
            System.gc();
            long now = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            if (now >= used) {
                return now;
            }
            used = now;
        }
    }

    private void table(TableEnvironment sql, String path, String option) {
        String columns = path.contains("{b}") ? "a STRING, b STRING" : "a STRING";
        String key = path.contains("{b}") ? "a, b" : "a";
        sql.executeSql("""
                CREATE TABLE t (%s, v STRING, PRIMARY KEY (%s) NOT ENFORCED) WITH ('connector' = 'zookeeper',
                  'connect-string' = '%s', 'path' = '%s', %s)
                """.formatted(columns, key, server.connectString(), path, option));
    }

    private void fill(String path, int size, int children) {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            znodes.put(path.formatted(i / children, i % children), PAYLOAD);
        }
        zk.createAll(znodes);
    }
}
