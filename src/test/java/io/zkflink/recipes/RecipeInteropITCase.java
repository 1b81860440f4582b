// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.OtherProgram;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows and programs that know nothing of Flink, in processes of their own, wait for each other, whoever comes first;
 * and a program that dies is waited for no longer than its session lives.
 */
class RecipeInteropITCase {

    @TempDir
    private Path directory;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private JobClient job;

    @BeforeEach
    void createRoot() {
        zk.create(root + "/wanted/a", "");
    }

    @AfterEach
    void cancel() {
        if (job != null) {
            if (!Await.result(job.getJobStatus()).isGloballyTerminalState()) {
                Await.result(job.cancel());
            }
            SharedMiniCluster.awaitGone(job.getJobID());
        }
    }

    @Test
    void curatorsMutex() {
        try (OtherProgram curator = OtherProgram.curator(SharedZooKeeper.connectString(), directory)) {
            takeTurns(curator, "lock", "HELD", "WAITING");
        }
    }

    @Test
    void curatorsLatch() {
        try (OtherProgram curator = OtherProgram.curator(SharedZooKeeper.connectString(), directory)) {
            takeTurns(curator, "election", "LEADER", "CANDIDATE");
        }
    }

    @Test
    void kazoosLock() {
        try (OtherProgram kazoo = kazoo()) {
            takeTurns(kazoo, "lock", "HELD", "WAITING", "lock.dialect=kazoo");
        }
    }

    /** Nobody is shown to hold what he does not, and a row does not queue among readers. */
    @Test
    void kazoosReadAndWriteLocksAndSemaphores() {
        try (OtherProgram reader = kazoo();
                OtherProgram writer = kazoo()) {
            reader.tell("in read-lock " + root + "/locks/a reader");
            assertThat(reader.answer()).isEqualTo("in");
            writer.tell("in write-lock " + root + "/locks/a writer");
            want("x");
            try (ScanRun locks = start("lock", "lock.dialect=kazoo")) {
                locks.awaitTable("[reader, HELD]", "[writer, WAITING]");
                assertThat(Await.failure(job.getJobExecutionResult()))
                        .rootCause()
                        .message()
                        .matches("The lock '" + root + "/locks/a' has the contender '[0-9a-f]{32}__rlock__0000000000',"
                                + " which kazoo's ReadLock made: it and a contender of 'lock.dialect' = 'kazoo' would not"
                                + " see who of them is first, and both might hold the lock. Use another 'path'; if nobody"
                                + " uses that node any more, delete it.");
                reader.tell("out");
                assertThat(reader.answer()).isEqualTo("out");
                assertThat(writer.answer()).isEqualTo("in");
                locks.awaitTable("[writer, HELD]");
                reader.tell("in semaphore " + root + "/locks/b lease");
                assertThat(reader.answer()).isEqualTo("in");
                locks.awaitTable("[writer, HELD]", "[lease, HELD]");
            }
        }
    }

    private OtherProgram kazoo() {
        return OtherProgram.kazoo(SharedZooKeeper.connectString(), directory)
                .orElseGet(() -> abort("kazoo cannot be installed here; the log says why"));
    }

    private void takeTurns(OtherProgram other, String recipe, String first, String next, String... options) {
        String enter = "in " + recipe + " " + root + "/locks/a other";
        try (ScanRun locks = start(recipe, options)) {
            other.tell(enter);
            assertThat(other.answer()).isEqualTo("in");
            want("x");
            locks.awaitTable("[other, " + first + "]", "[x, " + next + "]");
            other.tell("out");
            assertThat(other.answer()).isEqualTo("out");
            locks.awaitTable("[x, " + first + "]");

            other.tell(enter);
            locks.awaitTable("[x, " + first + "]", "[other, " + next + "]");
            assertThat(other.hasAnswered()).isFalse();
            unwant("x");
            assertThat(other.answer()).isEqualTo("in");
            want("y");
            locks.awaitTable("[other, " + first + "]", "[y, " + next + "]");

            other.close();
            locks.awaitTable("[y, " + first + "]");
        }
    }

    /** Curator's members have the address of their host for data. */
    @Test
    void curatorsDoubleBarrier() {
        String enter = "in barrier " + root + "/locks/a other";
        try (OtherProgram curator = OtherProgram.curator(SharedZooKeeper.connectString(), directory);
                ScanRun members = start("barrier", "barrier.members=2")) {
            curator.tell(enter);
            members.awaitTable("[127.0.0.1, WAITING]");
            assertThat(curator.hasAnswered()).isFalse();
            want("x");
            assertThat(curator.answer()).isEqualTo("in");
            members.awaitTable("[127.0.0.1, READY]", "[x, READY]");
            curator.tell("out");
            unwant("x");
            assertThat(curator.answer()).isEqualTo("out");
            members.awaitTable();

            want("y");
            members.awaitTable("[y, WAITING]");
            curator.tell(enter);
            assertThat(curator.answer()).isEqualTo("in");
            members.awaitTable("[127.0.0.1, READY]", "[y, READY]");
            curator.close();
            members.awaitTable("[y, READY]");
            unwant("y");
            Await.until("the barrier is closed", () -> !zk.exists(root + "/locks/a/ready"));
        }
    }

    /** Starts a job that wants what {@code wanted} says, and another that tells who there is. */
    private ScanRun start(String recipe, String... options) {
        sql.getConfig().set("table.exec.sink.require-on-conflict", "false");
        String[] all = Arrays.copyOf(options, options.length + 2);
        all[options.length] = "recipe=" + recipe;
        all[options.length + 1] = "sink.commit-path=" + root + "/epochs";
        NodeTables.create(
                sql,
                "wanted",
                "resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED",
                root + "/wanted/{resource}/{owner}");
        NodeTables.create(
                sql,
                "locks",
                "resource STRING, owner STRING, `state` STRING METADATA VIRTUAL,"
                        + " PRIMARY KEY (resource, owner) NOT ENFORCED",
                root + "/locks/{resource}",
                all);
        job = sql.executeSql("INSERT INTO locks (resource, owner) SELECT resource, owner FROM wanted")
                .getJobClient()
                .orElseThrow();
        return ScanRun.all(sql, "SELECT owner, `state` FROM locks");
    }

    private void want(String owner) {
        zk.create(root + "/wanted/a/" + owner, "");
    }

    private void unwant(String owner) {
        zk.delete(root + "/wanted/a/" + owner);
    }
}
