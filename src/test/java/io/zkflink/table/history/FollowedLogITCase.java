// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.LogSearch;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.WrittenFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that follow a log: restored, with another parallelism, and where transactions are missing. */
class FollowedLogITCase {

    @TempDir
    Path directory;

    @TempDir
    Path savepoints;

    private WrittenFolder folder;

    @BeforeEach
    void aFolder() {
        folder = new WrittenFolder(directory);
    }

    private String table(String... options) {
        return "CREATE TEMPORARY TABLE t (path STRING) WITH ('connector' = 'zookeeper-log', 'log.path' = '" + directory
                + "', 'log.poll-interval' = '10 ms'" + String.join("", options) + ")";
    }

    private static List<String> paths(long first, long last) {
        return LongStream.rangeClosed(first, last)
                .mapToObj(zxid -> "+[/n" + zxid + "]")
                .toList();
    }

    private ScanRun run(StreamTableEnvironment sql, String... options) {
        sql.executeSql(table(options));
        return ScanRun.all(sql, "SELECT path FROM t");
    }

    private static StreamTableEnvironment sql(int parallelism, String savepoint) {
        Configuration configuration = SharedMiniCluster.restarting("20 ms");
        if (savepoint != null) {
            configuration.setString("execution.state-recovery.path", savepoint);
        }
        return SharedMiniCluster.tableEnvironment(parallelism, configuration);
    }

    /** Operators behind the source do not keep the order with a parallelism above 1. */
    private static void await(ScanRun run, List<String> expected) {
        run.awaitRowsInAnyOrder(expected);
    }

    @Test
    void aRestoredJobGoesOnWhateverItsParallelism() throws Exception {
        folder.begin(1).creations(1, 20);
        String savepoint;
        try (ScanRun run = run(sql(2, null))) {
            await(run, paths(1, 20));
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        folder.creations(21, 25).begin(26).creations(26, 30);
        try (ScanRun run = run(sql(4, savepoint))) {
            await(run, paths(21, 30));
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        folder.creations(31, 33);
        try (ScanRun run = run(sql(2, savepoint))) {
            await(run, paths(31, 33));
        }
    }

    /** The state has no row and no transaction, only where the job began. */
    @Test
    void aJobThatBeganOnAnEmptyLogMissesNothing() throws Exception {
        String savepoint;
        try (ScanRun run = run(sql(2, null), ", 'scan.startup.mode' = 'latest-offset'")) {
            Await.until("the job runs", run::isRunning);
            savepoint = run.stopWithSavepoint(savepoints.toString());
        }
        folder.begin(1).creations(1, 5);
        try (ScanRun run = run(sql(2, savepoint), ", 'scan.startup.mode' = 'latest-offset'")) {
            await(run, paths(1, 5));
        }
    }

    @Test
    void aFailoverTellsEachRowOnce() throws Exception {
        folder.begin(1).creations(1, 5);
        try (ScanRun run = run(sql(2, null))) {
            await(run, paths(1, 5));
            SharedMiniCluster.replaceTaskManager();
            folder.creations(6, 8).begin(9).creations(9, 12);
            await(run, paths(1, 12));
        }
    }

    @Test
    void missingTransactionsFailTheJob() throws Exception {
        folder.begin(1).creations(1, 3);
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        try (ScanRun run = run(sql)) {
            await(run, paths(1, 3));
            folder.begin(7).creations(7, 8);
            assertThat(run.awaitFailure())
                    .hasStackTraceContaining("Transactions are missing between 0x3 and 0x7")
                    .hasStackTraceContaining("log.1' ends before them")
                    .hasStackTraceContaining("'log.on-gap' = 'skip'");
        }
    }

    @Test
    void missingTransactionsAreCountedAndLoggedWhenTheyAreSkipped() throws Exception {
        folder.begin(1).creations(1, 3);
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        try (LogSearch log = new LogSearch(message -> message.contains("Transactions are missing between"));
                ScanRun run = run(sql, ", 'log.on-gap' = 'skip'")) {
            await(run, paths(1, 3));
            String job = run.job().toString();
            assertThat(RecordingReporter.value(job, "logGaps")).isZero();
            folder.begin(7).creations(7, 8).creations(11, 11);
            List<String> expected = new ArrayList<>(paths(1, 3));
            expected.addAll(paths(7, 8));
            expected.addAll(paths(11, 11));
            await(run, expected);
            assertThat(RecordingReporter.value(job, "logGaps")).isEqualTo(2);
            assertThat(log.found()).hasSize(2).allMatch(message -> message.contains("'log.on-gap' = 'skip'"));
        }
    }
}
