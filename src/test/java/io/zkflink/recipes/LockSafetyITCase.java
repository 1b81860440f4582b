// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two jobs and two JVMs with Curator's mutex fight for a few locks while connections break, sessions expire, processes
 * are paused and killed and the server is restarted. Whoever believes that it holds a lock writes to what it guards,
 * and the server accepts that as long as its node is there. Of what was accepted, no two holders' writes overlap, and
 * tokens grow; and after every fault everybody gets a lock again.
 *
 * <p>{@code -Dsafety.rounds=N} faults, {@code -Dsafety.seed=S}; a failure names its seed. That it can fail: without the
 * check of the node in {@link FencedLog} it does, for example with 10 rounds of seed 2.
 */
class LockSafetyITCase {

    private static final Logger LOG = LoggerFactory.getLogger(LockSafetyITCase.class);
    private static final int ROUNDS = Integer.getInteger("safety.rounds", 5);
    private static final long SEED = Long.getLong("safety.seed", System.nanoTime());
    /** Accepted writes of all together from one fault to the next. */
    private static final int WRITES_PER_ROUND = 30 * FencedLog.WRITES_PER_GRANT;

    private static final FencedLog GUARDED = new FencedLog("/safety");
    private static final List<String> RESOURCES = List.of("r0", "r1", "r2");
    private static final List<String> JOBS = List.of("job0", "job1");
    private static final List<String> JVMS = List.of("jvm0", "jvm1");

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @TempDir
    private Path logs;

    private final ZooKeeperAdmin zk = ZK.admin();
    private final List<String> fighters = new ArrayList<>();
    private final List<JobClient> jobs = new ArrayList<>();
    private final List<JavaProcess> jvms = new ArrayList<>();
    private final List<Thread> workers = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private enum Fault {
        CUT,
        BLACKHOLE,
        EXPIRY,
        SERVER_KILLED,
        TASK_MANAGER_KILLED,
        JVM_PAUSED,
        JVM_KILLED
    }

    @AfterEach
    void end() {
        ZK.reset();
        workers.forEach(Thread::interrupt);
        jvms.forEach(JavaProcess::kill);
        for (JobClient job : jobs) {
            if (!Await.result(job.getJobStatus()).isGloballyTerminalState()) {
                Await.result(job.cancel());
            }
        }
    }

    @Test
    void noTwoHoldersWritesOverlapAndNobodyWaitsForEver() throws Exception {
        LOG.info("Seed {}", SEED);
        Random random = new Random(SEED);
        RESOURCES.forEach(resource -> zk.create(GUARDED.log(resource), ""));
        start(random);
        awaitProgress("at the start", fighters);
        List<Fault> faults = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            if (faults.isEmpty()) {
                faults.addAll(List.of(Fault.values()));
                Collections.shuffle(faults, random);
            }
            Fault fault = faults.remove(0);
            String story = "seed %d, round %d, after %s".formatted(SEED, round, fault);
            strike(fault, random.nextInt(JVMS.size()), story);
            awaitProgress(story, fighters);
        }
        zk.create(GUARDED.stop(), "");
        for (Thread worker : workers) {
            worker.join(Await.TIMEOUT.toMillis());
            assertThat(worker.isAlive()).as("%s has ended", worker.getName()).isFalse();
        }
        Await.until("the other programs have ended", () -> jvms.stream().noneMatch(JavaProcess::isAlive));
        Await.until("nobody holds or waits", () -> RESOURCES.stream()
                .allMatch(resource -> zk.tree(GUARDED.lock(resource)).isEmpty()));
        check();
    }

    private void strike(Fault fault, int victim, String story) throws Exception {
        switch (fault) {
            case CUT -> ZK.whileCut(() -> {});
            case BLACKHOLE ->
                ZK.whileBlackholed(() ->
                        Await.until("somebody is not heard", () -> ZK.proxy().isHoldingBack()));
            case EXPIRY -> ZK.expireSessions();
            case SERVER_KILLED -> ZK.process().restart();
            case TASK_MANAGER_KILLED -> SharedMiniCluster.replaceTaskManager();
            case JVM_PAUSED -> {
                // Until all others have had locks, so until its session has expired if it held any.
                jvms.get(victim).pause();
                awaitProgress(
                        story,
                        fighters.stream()
                                .filter(who -> !who.startsWith(JVMS.get(victim)))
                                .toList());
                jvms.get(victim).resume();
            }
            case JVM_KILLED -> {
                jvms.get(victim).kill();
                jvms.get(victim).start();
            }
        }
    }

    private void awaitProgress(String story, List<String> whose) {
        Map<String, Integer> before = whose.stream().collect(Collectors.toMap(who -> who, this::progress));
        int goal = before.values().stream().mapToInt(Integer::intValue).sum() + WRITES_PER_ROUND;
        Await.untilAsserted("everybody gets on, " + story, () -> {
            if (failure.get() != null) {
                throw new IllegalStateException(failure.get());
            }
            int sum = 0;
            for (String who : whose) {
                int now = progress(who);
                assertThat(now).as(who).isGreaterThan(before.get(who));
                sum += now;
            }
            assertThat(sum).isGreaterThanOrEqualTo(goal);
        });
    }

    private int progress(String who) {
        return zk.stat(GUARDED.progress(who)).getVersion();
    }

    /** Reads what was accepted, in order. */
    private void check() {
        int writes = 0;
        int grants = 0;
        for (String resource : RESOURCES) {
            List<Long> tokens = GUARDED.verify(zk, resource, "seed " + SEED);
            writes += tokens.size();
            grants += Set.copyOf(tokens).size();
        }
        LOG.info("{} writes of {} grants in {} rounds, seed {}", writes, grants, ROUNDS, SEED);
        assertThat(grants).isGreaterThan(ROUNDS * fighters.size());
    }

    // --- Who fights. ---

    private void start(Random random) throws Exception {
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1, SharedMiniCluster.restarting("200 ms"));
        sql.getConfig().set("table.exec.sink.require-on-conflict", "false");
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "locks",
                "resource STRING, owner STRING, `state` STRING METADATA VIRTUAL,"
                        + " token BIGINT METADATA FROM 'fencing-token' VIRTUAL, `path` STRING METADATA VIRTUAL,"
                        + " PRIMARY KEY (resource, owner) NOT ENFORCED",
                GUARDED.lock("{resource}"),
                "recipe=lock",
                "session-timeout=2 s",
                "retry-wait=100 ms");
        DataStream<Row> held = sql.toChangelogStream(
                sql.sqlQuery("SELECT resource, owner, token, `path` FROM locks WHERE `state` = 'HELD'"));
        held.map(new Held()).returns(held.getType()).uid("held").sinkTo(new DiscardingSink<>());
        jobs.add(held.getExecutionEnvironment().executeAsync("reader"));
        for (String job : JOBS) {
            String wanted = GUARDED.root() + "/" + job;
            zk.create(wanted, "");
            NodeTables.createAt(
                    ZK.connectString(),
                    sql,
                    job,
                    "resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED",
                    wanted + "/{resource}/{owner}",
                    "session-timeout=2 s",
                    "retry-wait=100 ms");
            jobs.add(sql.executeSql("INSERT INTO locks (resource, owner) SELECT resource, owner FROM " + job)
                    .getJobClient()
                    .orElseThrow());
            for (String owner : List.of(fighter(job + "a"), fighter(job + "b"))) {
                long seed = random.nextLong();
                workers.add(new Thread(() -> work(wanted, owner, new Random(seed)), owner));
            }
        }
        for (String jvm : JVMS) {
            jvms.add(new JavaProcess(
                    jvm,
                    logs.resolve(jvm + ".log"),
                    System.getProperty("java.class.path"),
                    List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                    LockFighter.class.getName(),
                    List.of(
                            ZK.connectString(),
                            GUARDED.root(),
                            String.join(",", RESOURCES),
                            String.valueOf(random.nextLong()),
                            fighter(jvm + "a"),
                            fighter(jvm + "b"))));
        }
        jvms.forEach(JavaProcess::start);
        workers.forEach(Thread::start);
    }

    private String fighter(String who) {
        zk.create(GUARDED.progress(who), "");
        fighters.add(who);
        return who;
    }

    /**
     * What acts on a row of a job: wants one lock of some after another, and writes when the table says that it has it.
     */
    private void work(String wanted, String who, Random random) {
        try {
            while (!zk.exists(GUARDED.stop())) {
                String resource = RESOURCES.get(random.nextInt(RESOURCES.size()));
                zk.create(wanted + "/" + resource + "/" + who, "");
                AtomicReference<String> held = new AtomicReference<>();
                Await.until(who + " has " + resource + ", seed " + SEED, () -> {
                    held.set(Held.now(resource, who));
                    return held.get() != null;
                });
                String[] tokenAndNode = held.get().split(" ", 2);
                GUARDED.write(zk::zooKeeper, resource, tokenAndNode[1], Long.parseLong(tokenAndNode[0]), who);
                zk.delete(wanted + "/" + resource + "/" + who);
                Await.until(who + " has released " + resource, () -> Held.now(resource, who) == null);
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Who holds what, as the rows say. The last attempt of the job knows, beginning with what its checkpoint says. */
    private static final class Held implements MapFunction<Row, Row>, CheckpointedFunction {
        private static final AtomicReference<Map<String, String>> LATEST = new AtomicReference<>(Map.of());

        private transient Map<String, String> rows;
        private transient ListState<String> saved;

        /** Token and node of a holder; null if it is none. */
        static String now(String resource, String owner) {
            return LATEST.get().get(resource + " " + owner);
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            saved = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("held", Types.STRING));
            rows = new ConcurrentHashMap<>();
            for (String row : saved.get()) {
                String[] keyAndValue = row.split("=", 2);
                rows.put(keyAndValue[0], keyAndValue[1]);
            }
            LATEST.set(rows);
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            saved.update(rows.entrySet().stream()
                    .map(row -> row.getKey() + "=" + row.getValue())
                    .toList());
        }

        @Override
        public Row map(Row row) {
            String key = row.getField(0) + " " + row.getField(1);
            if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER) {
                rows.put(key, row.getField(2) + " " + row.getField(3));
            } else {
                rows.remove(key);
            }
            return row;
        }
    }
}
