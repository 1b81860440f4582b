// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;

/**
 * How many locks are taken and released per second that nobody else wants, by the rows of a whole SQL pipeline
 * and by Curator's {@code InterProcessMutex} in several threads; and how long it takes from a release until the next
 * in line knows: by the row of a pipeline that reads the locks, or because {@code acquire()} returns. Against one
 * server, which forces what it writes to disk, in turns; only the ratios mean something. Run by
 * {@code mvn -Pbench verify -Dbench=LockBenchmark}.
 */
public final class LockBenchmark {

    private static final int[] RESOURCES = {100, 10_000};
    private static final int[] THREADS = {1, 10, 100};
    private static final int[] WAITERS = {1, 10, 100};
    /**
     * What comes for all locks together: each is taken by the first of two rows, and released by the second. A little
     * more than a server carries out; of much more, what is superseded before it could be sent is never carried out.
     */
    private static final Map<Integer, Integer> ROWS_PER_SECOND = Map.of(100, 10_000, 10_000, 60_000);

    private static final int SECONDS = Benchmarks.FULL ? 10 : 2;
    /** Grants per thread take so long that few must do. */
    private static final int GRANTS_OF_ONE_THREAD = 500;

    private static final int GRANTS_OF_THREADS = 3_000;
    private static final int HANDOVERS = Benchmarks.FULL ? 500 : 200;
    private static final String BEST = "InterProcessMutex, 100 threads";
    private static final String MUTEX = "InterProcessMutex, as many threads";

    /** Who was seen to hold the lock, and when; static for the sake of the pipeline, which runs in this JVM. */
    private static final Map<String, CompletableFuture<Long>> HOLDERS = new ConcurrentHashMap<>();

    private final Figures grants = new Figures("locks", BEST);
    private final Figures handOver = new Figures("locks-hand-over", MUTEX);
    private final ZooKeeperProcess server;
    private final ZooKeeperAdmin zk;
    private int roots;

    private LockBenchmark(ZooKeeperProcess server, ZooKeeperAdmin zk) {
        this.server = server;
        this.zk = zk;
    }

    public static void main(String[] arguments) throws Exception {
        try (ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .heap("2g")
                        .property("zookeeper.forceSync", "yes")
                        .build()
                        .start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            new LockBenchmark(server, zk).run();
        }
        System.exit(0);
    }

    private void run() throws Exception {
        for (int round = -1; round < Benchmarks.ROUNDS; round++) {
            boolean counts = round >= 0;
            if (counts) {
                grants.beginRound();
                handOver.beginRound();
            }
            // To warm up, one of each is enough.
            for (int resources : counts ? RESOURCES : new int[] {RESOURCES[0]}) {
                grants(counts, resources);
            }
            for (int waiters : counts ? WAITERS : new int[] {WAITERS[0]}) {
                note(counts, MUTEX, waiters, mutexes(waiters));
                note(counts, "pipeline", waiters, rows(waiters));
            }
        }
        grants.save();
        handOver.save();
    }

    private void grants(boolean counts, int resources) throws Exception {
        // Made here, so that a server that tidies up containers does not take the count of grants with them.
        String root = "/locks" + roots++;
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < resources; i++) {
            znodes.put(root + "/" + i, "");
        }
        zk.createAll(znodes);
        for (int threads : THREADS) {
            int wanted = threads == 1 ? GRANTS_OF_ONE_THREAD : GRANTS_OF_THREADS;
            Timing.Usage usage = contend(root, resources, threads, wanted);
            note(
                    counts,
                    "InterProcessMutex, " + threads + (threads == 1 ? " thread" : " threads"),
                    resources,
                    wanted,
                    usage);
        }
        pipeline(counts, root, resources, "pipeline, rows that come and go", this::changelog);
        pipeline(counts, root, resources, "pipeline, commands through ROW_NUMBER()", this::commands);
    }

    private void pipeline(boolean counts, String root, int resources, String who, Query query) throws Exception {
        long taken = granted(root, resources);
        JobClient job = flips(root, resources, query);
        Await.until("locks are taken and released", () -> granted(root, resources) > taken + resources / 2);
        long[] granted = new long[2];
        Timing.Usage usage = Timing.usage(server, () -> {
            granted[0] = granted(root, resources);
            TimeUnit.SECONDS.sleep(SECONDS);
        });
        granted[1] = granted(root, resources);
        job.cancel().get();
        Await.until("the job has ended", () -> job.getJobStatus().get().isGloballyTerminalState());
        note(counts, who, resources, (int) (granted[1] - granted[0]), usage);
    }

    private void note(boolean counts, String who, int resources, int granted, Timing.Usage usage) {
        if (counts) {
            grants.noteRows(who, "%,d locks".formatted(resources), granted, usage);
        }
    }

    /**
     * How often these locks have been taken and released, as the server has counted it: commands that make each other
     * superfluous do not count.
     */
    private long granted(String root, int resources) throws Exception {
        AtomicLong changes = new AtomicLong();
        CountDownLatch answers = new CountDownLatch(resources);
        for (int i = 0; i < resources; i++) {
            zk.zooKeeper()
                    .exists(
                            root + "/" + i,
                            false,
                            (code, path, context, stat) -> {
                                changes.addAndGet(stat.getCversion());
                                answers.countDown();
                            },
                            null);
        }
        answers.await();
        return changes.get() / 2;
    }

    /** Takes all locks, releases all, takes all again... */
    private JobClient flips(String root, int resources, Query query) {
        Configuration configuration = new Configuration();
        configuration.setString("execution.checkpointing.interval", "1 s");
        configuration.setString("restart-strategy.type", "none");
        // Rows that wait in Flink's buffers for the default of 100 ms arrive with those that undo them.
        configuration.setString("execution.buffer-timeout.interval", "1 ms");
        StreamExecutionEnvironment env = SharedMiniCluster.environment(1, configuration);
        StreamTableEnvironment sql = StreamTableEnvironment.create(env);
        // The SQL connector's sequences are state, too much of it.
        DataStream<Long> numbers = env.fromSource(
                new DataGeneratorSource<>(
                        i -> i,
                        Long.MAX_VALUE,
                        RateLimiterStrategy.perSecond(ROWS_PER_SECOND.get(resources)),
                        Types.LONG),
                WatermarkStrategy.noWatermarks(),
                "numbers");
        sql.executeSql(
                "CREATE TABLE locks (resource BIGINT, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED) WITH ("
                        + "'connector' = 'zookeeper', 'connect-string' = '" + server.connectString()
                        + "', 'recipe' = 'lock', 'path' = '" + root + "/{resource}')");
        return sql.executeSql("INSERT INTO locks " + query.over(sql, numbers, resources))
                .getJobClient()
                .orElseThrow();
    }

    /** Which locks are to be held, of a stream of numbers. */
    private interface Query {
        String over(StreamTableEnvironment sql, DataStream<Long> numbers, int resources);
    }

    /** As a change data capture gives them: a row that is inserted, and deleted. */
    private String changelog(StreamTableEnvironment sql, DataStream<Long> numbers, int resources) {
        DataStream<Row> rows = numbers.map(new Flip(resources))
                .returns(Types.ROW_NAMED(new String[] {"resource", "owner"}, Types.LONG, Types.STRING));
        Schema schema = Schema.newBuilder()
                .column("resource", DataTypes.BIGINT().notNull())
                .column("owner", DataTypes.STRING().notNull())
                .primaryKey("resource", "owner")
                .build();
        sql.createTemporaryView("claims", sql.fromChangelogStream(rows, schema, ChangelogMode.all()));
        return "SELECT resource, owner FROM claims";
    }

    private String commands(StreamTableEnvironment sql, DataStream<Long> numbers, int resources) {
        sql.createTemporaryView(
                "commands",
                numbers,
                Schema.newBuilder()
                        .column("f0", DataTypes.BIGINT())
                        .columnByExpression("i", "f0")
                        .columnByExpression("told", "PROCTIME()")
                        .build());
        return "SELECT resource, 'bench' FROM ("
                + "SELECT MOD(i, " + resources + ") AS resource, MOD(i / " + resources + ", 2) AS releases,"
                + " ROW_NUMBER() OVER (PARTITION BY MOD(i, " + resources + ") ORDER BY told DESC) AS latest"
                + " FROM commands) WHERE latest = 1 AND releases = 0";
    }

    private static final class Flip implements MapFunction<Long, Row> {
        private final int resources;

        Flip(int resources) {
            this.resources = resources;
        }

        @Override
        public Row map(Long i) {
            return Row.ofKind(i / resources % 2 == 0 ? RowKind.INSERT : RowKind.DELETE, i % resources, "bench");
        }
    }

    private Timing.Usage contend(String root, int resources, int threads, int wanted) throws Exception {
        try (CuratorFramework client = client()) {
            return Timing.usage(
                    server,
                    () -> inThreads(threads, thread -> {
                        for (int i = thread; i < wanted; i += threads) {
                            InterProcessMutex mutex = new InterProcessMutex(client, root + "/" + i % resources);
                            mutex.acquire();
                            mutex.release();
                        }
                    }));
        }
    }

    private void note(boolean counts, String who, int waiters, long[] nanos) {
        if (counts) {
            Arrays.sort(nanos);
            String at = "%d waiting".formatted(waiters);
            handOver.note(
                    "from a release until the next one knows, median (ms)", who, at, nanos[nanos.length / 2] / 1e6);
            handOver.note(
                    "from a release until the next one knows, 99 % (ms)",
                    who, at, nanos[(int) (nanos.length * 0.99)] / 1e6);
        }
    }

    /** One thread holds the lock, the others wait. */
    private long[] mutexes(int waiters) throws Exception {
        String path = "/handover" + roots++;
        long[] nanos = new long[HANDOVERS];
        AtomicInteger turns = new AtomicInteger(-1);
        // Written and read by whoever holds the lock.
        long[] released = new long[1];
        try (CuratorFramework client = client()) {
            inThreads(waiters + 1, thread -> {
                while (turns.get() < HANDOVERS) {
                    InterProcessMutex mutex = new InterProcessMutex(client, path);
                    mutex.acquire();
                    long now = System.nanoTime();
                    int turn = turns.getAndIncrement();
                    if (turn >= 0 && turn < HANDOVERS) {
                        nanos[turn] = now - released[0];
                    }
                    released[0] = System.nanoTime();
                    mutex.release();
                }
            });
        }
        return nanos;
    }

    /** The first of the queue goes, another one comes; a pipeline tells who holds the lock then. */
    private long[] rows(int waiters) throws Exception {
        String root = "/handover" + roots++;
        HOLDERS.clear();
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("CREATE TABLE locks (resource STRING, owner STRING, `state` STRING METADATA VIRTUAL,"
                + " PRIMARY KEY (resource, owner) NOT ENFORCED) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + server.connectString() + "', 'recipe' = 'lock', 'path' = '" + root + "/{resource}')");
        DataStream<Row> rows = sql.toChangelogStream(sql.sqlQuery("SELECT owner FROM locks WHERE `state` = 'HELD'"));
        rows.map(new Note()).returns(Integer.class).sinkTo(new DiscardingSink<>());
        JobClient job = rows.getExecutionEnvironment().executeAsync();
        long[] nanos = new long[HANDOVERS];
        zk.create(root + "/r");
        Deque<String> queue = new ArrayDeque<>();
        int next = 0;
        while (next <= waiters) {
            queue.add(enter(root, next++));
        }
        Await.result(holder("0"));
        for (int turn = 0; turn < HANDOVERS; turn++) {
            String first = queue.remove();
            long released = System.nanoTime();
            zk.delete(first);
            nanos[turn] = Await.result(holder(String.valueOf(turn + 1))) - released;
            queue.add(enter(root, next++));
        }
        job.cancel().get();
        Await.until("the job has ended", () -> job.getJobStatus().get().isGloballyTerminalState());
        queue.forEach(zk::delete);
        return nanos;
    }

    /** A contender as Curator would make it, its owner the given number. */
    private String enter(String root, int owner) throws Exception {
        return zk.zooKeeper()
                .create(
                        root + "/r/_c_" + UUID.randomUUID() + "-lock-",
                        String.valueOf(owner).getBytes(StandardCharsets.UTF_8),
                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                        CreateMode.EPHEMERAL_SEQUENTIAL);
    }

    private static CompletableFuture<Long> holder(String owner) {
        return HOLDERS.computeIfAbsent(owner, any -> new CompletableFuture<>());
    }

    private static final class Note implements MapFunction<Row, Integer> {
        @Override
        public Integer map(Row row) {
            if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER) {
                holder((String) row.getField(0)).complete(System.nanoTime());
            }
            return 0;
        }
    }

    private CuratorFramework client() throws InterruptedException {
        CuratorFramework client = CuratorFrameworkFactory.newClient(server.connectString(), new RetryOneTime(100));
        client.start();
        client.blockUntilConnected();
        return client;
    }

    /** What each thread does. */
    private interface Part {
        void run(int thread) throws Exception;
    }

    private static void inThreads(int threads, Part part) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            Future<?>[] parts = new Future<?>[threads];
            for (int i = 0; i < threads; i++) {
                int thread = i;
                parts[i] = executor.submit(() -> {
                    part.run(thread);
                    return null;
                });
            }
            for (Future<?> each : parts) {
                each.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }
}
