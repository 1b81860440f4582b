// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.retry.RetryOneTime;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;

/**
 * How much of what a writer does flat out is seen, and how soon: through a whole SQL pipeline, by the raw client at its
 * best (one recursive watch, one multi read of all that changed meanwhile), by Curator's cache. In turns against one
 * server, each with a writer of its own; only the ratios mean something. Run by
 * {@code mvn -Pbench verify -Dbench=ChangeStreamBenchmark}.
 */
public final class ChangeStreamBenchmark {

    private static final int ZNODES = 100;
    private static final int WRITES = Benchmarks.FULL ? 100_000 : 6_000;
    private static final int WRITES_IN_FLIGHT = 100;
    private static final int[] RATES = Benchmarks.FULL ? new int[] {10, 100, 1_000, 10_000} : new int[] {1_000};
    private static final int SECONDS = Benchmarks.FULL ? 5 : 2;
    private static final int OPS = 500;
    private static final String ROOT = "/stream";
    private static final String RAW = "raw client, one recursive watch, multi reads";
    private static final String SEEN = "versions seen (%)";
    private static final String MEDIAN = "from a write until it is seen, median (ms)";
    private static final String SLOWEST = "from a write until it is seen, 99 % (ms)";

    /** What the reader of this turn saw; static for the sake of the pipeline, which runs in this JVM. */
    private static volatile Delays delays = new Delays(0, 0);

    private final Figures flatOut = new Figures("changes-flat-out", RAW);
    private final Figures paced = new Figures("changes", RAW);
    private final ZooKeeperProcess server;
    private final ZooKeeperAdmin zk;
    /** Of this turn; per second, 0: as many as the server takes. */
    private int rate;

    private int turns;

    private ChangeStreamBenchmark(ZooKeeperProcess server, ZooKeeperAdmin zk) {
        this.server = server;
        this.zk = zk;
    }

    public static void main(String[] arguments) throws Exception {
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().heap("2g").build().start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            new ChangeStreamBenchmark(server, zk).run();
        }
        System.exit(0);
    }

    private void run() throws Exception {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < ZNODES; i++) {
            znodes.put(ROOT + "/" + i, "0");
        }
        zk.createAll(znodes);
        for (int round = -1; round < Benchmarks.ROUNDS; round++) {
            boolean counts = round >= 0;
            if (counts) {
                flatOut.beginRound();
                paced.beginRound();
            }
            turns(counts, flatOut, 0, WRITES);
            for (int each : RATES) {
                if (counts) {
                    turns(counts, paced, each, each * SECONDS);
                }
            }
        }
        flatOut.save();
        paced.save();
    }

    private void turns(boolean counts, Figures figures, int perSecond, int writes) throws Exception {
        rate = perSecond;
        turn(counts, figures, RAW, writes, this::raw);
        turn(counts, figures, "pipeline", writes, this::pipeline);
        turn(counts, figures, "CuratorCache", writes, this::curator);
        turn(counts, figures, "one-shot watches", writes, this::oneShot);
        // Its begin and its end take ten seconds.
        if (counts || Benchmarks.FULL) {
            turn(counts, figures, "camel-zookeeper, a route per znode", writes, this::camel);
        }
    }

    private void turn(boolean counts, Figures figures, String reader, int writes, Turn turn) throws Exception {
        delays = new Delays(++turns, writes);
        double seconds = turn.run();
        if (!counts) {
            return;
        }
        long[] sorted = delays.sorted();
        String at = rate == 0 ? "flat out" : "%,d changes per second".formatted(rate);
        if (rate == 0) {
            figures.note("writes per second meanwhile", reader, at, writes / seconds);
        }
        figures.note(SEEN, reader, at, 100.0 * sorted.length / writes);
        figures.note(Figures.LOST, reader, at, delays.unseenAtTheEnd());
        figures.note(MEDIAN, reader, at, sorted[sorted.length / 2] / 1e6);
        figures.note(SLOWEST, reader, at, sorted[(int) (sorted.length * 0.99)] / 1e6);
    }

    /** One reader with a writer; returns how many seconds the writer took. */
    private interface Turn {
        double run() throws Exception;
    }

    private double pipeline() throws Exception {
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("""
                CREATE TABLE t (k STRING, v STRING) WITH ('connector' = 'zookeeper', 'connect-string' = '%s',
                  'path' = '%s/{k}', 'scan.changelog-mode' = 'append')
                """.formatted(server.connectString(), ROOT));
        AtomicInteger before = delays.rows;
        DataStream<Row> rows = sql.toDataStream(sql.sqlQuery("SELECT v FROM t"));
        rows.map(new Note()).returns(Integer.class).sinkTo(new DiscardingSink<>());
        JobClient job = rows.getExecutionEnvironment().executeAsync();
        Await.until("the snapshot is read", () -> before.get() >= ZNODES);
        double seconds = write();
        job.cancel().get();
        Await.until("the job has ended", () -> job.getJobStatus().get().isGloballyTerminalState());
        return seconds;
    }

    private static final class Note implements MapFunction<Row, Integer> {
        @Override
        public Integer map(Row row) {
            delays.seen((String) row.getField(0));
            return 0;
        }
    }

    private double raw() throws Exception {
        try (ZooKeeperAdmin client = new ZooKeeperAdmin(server.connectString())) {
            RawReader reader = new RawReader(client.zooKeeper());
            client.zooKeeper()
                    .addWatch(ROOT, event -> reader.changed(event.getPath()), AddWatchMode.PERSISTENT_RECURSIVE);
            return write();
        }
    }

    /** Reads what changed, 500 at a time, one request in flight. */
    private static final class RawReader {
        private final ZooKeeper client;
        private final Set<String> dirty = new LinkedHashSet<>();
        private boolean reading;

        RawReader(ZooKeeper client) {
            this.client = client;
        }

        synchronized void changed(String path) {
            if (path != null) {
                dirty.add(path);
                read();
            }
        }

        private void read() {
            if (reading || dirty.isEmpty()) {
                return;
            }
            List<Op> ops = new ArrayList<>();
            for (var paths = dirty.iterator(); paths.hasNext() && ops.size() < OPS; ) {
                ops.add(Op.getData(paths.next()));
                paths.remove();
            }
            reading = true;
            client.multi(ops, (rc, path, ctx, results) -> read(results), null);
        }

        private synchronized void read(List<OpResult> results) {
            for (OpResult result : results) {
                if (result instanceof OpResult.GetDataResult data) {
                    delays.seen(new String(data.getData(), StandardCharsets.UTF_8));
                }
            }
            reading = false;
            read();
        }
    }

    /** As watchers are first written: read and watch, and again after every event. */
    private double oneShot() throws Exception {
        try (ZooKeeperAdmin client = new ZooKeeperAdmin(server.connectString())) {
            for (int i = 0; i < ZNODES; i++) {
                readAndWatch(client.zooKeeper(), ROOT + "/" + i);
            }
            return write();
        }
    }

    private static void readAndWatch(ZooKeeper client, String path) {
        client.getData(
                path,
                event -> readAndWatch(client, path),
                (rc, any, context, data, stat) -> {
                    if (data != null) {
                        delays.seen(new String(data, StandardCharsets.UTF_8));
                    }
                },
                null);
    }

    /** Its consumer is of one znode. */
    private double camel() throws Exception {
        AtomicInteger before = delays.rows;
        try (CamelContext camel = new DefaultCamelContext()) {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    for (int i = 0; i < ZNODES; i++) {
                        from("zookeeper://" + server.connectString() + ROOT + "/" + i + "?repeat=true")
                                .process(exchange ->
                                        delays.seen(exchange.getMessage().getBody(String.class)));
                    }
                }
            });
            camel.start();
            Await.until("all routes have read", () -> before.get() >= ZNODES);
            return write();
        }
    }

    private double curator() throws Exception {
        try (CuratorFramework client =
                CuratorFrameworkFactory.newClient(server.connectString(), new RetryOneTime(100))) {
            client.start();
            client.blockUntilConnected();
            try (CuratorCache cache = CuratorCache.build(client, ROOT)) {
                cache.listenable()
                        .addListener(CuratorCacheListener.builder()
                                .forCreatesAndChanges(
                                        (before, now) -> delays.seen(new String(now.getData(), StandardCharsets.UTF_8)))
                                .build());
                cache.start();
                Await.until("all is cached", () -> cache.size() > ZNODES);
                return write();
            }
        }
    }

    /** Sets the znodes in turn, as fast as the server takes it; the data says when it was sent. */
    private double write() throws Exception {
        Semaphore inFlight = new Semaphore(WRITES_IN_FLIGHT);
        long start = System.nanoTime();
        try (ZooKeeperAdmin writer = new ZooKeeperAdmin(server.connectString())) {
            ZooKeeper client = writer.zooKeeper();
            for (int i = 0; i < delays.writes(); i++) {
                if (rate > 0) {
                    LockSupport.parkNanos(start + i * 1_000_000_000L / rate - System.nanoTime());
                }
                inFlight.acquire();
                byte[] data = delays.version(i).getBytes(StandardCharsets.UTF_8);
                client.setData(ROOT + "/" + i % ZNODES, data, -1, (rc, path, ctx, stat) -> inFlight.release(), null);
            }
            inFlight.acquire(WRITES_IN_FLIGHT);
            long end = System.nanoTime();
            Await.until(
                    "the last version of each znode is seen, or nothing more comes",
                    () -> delays.unseenAtTheEnd() == 0 || delays.isQuietSince(end));
            return (end - start) / 1e9;
        }
    }

    /** How long it took from the write to the first sight of each version. */
    private static final class Delays {
        private static final int PARTS = 3;
        private static final long QUIET_NANOS = 10_000_000_000L;

        private final AtomicInteger rows = new AtomicInteger();
        private final BitSet seen = new BitSet();
        private final String turn;
        private final long[] nanos;
        private int count;
        private long newest = System.nanoTime();

        Delays(int turn, int writes) {
            this.turn = String.valueOf(turn);
            nanos = new long[writes];
        }

        int writes() {
            return nanos.length;
        }

        /** What is written: of which turn it is, the number of the write, and when. */
        String version(int write) {
            return turn + " " + write + " " + System.nanoTime();
        }

        synchronized void seen(String data) {
            rows.incrementAndGet();
            String[] parts = data.split(" ", -1);
            // Whoever begins to read finds what was written for the one before.
            if (parts.length == PARTS && parts[0].equals(turn)) {
                int write = Integer.parseInt(parts[1]);
                if (!seen.get(write)) {
                    seen.set(write);
                    newest = System.nanoTime();
                    nanos[count++] = newest - Long.parseLong(parts[2]);
                }
            }
        }

        /** Of how many znodes the last version has not been seen. */
        synchronized int unseenAtTheEnd() {
            int first = Math.max(0, nanos.length - ZNODES);
            return nanos.length - first - seen.get(first, nanos.length).cardinality();
        }

        /** Whether nothing new has been seen for so long that nothing will be. */
        synchronized boolean isQuietSince(long start) {
            return System.nanoTime() - Math.max(start, newest) > QUIET_NANOS;
        }

        synchronized long[] sorted() {
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            return sorted;
        }
    }
}
