// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.types.Row;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The property that everything rests on: whatever several writers do to a tree and whatever happens to connection,
 * session and server meanwhile, the table that the changelog amounts to equals the tree, in every mode, with one reader
 * and with two.
 *
 * <p>{@code -Dconsistency.rounds=N} rounds, the first with {@code -Dconsistency.seed=S}, the others with the seeds that
 * follow; a failure names its seed.
 */
class ConsistencyITCase {

    private static final Logger LOG = LoggerFactory.getLogger(ConsistencyITCase.class);
    private static final int ROUNDS = Integer.getInteger("consistency.rounds", 12);
    private static final long SEED = Long.getLong("consistency.seed", System.nanoTime());
    private static final int WRITERS = 3;
    private static final String WRITER = "writer";
    private static final String ROOT = "/consistency";
    private static final List<String> FAULTS = List.of(
            "a cut",
            "a network that swallows",
            "a restart",
            "a pause",
            "an expiry",
            "an expiry and a cut",
            "five cuts",
            "a slow task",
            "no fault");
    private static final List<String> NAMES = List.of("a", "b", "c", "d");

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @Test
    void theTableEqualsTheTree() throws Exception {
        List<ZooKeeperAdmin> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new ZooKeeperAdmin(ZK.directConnectString()));
        }
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        TableEnvironment two = SharedMiniCluster.tableEnvironment(2);
        two.createTemporarySystemFunction("slow", Slow.class);
        sql.createTemporarySystemFunction("slow", Slow.class);
        create(two, "deep", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED", "/{*k}", "upsert");
        create(sql, "complete", "k STRING, v STRING", "/{*k}", "all");
        create(two, "flat", "x STRING, y STRING, v STRING, PRIMARY KEY (x, y) NOT ENFORCED", "/{x}/{y}", "upsert");
        create(
                sql,
                "events",
                "k STRING, v STRING, event STRING METADATA FROM 'event-type' VIRTUAL, mzxid BIGINT METADATA VIRTUAL",
                "/{*k}",
                "append");
        try (Changelog deep = new Changelog(two.executeSql("SELECT slow(k) AS k, v FROM deep"));
                Changelog full = new Changelog(sql.executeSql("SELECT slow(k) AS k, v FROM complete"));
                Changelog flat = new Changelog(two.executeSql("SELECT * FROM flat"));
                Changelog log = new Changelog(sql.executeSql("SELECT slow(k) AS k, v, event, mzxid FROM events"))) {
            for (int round = 0; round < ROUNDS; round++) {
                long seed = SEED + round;
                String story = round(seed, writers);
                SortedMap<String, String> tree = ZK.admin().tree(ROOT);
                tree.remove(ROOT);
                String[] deepRows = rows(tree, path -> path.substring(ROOT.length() + 1));
                String[] flatRows = rows(flatOnly(tree), path -> path.substring(ROOT.length() + 1)
                        .replace("/", ", "));
                try {
                    deep.awaitTable(deepRows);
                    full.awaitTable(deepRows);
                    flat.awaitTable(flatRows);
                    Await.untilAsserted("the event log replays to the tree", () -> assertThat(replay(log))
                            .containsExactlyInAnyOrder(deepRows));
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + ": " + story, e);
                }
                LOG.info("Round {} of {}, seed {}: {} znodes after {}", round + 1, ROUNDS, seed, tree.size(), story);
            }
        } finally {
            writers.forEach(ZooKeeperAdmin::close);
        }
    }

    /** Gives its argument back, sometimes late. */
    public static final class Slow extends ScalarFunction {
        private static volatile int millis;

        public String eval(String value) throws InterruptedException {
            Thread.sleep(millis);
            return value;
        }
    }

    private String round(long seed, List<ZooKeeperAdmin> writers) throws Exception {
        Random random = new Random(seed);
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (ZooKeeperAdmin writer : writers) {
            Random own = new Random(random.nextLong());
            int operations = 5 + own.nextInt(60);
            done.add(CompletableFuture.runAsync(
                    () -> write(writer, own, operations), task -> new Thread(task, WRITER).start()));
        }
        String fault = fault(random, writers.get(0));
        try {
            for (CompletableFuture<Void> each : done) {
                Await.result(each);
            }
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ", " + fault + ": a writer hangs at " + stacks(), e);
        }
        ZK.reset();
        return fault;
    }

    private static List<String> stacks() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().equals(WRITER)
                        || thread.getKey().getName().contains("SendThread"))
                .map(thread -> thread.getKey() + " " + List.of(thread.getValue()))
                .toList();
    }

    /** One fault, while the writers write and, where the server can be reached past the fault, for a while after. */
    private static String fault(Random random, ZooKeeperAdmin writer) throws Exception {
        Runnable more = () -> write(writer, random, random.nextInt(30));
        int kind = random.nextInt(FAULTS.size());
        switch (kind) {
            case 0 -> ZK.whileCut(more);
            case 1 -> ZK.whileBlackholed(more);
            case 2 -> ZK.process().restart();
            case 3 -> {
                ZK.process().pause();
                ZK.process().resume();
            }
            case 4 -> ZK.expireSessions(more);
            case 5 -> {
                ZK.expireSessions(more);
                ZK.whileCut(more);
            }
            case 6 -> {
                for (int i = 0; i < 5; i++) {
                    ZK.whileCut(() -> write(writer, random, 3));
                }
            }
            case 7 -> {
                Slow.millis = 3;
                more.run();
                ZK.whileCut(more);
                more.run();
                Slow.millis = 0;
            }
            default -> more.run();
        }
        return FAULTS.get(kind);
    }

    private static void write(ZooKeeperAdmin writer, Random random, int operations) {
        for (int i = 0; i < operations; i++) {
            StringBuilder path = new StringBuilder(ROOT);
            for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
                path.append('/').append(NAMES.get(random.nextInt(NAMES.size())));
            }
            byte[] data = Integer.toString(random.nextInt(1000)).getBytes(StandardCharsets.UTF_8);
            try {
                operate(writer.zooKeeper(), random.nextInt(10), path.toString(), data);
            } catch (KeeperException e) {
                LOG.debug("Expected among random operations: {}", e.getMessage());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void operate(ZooKeeper zk, int operation, String path, byte[] data)
            throws KeeperException, InterruptedException {
        switch (operation) {
            case 0, 1, 2, 3 -> zk.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            case 4, 5 -> zk.setData(path, data, -1);
            case 6 -> zk.delete(path, -1);
            case 7 -> {
                zk.delete(path, -1);
                zk.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                zk.create(path + "/a", data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            }
            case 8 -> ZKUtil.deleteRecursive(zk, path);
            default -> zk.create(ROOT, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
    }

    private static List<String> replay(Changelog log) {
        SortedMap<String, String> table = new TreeMap<>();
        SortedMap<String, Long> newest = new TreeMap<>();
        for (Row row : log.copy()) {
            String key = row.getFieldAs("k");
            switch (row.<String>getFieldAs("event")) {
                case "CREATED" ->
                    assertThat(table.put(key, shown(row))).as("before %s", row).isNull();
                case "CHANGED" ->
                    assertThat(table.put(key, shown(row))).as("before %s", row).isNotNull();
                default -> assertThat(table.remove(key)).as("before %s", row).isNotNull();
            }
            Long mzxid = row.getFieldAs("mzxid");
            if (mzxid != null) {
                Long before = newest.put(key, mzxid);
                assertThat(before == null || before < mzxid)
                        .as("%s after mzxid %s", row, before)
                        .isTrue();
            }
        }
        return List.copyOf(table.values());
    }

    private static String shown(Row row) {
        return "[" + row.getField("k") + ", " + row.getField("v") + "]";
    }

    private static SortedMap<String, String> flatOnly(SortedMap<String, String> tree) {
        SortedMap<String, String> flat = new TreeMap<>(tree);
        flat.keySet().removeIf(path -> path.split("/").length != 4);
        return flat;
    }

    private static String[] rows(SortedMap<String, String> tree, java.util.function.UnaryOperator<String> key) {
        return tree.entrySet().stream()
                .map(entry -> "[" + key.apply(entry.getKey()) + ", "
                        + (entry.getValue().isEmpty() ? "null" : entry.getValue()) + "]")
                .toArray(String[]::new);
    }

    private static void create(TableEnvironment sql, String name, String columns, String path, String mode) {
        sql.executeSql("""
                CREATE TABLE %s (%s) WITH ('connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s%s',
                  'session-timeout' = '2 s', 'retry-wait' = '200 ms', 'scan.changelog-mode' = '%s',
                  'scan.parallelism' = '2')
                """.formatted(name, columns, ZK.connectString(), ROOT, path, mode));
    }
}
