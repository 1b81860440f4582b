// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.functions.ScalarFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows in = znodes out: rows append, so that each one made twice or not at all is seen. */
class ExactlyOnceITCase {

    private static final Logger LOG = LoggerFactory.getLogger(ExactlyOnceITCase.class);
    private static final int ROWS = Integer.getInteger("exactlyonce.rows", 2_000);
    private static final long SEED = Long.getLong("exactlyonce.seed", System.nanoTime());

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @TempDir
    static Path directory;

    private final ZooKeeperAdmin zk = ZK.admin();
    private final List<JobClient> started = new ArrayList<>();

    @AfterEach
    void clean() {
        Shaky.everyNth = 0;
        ZK.reset();
        started.forEach(ExactlyOnceITCase::cancel);
        zk.deleteTree("/queue");
    }

    /** Passes its argument on, or fails the task once in a while. */
    public static final class Shaky extends ScalarFunction {
        private static volatile int everyNth;

        public Integer eval(Integer value) {
            int n = everyNth;
            if (n > 0 && ThreadLocalRandom.current().nextInt(n) == 0) {
                throw new IllegalStateException("Shaken by the test.");
            }
            return value;
        }
    }

    private static StreamTableEnvironment environment(int parallelism, String savepoint) {
        Configuration configuration = SharedMiniCluster.restarting("50 ms");
        configuration.setString("state.savepoints.dir", directory.toUri().toString());
        // The generator of numbers runs on a thread of its own: a checkpoint may be taken between the failure of a
        // function
        // that is chained to it and the end of the task, and then has a number behind it that nobody was given.
        configuration.setString("pipeline.operator-chaining.enabled", "false");
        if (savepoint != null) {
            configuration.setString("execution.state-recovery.path", savepoint);
        }
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(parallelism, configuration);
        sql.createTemporarySystemFunction("shaky", Shaky.class);
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "queue",
                "k STRING, v INT",
                "/queue/{k}",
                "format=csv",
                "session-timeout=2 s",
                "retry-wait=100 ms",
                "sink.create-mode=persistent-sequential",
                "sink.delivery-guarantee=exactly-once",
                "sink.transactional-id-prefix=test",
                // Several transactions a checkpoint.
                "sink.flush-buffer.size=4 kb");
        return sql;
    }

    private JobClient start(StreamTableEnvironment sql, int rows, int perSecond) {
        sql.executeSql("CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                + " 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '" + (rows - 1) + "', 'rows-per-second' = '"
                + perSecond + "')");
        JobClient job = sql.executeSql("INSERT INTO queue SELECT 'n-', shaky(i) FROM numbers")
                .getJobClient()
                .orElseThrow();
        started.add(job);
        return job;
    }

    private List<Integer> queue() {
        return zk.tree("/queue").values().stream()
                .map(Integer::valueOf)
                .sorted()
                .toList();
    }

    @Test
    void rowsInAreZNodesOutWhateverFails() throws Exception {
        LOG.info("Seed {}, {} rows", SEED, ROWS);
        Random random = new Random(SEED);
        Shaky.everyNth = ROWS / 8;
        JobClient job = start(environment(2, null), ROWS, ROWS / 8);
        try {
            while (!Await.result(job.getJobStatus()).isTerminalState()) {
                switch (random.nextInt(6)) {
                    case 0 -> ZK.whileCut(() -> pause(random));
                    case 1 -> ZK.whileBlackholed(() -> pause(random));
                    case 2 -> {
                        ZK.process().kill();
                        ZK.process().restart();
                    }
                    default -> pause(random);
                }
                if (zk.tree("/queue").size() > ROWS * 3 / 4) {
                    Shaky.everyNth = 0;
                }
            }
        } finally {
            Shaky.everyNth = 0;
        }

        assertThat(Await.result(job.getJobStatus())).isEqualTo(JobStatus.FINISHED);
        List<Integer> all = queue();
        assertThat(IntStream.range(0, ROWS).filter(i -> !all.contains(i)))
                .as("missing, seed %d", SEED)
                .isEmpty();
        assertThat(IntStream.range(0, ROWS).filter(i -> all.indexOf(i) != all.lastIndexOf(i)))
                .as("twice, seed %d", SEED)
                .isEmpty();
    }

    /** Nobody waits for this: how long a fault lasts, and when the next one comes, is what is tried at random. */
    private static void pause(Random random) {
        try {
            Thread.sleep(random.nextInt(400));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Test
    void rescaledJobGoesOnWhereItWas() {
        // So many that no job is at its end before it is stopped.
        int rows = 5_000;
        JobClient job = start(environment(1, null), rows, 200);
        Await.until(
                "some rows are there",
                () -> zk.exists("/queue") && zk.tree("/queue").size() > 50);
        String savepoint = stop(job);
        int before = zk.tree("/queue").size();
        job = start(environment(3, savepoint), rows, 400);
        Await.until("more rows are there", () -> zk.tree("/queue").size() > before + 200);
        savepoint = stop(job);
        job = start(environment(2, savepoint), rows, 100_000);
        Await.result(job.getJobExecutionResult());

        assertThat(queue()).isEqualTo(IntStream.range(0, rows).boxed().toList());
    }

    /** What was committed after the savepoint is made again, since it is read again; what was before is not. */
    @Test
    void olderSavepointRepeatsOnlyWhatCameAfterIt() {
        JobClient job = start(environment(1, null), 100_000, 200);
        Await.until(
                "some rows are there",
                () -> zk.exists("/queue") && zk.tree("/queue").size() > 50);
        SharedMiniCluster.awaitDeployed(job.getJobID());
        String savepoint =
                Await.result(job.triggerSavepoint(directory.toUri().toString(), SavepointFormatType.CANONICAL));
        int before = zk.tree("/queue").size();
        Await.until("rows were committed since", () -> zk.tree("/queue").size() > before + 50);
        cancel(job);
        int newest = queue().get(queue().size() - 1);

        JobClient again = start(environment(1, savepoint), 100_000, 400);
        Await.until("it has got beyond", () -> queue().contains(newest + 50));
        cancel(again);

        List<Integer> all = queue();
        int end = all.get(all.size() - 1);
        assertThat(all).containsAll(IntStream.rangeClosed(0, end).boxed().toList());
        List<Integer> twice = IntStream.rangeClosed(0, end)
                .filter(i -> all.indexOf(i) != all.lastIndexOf(i))
                .boxed()
                .toList();
        assertThat(twice).isNotEmpty().allMatch(i -> i <= newest);
        int first = twice.get(0);
        assertThat(twice)
                .as("one piece")
                .isEqualTo(IntStream.rangeClosed(first, newest).boxed().toList());
        assertThat(first).as("only what came after the savepoint").isGreaterThanOrEqualTo(before);
        assertThat(all.stream().filter(i -> i.equals(first)).count()).isEqualTo(2);
    }

    private static void cancel(JobClient job) {
        if (!Await.result(job.getJobStatus()).isTerminalState()) {
            Await.result(job.cancel());
            Await.until(
                    "the job has ended", () -> Await.result(job.getJobStatus()).isTerminalState());
        }
    }

    private static String stop(JobClient job) {
        SharedMiniCluster.awaitDeployed(job.getJobID());
        String savepoint =
                Await.result(job.stopWithSavepoint(false, directory.toUri().toString(), SavepointFormatType.CANONICAL));
        Await.until("the job has ended", () -> Await.result(job.getJobStatus()).isTerminalState());
        return savepoint;
    }
}
