// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperEnsemble;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever is killed, paused, restarted and upgraded, at random and under load: the mirror is its source, each event is
 * in the journal once, lookups found what was there, locks are held by one at a time, and the jobs run.
 *
 * <p>{@code mvn -Pnightly verify -Dit.test=ChaosITCase -Dminutes=N -Dseed=S}; what happened is in
 * {@code target/chaos.txt}. With an even seed Flink itself sits out lost connections to ZooKeeper. Faults wait for the
 * clock, nothing else does: after each one all jobs have to run and to bring results again before the next.
 */
@Tag("nightly")
class ChaosITCase {

    private static final int MINUTES = Integer.getInteger("minutes", 5);
    private static final long SEED = Long.getLong("seed", System.nanoTime());
    private static final String NAMESPACE = "chaos";
    private static final String ROOT = "/" + NAMESPACE;
    private static final Path CONFIGURATION = Path.of("docker");
    /** Beside the faults of {@link ChaosFaults}. */
    private static final String ROLLING_RESTART = "ROLLING_RESTART";

    private static final String UPGRADE = "SAVEPOINT_AND_UPGRADE";

    private final Random random = new Random(SEED);
    private final ChaosReport report = new ChaosReport(Path.of("target", "chaos.txt"));
    private ChaosFaults faults;
    private ChaosJobs jobs;
    private ZooKeeperAdmin zk;
    private int probes;

    @Test
    void nothingIsLostDoubledOrGrantedTwice() throws Exception {
        boolean tolerant = SEED % 2 == 0;
        report.line("-Dminutes=" + MINUTES + " -Dseed=" + SEED + ", Flink "
                + (tolerant ? "sits out" : "restarts its jobs after") + " lost connections to ZooKeeper");
        try (ZooKeeperEnsemble ensemble = new ZooKeeperEnsemble(CONFIGURATION.resolve("zoo.cfg")).start();
                FlinkCluster flink = new FlinkCluster(
                                "2.3.0",
                                CONFIGURATION.resolve("flink").toAbsolutePath(),
                                2,
                                settings(ensemble, tolerant))
                        .start();
                SqlProcess sql = new SqlProcess(flink);
                ZooKeeperAdmin admin = new ZooKeeperAdmin(ensemble.connectString());
                ChaosLoad load = new ChaosLoad(ensemble.connectString(), ROOT, SEED)) {
            zk = admin;
            faults = new ChaosFaults(ensemble, flink, random);
            jobs = new ChaosJobs(flink, sql, ensemble.connectString(), NAMESPACE);
            load.start();
            jobs.submit();
            try (LockWitness witness = new LockWitness(ensemble.connectString(), ROOT)) {
                awaitResults();
                report.recovered("(none)", awaitResults());
                suffer(load, witness);
                load.stop();
                check(load, witness);
                report.line(witness.summary());
            }
        }
        report.summary();
    }

    /**
     * Addresses, and time-outs that pauses outlast now and then. A TaskManager whose ZooKeeper session has expired may
     * never hear of the JobManager again; Flink ends it when it has not been registered for a while (five minutes,
     * unless told otherwise), and who watches over it starts another one, here {@link ChaosFaults#revive}.
     */
    private static Map<String, String> settings(ZooKeeperEnsemble ensemble, boolean tolerant) {
        return Map.of(
                "high-availability.zookeeper.quorum", ensemble.connectString(),
                "high-availability.zookeeper.client.session-timeout", "10 s",
                "high-availability.zookeeper.client.tolerate-suspended-connections", String.valueOf(tolerant),
                "taskmanager.registration.timeout", "30 s",
                "heartbeat.interval", "1000",
                "heartbeat.timeout", "8000",
                "metrics.reporter.prom.port", "14200-14300");
    }

    private void suffer(ChaosLoad load, LockWitness witness) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        Deque<String> deck = new ArrayDeque<>();
        while (System.nanoTime() < end) {
            if (deck.isEmpty()) {
                deck.addAll(shuffledFaults());
            }
            String fault = deck.remove();
            report.fault(fault);
            switch (fault) {
                case ROLLING_RESTART -> faults.restartServers();
                case UPGRADE -> jobs.upgrade(any(ChaosJobs.Job.values()));
                default -> fault = suffer(ChaosFaults.Kind.valueOf(fault));
            }
            report.recovered(fault, awaitResults());
            load.check();
            witness.check();
        }
    }

    /** Each kind once, so that all have their turn. */
    private List<String> shuffledFaults() {
        List<String> all = new ArrayList<>(
                Stream.of(ChaosFaults.Kind.values()).map(Enum::name).toList());
        all.add(ROLLING_RESTART);
        all.add(UPGRADE);
        Collections.shuffle(all, random);
        return all;
    }

    private <T> T any(T[] all) {
        return List.of(all).get(random.nextInt(all.length));
    }

    /** Lasts a while, and sometimes another fault comes on top of it. */
    private String suffer(ChaosFaults.Kind first) throws InterruptedException {
        ChaosFaults.Kind second = any(ChaosFaults.Kind.values());
        boolean both = random.nextInt(4) == 0 && !(first.isOfJobManager() && second.isOfJobManager());
        Runnable endOfFirst = faults.begin(first);
        last(first);
        if (both) {
            Runnable endOfSecond = faults.begin(second);
            last(second);
            endOfFirst.run();
            endOfSecond.run();
            report.fault(second.name());
            report.line(first + " and " + second);
            return "two at a time";
        }
        endOfFirst.run();
        return first.name();
    }

    private void last(ChaosFaults.Kind kind) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(kind.isKill() ? random.nextInt(5_000) : 1_000 + random.nextInt(14_000));
    }

    /** Waits until all jobs run and a change has gone through each, and says how long that took. */
    private Duration awaitResults() {
        long begin = System.nanoTime();
        String probe = String.valueOf(probes++);
        zk.create(ROOT + "/source/probe/" + probe, "");
        zk.create(ROOT + "/events/probe/" + probe, "");
        zk.create(ROOT + "/orders/probe-" + probe, "item-0,1");
        zk.create(ROOT + "/wanted/probe/" + probe, "");
        await("/mirror", () -> zk.exists(ROOT + "/mirror/probe/" + probe));
        await("/journal", () -> zk.tree(ROOT + "/journal/probe").containsValue(probe));
        await("/invoices", () -> zk.exists(ROOT + "/invoices/probe-" + probe));
        await("/locks", () -> zk.tree(ROOT + "/locks/probe").containsValue(probe));
        await("/held", () -> zk.exists(ROOT + "/held/probe/" + probe));
        zk.delete(ROOT + "/wanted/probe/" + probe);
        jobs.awaitRunning();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private void await(String where, Callable<Boolean> condition) {
        Await.until("a change goes through to " + where + ", seed " + SEED, () -> {
            int revived = faults.revive();
            if (revived > 0) {
                report.line(revived + " processes of Flink had ended by themselves");
            }
            return condition.call();
        });
    }

    private void check(ChaosLoad load, LockWitness witness) {
        report.line("%d changes of settings, %d events, %d orders"
                .formatted(load.changes(), load.events().size(), load.orders().count()));
        Await.untilAsserted(
                "the mirror is its source",
                () -> assertThat(below("/mirror")).isNotEmpty().isEqualTo(below("/source")));
        Await.until(
                "all events are in the journal",
                () -> zk.children(ROOT + "/journal/" + ChaosLoad.APP).size()
                        >= load.events().size());
        checkLookups(load);
        Await.untilAsserted("locks are queued for as they are wanted", () -> checkLocks(load, witness));
        assertThat(below("/journal/" + ChaosLoad.APP).values())
                .as("events, each once")
                .containsExactlyInAnyOrderElementsOf(load.events());
        assertThat(below("/journal/probe").values())
                .as("events, each once")
                .containsExactlyInAnyOrderElementsOf(Stream.iterate(0, i -> i + 1)
                        .limit(probes)
                        .map(String::valueOf)
                        .toList());
        jobs.awaitRunning();
        witness.check();
    }

    private void checkLookups(ChaosLoad load) {
        Await.until("all orders have an invoice", () -> load.orders()
                .allMatch(below("/invoices").keySet().stream()
                        .map(path -> path.substring(1))
                        .collect(Collectors.toSet())::contains));
        below("/invoices").forEach((order, invoice) -> {
            String[] columns = invoice.split(",", -1);
            int last = load.prices().get(columns[0]);
            int seen = Integer.parseInt(columns[1]);
            assertThat(Integer.parseInt(columns[2]))
                    .as("%s: %s, asked", order, invoice)
                    .isBetween(seen, last);
            assertThat(Integer.parseInt(columns[3]))
                    .as("%s: %s, cached", order, invoice)
                    .isBetween(1, last);
            assertThat(Integer.parseInt(columns[4]))
                    .as("%s: %s, mirrored", order, invoice)
                    .isBetween(1, last);
        });
        int[] orders = {0};
        load.prices()
                .forEach((item, price) -> Await.untilAsserted("all lookups find the last price of " + item, () -> {
                    String order = "last-" + orders[0]++;
                    zk.create(ROOT + "/orders/" + order, item + "," + price);
                    Await.until("it has an invoice", () -> zk.exists(ROOT + "/invoices/" + order));
                    assertThat(zk.get(ROOT + "/invoices/" + order))
                            .isEqualTo("%s,%d,%d,%d,%d".formatted(item, price, price, price, price));
                }));
    }

    private void checkLocks(ChaosLoad load, LockWitness witness) {
        List<String> queued = new ArrayList<>();
        for (String resource : ChaosLoad.RESOURCES) {
            List<LockWitness.Node> queue = witness.queue(resource);
            queue.forEach(node -> queued.add(resource + "/" + node.owner()));
            Map<String, String> holder = queue.isEmpty()
                    ? Map.of()
                    : Map.of(
                            "/" + queue.get(0).owner(),
                            String.valueOf(queue.get(0).token()));
            assertThat(below("/held/" + resource)).as("who holds " + resource).isEqualTo(holder);
        }
        assertThat(queued).containsExactlyInAnyOrderElementsOf(load.wanted());
    }

    private SortedMap<String, String> below(String top) {
        SortedMap<String, String> relative = new TreeMap<>();
        zk.tree(ROOT + top).forEach((path, data) -> relative.put(path.substring(ROOT.length() + top.length()), data));
        return relative;
    }
}
