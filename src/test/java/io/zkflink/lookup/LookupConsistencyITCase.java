// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.flink.table.data.RowData;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What caches must hold: whatever writers do and whatever happens to connection, session and server meanwhile, a key's
 * rows never get older while somebody asks again and again, and once the writers rest, every lookup gives what the tree
 * holds, without being asked for anything.
 *
 * <p>{@code -Dconsistency.rounds=N} rounds, the first with {@code -Dconsistency.seed=S}, the others with the seeds that
 * follow; a failure names its seed.
 */
class LookupConsistencyITCase {

    private static final Logger LOG = LoggerFactory.getLogger(LookupConsistencyITCase.class);
    private static final int ROUNDS = Integer.getInteger("consistency.rounds", 9);
    private static final long SEED = Long.getLong("consistency.seed", System.nanoTime());
    private static final int NAMES = 4;

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private final ZooKeeperAdmin writer = new ZooKeeperAdmin(ZK.directConnectString());

    @Test
    void everyLookupFollowsTheTree() throws Exception {
        writer.create("/c/0/0", "0");
        RunningLookup.Plan plan = RunningLookup.Plan.of(ZK.connectString(), "/c/{a}/{b}", 0, 1)
                .maxRetries(1_000)
                .maxStaleness(Duration.ofHours(1));
        LookupCaching watched = new LookupCaching.Partial(
                new LookupCaching.Limits(null, null, 20L, true), LookupCaching.Invalidation.WATCH);
        LookupCaching full = new LookupCaching.Full();
        try (RunningLookup point = plan.caching(watched).open();
                RunningLookup sharing = plan.caching(watched).async(true).open();
                RunningLookup prefix = plan.caching(watched).keys(0).open();
                RunningLookup mirror = plan.caching(full).open();
                RunningLookup mirrorPrefix = plan.caching(full).keys(0).open();
                RunningLookup mirrorValue = plan.caching(full).keys(2).open()) {
            List<RunningLookup> points = List.of(point, sharing, mirror);
            List<RunningLookup> prefixes = List.of(prefix, mirrorPrefix);
            for (int round = 0; round < ROUNDS; round++) {
                long seed = SEED + round;
                round(new Random(seed), points, prefixes);
                SortedMap<String, String> tree = ZK.admin().tree("/c");
                LOG.info("Round {} of {}, seed {}: {} znodes", round + 1, ROUNDS, seed, tree.size());
                Await.untilAsserted("seed " + seed + ": the lookups find the tree", () -> {
                    for (int a = 0; a < NAMES; a++) {
                        for (int b = 0; b < NAMES; b++) {
                            String value = tree.get("/c/" + a + "/" + b);
                            List<String> expected =
                                    value == null ? List.of() : List.of("[" + a + ", " + b + ", " + value + "]");
                            for (RunningLookup each : points) {
                                assertThat(each.find("" + a, "" + b)).isEqualTo(expected);
                            }
                        }
                        for (RunningLookup each : prefixes) {
                            assertThat(each.find("" + a)).isEqualTo(below(tree, "/c/" + a + "/"));
                        }
                    }
                    for (int value = 0; value < 10; value++) {
                        String wanted = String.valueOf(value);
                        assertThat(mirrorValue.find(wanted))
                                .isEqualTo(below(tree, "/c/").stream()
                                        .filter(row -> row.endsWith(", " + wanted + "]"))
                                        .toList());
                    }
                });
            }
        } finally {
            writer.close();
        }
    }

    private static List<String> below(SortedMap<String, String> tree, String prefix) {
        return tree.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix)
                        && entry.getKey().chars().filter(c -> c == '/').count() == 3)
                .map(entry -> "[" + entry.getKey().substring("/c/".length()).replace("/", ", ") + ", "
                        + entry.getValue() + "]")
                .sorted()
                .collect(Collectors.toList());
    }

    /** Writers write, readers read, and something breaks. */
    private void round(Random random, List<RunningLookup> points, List<RunningLookup> prefixes) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        points.forEach(each -> readers.add(reader(over, each, true)));
        prefixes.forEach(each -> readers.add(reader(over, each, false)));
        Random own = new Random(random.nextLong());
        int operations = 20 + random.nextInt(200);
        CompletableFuture<Void> writing = run(() -> write(own, operations));
        fault(random);
        Await.result(writing);
        ZK.reset();
        over.set(true);
        for (CompletableFuture<Void> reader : readers) {
            Await.result(reader);
        }
    }

    private void fault(Random random) {
        Runnable more = () -> write(random, random.nextInt(50));
        switch (random.nextInt(6)) {
            case 0 -> ZK.whileCut(more);
            case 1 -> ZK.whileBlackholed(more);
            case 2 -> ZK.process().restart();
            case 3 -> ZK.expireSessions(more);
            default -> more.run();
        }
    }

    private static CompletableFuture<Void> run(Runnable task) {
        return CompletableFuture.runAsync(task, each -> new Thread(each, "test").start());
    }

    /** Asks again and again, and holds the answers against each other: each znode's transactions only grow. */
    private static CompletableFuture<Void> reader(AtomicBoolean over, RunningLookup lookup, boolean isPoint) {
        return run(() -> {
            Random random = new Random();
            Map<String, Long> newest = new HashMap<>();
            while (!over.get()) {
                String a = String.valueOf(random.nextInt(NAMES));
                String b = String.valueOf(random.nextInt(NAMES));
                try {
                    for (RowData row : isPoint ? lookup.rows(a, b) : lookup.rows(a)) {
                        long mzxid = row.getLong(3);
                        Long before = newest.put(row.getString(0) + "/" + row.getString(1), mzxid);
                        assertThat(before == null || before <= mzxid)
                                .as("%s: mzxid %s after %s", RunningLookup.shown(row), mzxid, before)
                                .isTrue();
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
    }

    private void write(Random random, int operations) {
        for (int i = 0; i < operations; i++) {
            String path = "/c/" + random.nextInt(NAMES) + "/" + random.nextInt(NAMES);
            byte[] data = {(byte) ('0' + random.nextInt(10))};
            try {
                ZooKeeper zk = writer.zooKeeper();
                switch (random.nextInt(6)) {
                    case 0, 1 -> {
                        create(zk, path.substring(0, 4), null);
                        create(zk, path, data);
                    }
                    case 2, 3, 4 -> zk.setData(path, data, -1);
                    default -> zk.delete(path, -1);
                }
            } catch (KeeperException e) {
                LOG.debug("Expected among random operations: {}", e.getMessage());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void create(ZooKeeper zk, String path, byte[] data) throws KeeperException, InterruptedException {
        try {
            zk.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        } catch (KeeperException.NodeExistsException e) {
            LOG.debug("There already: {}", path);
        }
    }
}
