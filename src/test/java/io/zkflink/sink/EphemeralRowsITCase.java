// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZooKeeperSource;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RunningJobs;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows that are ephemeral znodes follow their query, over whatever befalls the job, and go with it. */
class EphemeralRowsITCase {

    private static final Logger LOG = LoggerFactory.getLogger(EphemeralRowsITCase.class);
    private static final long SEED = Long.getLong("ephemeral.seed", System.nanoTime());
    private static final int ROUNDS = Integer.getInteger("ephemeral.rounds", 4);

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @RegisterExtension
    final RunningJobs jobs = new RunningJobs();

    private static int tests;

    @TempDir
    Path savepoints;

    private final ZooKeeperAdmin zk = ZK.admin();
    private final String root = "/t" + tests++;
    private JobClient job;

    @BeforeEach
    void wanted() {
        zk.create(root + "/wanted", "");
        zk.create(root + "/live", "");
    }

    @AfterEach
    void reset() {
        ZK.reset();
    }

    @Test
    void rowsComeAndChangeAndGoWithTheQuery() {
        want("a", "1");
        want("b", "1");
        start();
        awaitLive("a=1", "b=1");
        assertThat(owner("a")).isEqualTo(owner("b")).isNotZero();

        zk.set(root + "/wanted/a", "2");
        zk.delete(root + "/wanted/b");
        want("c", "3");

        awaitLive("a=2", "c=3");
    }

    @Test
    void aTaskThatFailsGoesOnWithItsSession() throws Exception {
        want("a", "1");
        want("b", "1");
        start(RunningJobs.sql(SharedMiniCluster.restarting("100 ms")));
        awaitLive("a=1", "b=1");
        long session = owner("a");
        long created = zk.stat(root + "/live/a").getCzxid();

        SharedMiniCluster.replaceTaskManager();
        zk.delete(root + "/wanted/b");
        want("c", "3");

        awaitLive("a=1", "c=3");
        assertThat(owner("c")).isEqualTo(session);
        assertThat(zk.stat(root + "/live/a").getCzxid()).isEqualTo(created);
        assertThat(zk.stat(root + "/live/a").getVersion())
                .as("times that it was written without need")
                .isZero();
    }

    @Test
    void rowsAreCreatedAgainWhenTheSessionHasExpired() {
        want("a", "1");
        want("b", "1");
        start();
        awaitLive("a=1", "b=1");
        long session = owner("a");

        ZK.expireSessions(() -> {
            awaitLive();
            zk.delete(root + "/wanted/b");
        });

        awaitLive("a=1");
        assertThat(owner("a")).isNotEqualTo(session);
        assertThat(RunningJobs.status(job)).isEqualTo(JobStatus.RUNNING);
    }

    @Test
    void elementsOfAStreamAreWrittenTheSameWay() throws Exception {
        want("a", "1");
        StreamExecutionEnvironment env = SharedMiniCluster.environment(1, SharedMiniCluster.restarting("100 ms"));
        ConnectionSettings connection = ConnectionSettings.builder(ZK.connectString())
                .setSessionTimeout(Duration.ofSeconds(4))
                .setRetryWait(Duration.ofMillis(100))
                .build();
        String live = root + "/live/";
        ZooKeeperSink.builder((ZNodeChange change) -> change.isDeletion()
                        ? ZNodeUpdate.remove(live + change.name())
                        : ZNodeUpdate.put(live + change.name(), change.data()))
                .setConnection(connection)
                .setCommitPath("/epochs" + root)
                .writeEphemeral(env.fromSource(
                        ZooKeeperSource.builder()
                                .setConnection(connection)
                                .setPath(root + "/wanted/{k}")
                                .build(),
                        WatermarkStrategy.noWatermarks(),
                        "wanted"))
                .uid("live");
        job = jobs.add(env.executeAsync());
        awaitLive("a=1");
        long session = owner("a");
        long created = zk.stat(root + "/live/a").getCzxid();

        SharedMiniCluster.replaceTaskManager();
        want("b", "1");
        awaitLive("a=1", "b=1");
        assertThat(owner("b")).isEqualTo(session);
        assertThat(zk.stat(root + "/live/a").getCzxid()).isEqualTo(created);

        ZK.expireSessions(() -> {
            awaitLive();
            zk.delete(root + "/wanted/b");
        });
        awaitLive("a=1");
        assertThat(owner("a")).isNotEqualTo(session);
    }

    @Test
    void rowsOutliveACancelledJobBySessionTimeoutAndItsSuccessorWaits() {
        want("a", "1");
        start();
        awaitLive("a=1");
        long session = owner("a");
        Await.result(job.cancel());

        assertThat(live()).containsExactly("a=1");
        start();

        Await.until("the successor has its own", () -> {
            Stat stat = zk.stat(root + "/live/a");
            return stat != null && stat.getEphemeralOwner() != session;
        });
        awaitLive("a=1");
        assertThat(RunningJobs.status(job)).isEqualTo(JobStatus.RUNNING);
    }

    @Test
    void nothingIsWrittenBeforeACheckpointKnowsTheSession() {
        want("a", "1");
        start(RunningJobs.sql(SharedMiniCluster.restarting("1 h", 2)));
        Await.until(
                "there is an epoch",
                () -> zk.exists("/epochs" + root + "/_sessions")
                        && zk.children("/epochs" + root + "/_sessions").size() == 1);

        assertThat(live()).isEmpty();
        Await.result(job.cancel());

        // Nobody knows that session, and so it ends at once.
        Await.until("the session has ended", () -> zk.children("/epochs" + root + "/_sessions")
                .isEmpty());
        assertThat(live()).isEmpty();
    }

    @Test
    void withoutCheckpointsRowsComeAtOnceAndGoWithTheJob() {
        want("a", "1");
        start(RunningJobs.sql(new Configuration()));
        awaitLive("a=1");

        Await.result(job.cancel());

        awaitLive();
    }

    @Test
    void rowsGoWhenTheInputEnds() {
        want("a", "1");
        start();
        awaitLive("a=1");

        Await.result(job.stopWithSavepoint(true, savepoints.toString(), SavepointFormatType.CANONICAL));

        assertThat(live()).isEmpty();
        Await.until("the session has ended", () -> zk.children("/epochs" + root + "/_sessions")
                .isEmpty());
    }

    @Test
    void znodesOfOthersAreNotTouched() {
        zk.create(root + "/live/a", "mine");
        want("a", "1");
        start();

        assertThat(RunningJobs.failure(job))
                .isEqualTo("The znode '" + root + "/live/a' exists and is not ephemeral, so it is none of this sink's"
                        + " ('sink.create-mode' = 'ephemeral'), which replaces nobody's znodes. Delete it, or write to"
                        + " another 'path'.");
        assertThat(live()).containsExactly("a=mine");
    }

    @Test
    @Tag("nightly")
    void ephemeralZnodesOfOthersAreWaitedForButNotForEver() {
        try (ZooKeeperAdmin other = new ZooKeeperAdmin(ZK.directConnectString())) {
            other.createEphemeral(root + "/live/a", "mine");
            want("a", "1");
            want("b", "1");
            start();
            awaitLive("a=mine", "b=1");

            assertThat(RunningJobs.failure(job))
                    .isEqualTo("The znode '" + root + "/live/a' is an ephemeral one of the session 0x"
                            + Long.toHexString(owner("a")) + ", which is not this sink's and has outlived"
                            + " 'session-timeout' (4000 ms): another job or program holds it. Stop that, or write to"
                            + " another 'path'.");
            assertThat(zk.get(root + "/live/a")).isEqualTo("mine");
        }
    }

    /** Nobody is told when a task is killed, and so the server still has the session when the next one comes. */
    @Test
    void rowsEqualTheQueryWhateverBreaks() throws Exception {
        LOG.info("Seed {}", SEED);
        Random random = new Random(SEED);
        start(RunningJobs.sql(SharedMiniCluster.restarting("100 ms")));
        for (int round = 1; round <= ROUNDS; round++) {
            int fault = ZK.strike(random, () -> change(random));
            String what = "round %d, seed %d, fault %d".formatted(round, SEED, fault);
            Set<String> wanted = rows("wanted");
            Await.untilAsserted(
                    "rows are there", () -> assertThat(live()).as(what).isEqualTo(wanted));
            long owners = wanted.stream()
                    .map(row -> owner(row.substring(0, row.indexOf('='))))
                    .distinct()
                    .count();
            assertThat(owners).as(what + ", sessions").isLessThanOrEqualTo(1);
        }
        assertThat(RunningJobs.status(job)).isEqualTo(JobStatus.RUNNING);
    }

    private void change(Random random) {
        for (int i = 0; i < 10; i++) {
            String path = root + "/wanted/" + random.nextInt(20);
            if (!zk.exists(path)) {
                zk.create(path, String.valueOf(i));
            } else if (random.nextBoolean()) {
                zk.delete(path);
            } else {
                zk.set(path, String.valueOf(random.nextInt()));
            }
        }
    }

    private void want(String key, String value) {
        zk.create(root + "/wanted/" + key, value);
    }

    private Set<String> live() {
        return rows("live");
    }

    private Set<String> rows(String table) {
        Set<String> rows = new TreeSet<>();
        zk.tree(root + "/" + table)
                .forEach((path, data) -> rows.add(path.substring(path.lastIndexOf('/') + 1) + "=" + data));
        return rows;
    }

    private void awaitLive(String... rows) {
        Await.untilAsserted("rows are there", () -> assertThat(live()).containsExactly(rows));
    }

    private long owner(String key) {
        return zk.stat(root + "/live/" + key).getEphemeralOwner();
    }

    private void start() {
        start(RunningJobs.sql(SharedMiniCluster.restarting("100 ms", 2)));
    }

    private void start(StreamTableEnvironment sql) {
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "wanted",
                "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                root + "/wanted/{k}",
                "session-timeout=2 s",
                "retry-wait=100 ms");
        live(sql);
        job = jobs.submit(sql, "INSERT INTO live SELECT k, v FROM wanted");
    }

    private void live(StreamTableEnvironment sql) {
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "live",
                "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                root + "/live/{k}",
                "sink.create-mode=ephemeral",
                "session-timeout=4 s",
                "retry-wait=100 ms",
                "sink.commit-path=/epochs" + root);
    }
}
