// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The jobs that a test has started, which are cancelled when it has ended. */
public final class RunningJobs implements AfterEachCallback {

    private final List<JobClient> jobs = new ArrayList<>();

    /** A session of one writer, in which a query need not say what happens to rows of equal keys. */
    public static StreamTableEnvironment sql(Configuration configuration) {
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1, configuration);
        sql.getConfig().set("table.exec.sink.require-on-conflict", "false");
        return sql;
    }

    public JobClient submit(StreamTableEnvironment sql, String insert) {
        return add(sql.executeSql(insert).getJobClient().orElseThrow());
    }

    public JobClient add(JobClient job) {
        jobs.add(job);
        return job;
    }

    public static JobStatus status(JobClient job) {
        return Await.result(job.getJobStatus());
    }

    /** What a job that fails tells a user. */
    public static String failure(JobClient job) {
        for (Throwable cause = Await.failure(job.getJobExecutionResult()); cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return cause.getMessage();
            }
        }
        throw new AssertionError("no cause");
    }

    @Override
    public void afterEach(ExtensionContext test) {
        for (JobClient job : jobs) {
            if (!status(job).isGloballyTerminalState()) {
                Await.result(job.cancel());
            }
        }
        jobs.clear();
    }
}
