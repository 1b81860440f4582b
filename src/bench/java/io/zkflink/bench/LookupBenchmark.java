// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.lookup.LookupCaching;
import io.zkflink.lookup.LookupKeys;
import io.zkflink.lookup.LookupSettings;
import io.zkflink.lookup.LookupTable;
import io.zkflink.lookup.MirrorLookup;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooKeeper;

/**
 * How fast rows are joined with a table of 10,000 znodes, through a whole SQL pipeline: by our lookups, by one getData
 * per row, by a HashMap as the limit, and by the JDBC connector with its cache. All against one server, in turns; only
 * the ratios mean something. Run by {@code mvn -Pbench verify}.
 */
public final class LookupBenchmark {

    /** Which of them to measure, a regular expression. */
    private static final String ONLY = System.getProperty("bench.only", ".*");

    private static final int ZNODES = 10_000;
    private static final int FEW = Benchmarks.FULL ? 3_000 : 1_000;
    private static final int SOME = Benchmarks.FULL ? 5_000 : 2_000;
    private static final int MORE = Benchmarks.FULL ? 500_000 : 100_000;
    private static final int MANY = Benchmarks.FULL ? 4_000_000 : 600_000;
    private static final String LIMIT = "a HashMap";
    private static final String QUIET = "no writer";
    private static final String BESIDE = "beside a writer of 10,000 znodes per second";
    private static final int WRITES_PER_SECOND = 10_000;
    private static final int WRITES_PER_REQUEST = 100;
    private static final int PROBES = 500;
    private static final ConfigOption<Integer> CAPACITY =
            ExecutionConfigOptions.TABLE_EXEC_ASYNC_LOOKUP_BUFFER_CAPACITY;
    private static final String PARTIAL = "'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '100000'";

    private final PrintStream out;
    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private final Figures figures = new Figures("lookup", LIMIT);
    private ZooKeeperProcess server;

    private LookupBenchmark(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        new LookupBenchmark(System.out).run();
        System.exit(0);
    }

    private void run() throws Exception {
        try (ZooKeeperProcess server =
                        ZooKeeperProcess.builder().heap("2g").build().start();
                ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString())) {
            Map<String, String> znodes = new LinkedHashMap<>();
            for (int i = 0; i < ZNODES; i++) {
                znodes.put("/bench/" + i, "x".repeat(100));
            }
            zk.createAll(znodes);
            tables(server.connectString());
            this.server = server;
            for (int round = -1; round < Benchmarks.ROUNDS; round++) {
                boolean counts = round >= 0;
                if (counts) {
                    figures.beginRound();
                }
                measure(counts, LIMIT, QUIET, "hashmap", MANY);
                measure(counts, "FULL", QUIET, "mirrored", MANY);
                measureWarm(counts, "PARTIAL, warm, evicted by a watch", "watched", MANY);
                measureWarm(counts, "PARTIAL, warm, with ttl: Flink's own cache", "timed", MANY);
                measureWarm(counts, "flink-connector-jdbc, PARTIAL, warm, on Derby", "jdbc", MANY);
                measure(counts, "NONE, lookup.async", QUIET, "async", MORE);
                sql.getConfig().set(CAPACITY, 2_000);
                measure(counts, "NONE, lookup.async, buffer-capacity of 2,000", QUIET, "async", MORE);
                sql.getConfig().set(CAPACITY, CAPACITY.defaultValue());
                measure(counts, "NONE", QUIET, "plain", SOME);
                measure(counts, "one getData per row", QUIET, "naive", FEW);
                try (Writer writer = new Writer(zk.zooKeeper())) {
                    measure(counts, LIMIT, BESIDE, "hashmap", MANY);
                    measure(counts, "FULL", BESIDE, "mirrored", MANY);
                    writer.report(round, out);
                }
            }
            figures.save();
            visibility(server.connectString(), zk.zooKeeper());
        }
    }

    private void tables(String connect) throws SQLException {
        sql.executeSql("CREATE TABLE asked (k INT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'fields.k.min' ="
                + " '0', 'fields.k.max' = '" + (ZNODES - 1) + "', 'rows-per-second' = '1000000000')");
        sql.executeSql("CREATE TABLE sink (k INT, v STRING) WITH ('connector' = 'blackhole')");
        lookup("plain", "zookeeper", connect, "'path' = '/bench/{k}'");
        lookup("async", "zookeeper", connect, "'path' = '/bench/{k}', 'lookup.async' = 'true'");
        lookup("watched", "zookeeper", connect, "'path' = '/bench/{k}', " + PARTIAL);
        lookup(
                "timed",
                "zookeeper",
                connect,
                "'path' = '/bench/{k}', 'lookup.partial-cache.invalidation' = 'ttl', " + PARTIAL);
        lookup("mirrored", "zookeeper", connect, "'path' = '/bench/{k}', 'lookup.cache' = 'FULL'");
        lookup("naive", "bench-lookup", connect, "'path' = '/bench', 'kind' = 'naive'");
        lookup("hashmap", "bench-lookup", connect, "'path' = '/bench', 'kind' = 'hashmap'");
        // Derby would write its log into the working directory.
        System.setProperty("derby.stream.error.file", "target/derby.log");
        String url = "jdbc:derby:memory:bench";
        try (Connection database = DriverManager.getConnection(url + ";create=true")) {
            database.createStatement().execute("CREATE TABLE BENCH (K INT PRIMARY KEY, V VARCHAR(200))");
            try (PreparedStatement insert = database.prepareStatement("INSERT INTO BENCH VALUES (?, ?)")) {
                for (int i = 0; i < ZNODES; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "x".repeat(100));
                    insert.execute();
                }
            }
        }
        sql.executeSql("CREATE TABLE jdbc (k INT, v STRING) WITH ('connector' = 'jdbc', 'url' = '" + url
                + "', 'table-name' = 'BENCH', 'driver' = 'org.apache.derby.jdbc.EmbeddedDriver', " + PARTIAL + ")");
    }

    private void lookup(String name, String connector, String connect, String options) {
        sql.executeSql("CREATE TABLE " + name + " (k INT, v STRING) WITH ('connector' = '" + connector
                + "', 'connect-string' = '" + connect + "', " + options + ")");
    }

    private TableResult join(String table, long rows, String more) {
        return sql.executeSql("INSERT INTO sink SELECT l.k, t.v FROM asked /*+ OPTIONS('number-of-rows' = '" + rows
                + "'" + more + ") */ AS l JOIN " + table + " FOR SYSTEM_TIME AS OF l.pt AS t ON t.k = l.k");
    }

    private void measure(boolean counts, String name, String at, String table, int rows) throws Exception {
        if (!name.matches(ONLY)) {
            return;
        }
        Timing.Usage start = Timing.usage(server, () -> join(table, 1, "").await());
        Timing.Usage whole = Timing.usage(server, () -> join(table, rows, "").await());
        if (counts) {
            figures.noteRows(name, at, rows, whole.minus(start));
        }
    }

    /** Caches live as long as somebody uses them: another job does so meanwhile. */
    private void measureWarm(boolean counts, String name, String table, int rows) throws Exception {
        TableResult holder = join(table, 1_000_000, ", 'rows-per-second' = '10'");
        try {
            join(table, MORE, "").await();
            measure(counts, name, QUIET, table, rows);
        } finally {
            holder.getJobClient().orElseThrow().cancel().get();
        }
    }

    /** From before a write is sent to when a lookup in a mirror finds it, while many others are written. */
    private void visibility(String connect, ZooKeeper zk) throws Exception {
        PathTemplate template =
                PathTemplate.parse("/bench/{k}", PathEncoding.NONE, name -> SegmentType.of(SegmentType.Kind.INT));
        List<Column> columns = List.of(new Column.FromPath(0), new Column.FromMetadata(ReadableMetadata.MZXID));
        LookupTable table = new LookupTable(
                "visibility",
                ConnectionSettings.of(connect),
                template,
                columns,
                new ZNodeDecoder(template, columns, null, ParseErrorPolicy.FAIL, "lookup.parse-errors"),
                Content.DATA,
                new LookupSettings(
                        "visibility",
                        false,
                        3,
                        Duration.ofMinutes(1),
                        ParseErrorPolicy.FAIL,
                        new LookupCaching.Full()));
        List<LogicalType> types = List.of(new IntType(), new BigIntType());
        MirrorLookup mirror = new MirrorLookup(
                table,
                new LookupKeys(template, columns, types, new int[] {0}),
                new RowDataSerializer(types.toArray(LogicalType[]::new)));
        mirror.open(new FunctionContext(null, getClass().getClassLoader(), null));
        RowData key = GenericRowData.of(0);
        double[] millis = new double[PROBES];
        try (Writer writer = new Writer(zk)) {
            for (int i = -100; i < PROBES; i++) {
                long start = System.nanoTime();
                long mzxid = zk.setData("/bench/0", new byte[] {1}, -1).getMzxid();
                while (mirror.lookup(key).iterator().next().getLong(1) < mzxid) {
                    LockSupport.parkNanos(20_000);
                }
                millis[Math.max(0, i)] = (System.nanoTime() - start) / 1e6;
                LockSupport.parkNanos(2_000_000);
            }
            writer.report(0, out);
        }
        mirror.close();
        Arrays.sort(millis);
        Figures visible = new Figures("visibility", "");
        visible.beginRound();
        visible.note("from a write until FULL shows it (ms)", "median", BESIDE, millis[PROBES / 2]);
        visible.note("from a write until FULL shows it (ms)", "99 %", BESIDE, millis[PROBES * 99 / 100]);
        visible.save();
    }

    /** Sets many znodes a second, at an even rate. */
    private static final class Writer implements AutoCloseable {
        private final ZooKeeper zk;
        private final Semaphore inFlight = new Semaphore(4);
        private final Thread thread = new Thread(this::write, "writer");
        private final long started = System.nanoTime();
        private volatile boolean closed;
        private final LongAdder written = new LongAdder();

        Writer(ZooKeeper zk) {
            this.zk = zk;
            thread.start();
        }

        private void write() {
            long next = System.nanoTime();
            byte[] data = "y".repeat(100).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            int path = 0;
            while (!closed) {
                List<Op> ops = new ArrayList<>();
                for (int i = 0; i < WRITES_PER_REQUEST; i++) {
                    path = path % (ZNODES - 1) + 1;
                    ops.add(Op.setData("/bench/" + path, data, -1));
                }
                inFlight.acquireUninterruptibly();
                zk.multi(ops, (rc, any, ctx, results) -> inFlight.release(), null);
                written.add(WRITES_PER_REQUEST);
                next += 1_000_000_000L * WRITES_PER_REQUEST / WRITES_PER_SECOND;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }

        void report(int round, PrintStream out) {
            if (round == 0) {
                out.printf("(the writer set %,.0f znodes/s)%n", written.sum() / ((System.nanoTime() - started) / 1e9));
            }
        }

        @Override
        public void close() throws InterruptedException {
            closed = true;
            thread.join();
        }
    }
}
