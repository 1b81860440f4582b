// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.util.TestStreamEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * One Flink per test JVM, because starting it and its planner takes seconds.
 *
 * <p>Life cycle: started by whoever asks first, one TaskManager with {@link #SLOTS} slots, gone with this JVM.
 * Tests cancel the jobs that they start. Thread-safe, but tests that replace the TaskManager disturb everybody.
 */
public final class SharedMiniCluster {

    public static final int SLOTS = Integer.getInteger("zkflink.test.slots", 8);

    private static final Set<ExecutionState> UNDER_WAY = EnumSet.of(
            ExecutionState.CREATED, ExecutionState.SCHEDULED, ExecutionState.DEPLOYING, ExecutionState.INITIALIZING);
    private static final AtomicInteger TASK_MANAGERS_KILLED = new AtomicInteger();

    private SharedMiniCluster() {}

    /** For savepoints ({@code stopWithSavepoint}), job states and killing TaskManagers. */
    public static MiniCluster cluster() {
        return Holder.CLUSTER;
    }

    /** A streaming environment. */
    public static StreamTableEnvironment tableEnvironment(int parallelism) {
        return tableEnvironment(parallelism, new Configuration());
    }

    /** What a job needs to survive any number of failures. */
    public static Configuration restarting(String checkpointInterval) {
        return restarting(checkpointInterval, Integer.MAX_VALUE);
    }

    /**
     * What a job needs to survive failures. The loss of a TaskManager costs more than one restart: each that comes
     * before another one has registered fails for want of slots.
     */
    public static Configuration restarting(String checkpointInterval, int restarts) {
        Configuration configuration = new Configuration();
        configuration.setString("execution.checkpointing.interval", checkpointInterval);
        configuration.setString("restart-strategy.type", "fixed-delay");
        configuration.setString("restart-strategy.fixed-delay.attempts", String.valueOf(restarts));
        configuration.setString("restart-strategy.fixed-delay.delay", "10 ms");
        return configuration;
    }

    /** A batch environment. */
    public static StreamTableEnvironment batchTableEnvironment(int parallelism) {
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.BATCH);
        return tableEnvironment(parallelism, configuration);
    }

    /**
     * An environment with checkpointing, restart strategy, savepoint to start from, runtime mode and whatever else as
     * configured.
     */
    public static StreamTableEnvironment tableEnvironment(int parallelism, Configuration configuration) {
        return StreamTableEnvironment.create(
                environment(parallelism, configuration),
                EnvironmentSettings.newInstance()
                        .withConfiguration(configuration)
                        .build());
    }

    /** For the DataStream API. */
    public static StreamExecutionEnvironment environment(int parallelism, Configuration configuration) {
        TestStreamEnvironment environment = new TestStreamEnvironment(
                cluster(), new Configuration(configuration), parallelism, List.of(), List.of());
        environment.configure(configuration, Thread.currentThread().getContextClassLoader());
        environment.setParallelism(parallelism);
        return environment;
    }

    /** Waits until no task of a job is on its way to running. */
    public static void awaitDeployed(JobID job) {
        Await.until("all tasks are deployed", () -> {
            for (AccessExecutionVertex task :
                    cluster().getExecutionGraph(job).get().getAllExecutionVertices()) {
                if (UNDER_WAY.contains(task.getExecutionState())) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Waits until a job has ended and left its slots. */
    public static void awaitGone(JobID job) {
        Await.until("the job has ended", () -> cluster().getJobStatus(job).get().isGloballyTerminalState());
    }

    /** Kills the TaskManager as a crash would, and starts another; jobs restart if their strategy says so. */
    public static void replaceTaskManager() throws Exception {
        // Flink counts those that are gone, too.
        cluster().terminateTaskManager(TASK_MANAGERS_KILLED.getAndIncrement()).get();
        cluster().startTaskManager();
    }

    /** Starts Flink when it is first touched. */
    private static final class Holder {
        private static final MiniCluster CLUSTER = start();

        private static MiniCluster start() {
            Configuration configuration = new Configuration();
            configuration.set(RestOptions.BIND_PORT, "0");
            configuration.setString("metrics.reporter.test.factory.class", RecordingReporter.Factory.class.getName());
            MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                    .setConfiguration(configuration)
                    .setNumTaskManagers(1)
                    .setNumSlotsPerTaskManager(SLOTS)
                    .setRpcServiceSharing(RpcServiceSharing.DEDICATED)
                    .withRandomPorts()
                    .build());
            try {
                cluster.start();
            } catch (Exception e) {
                throw new IllegalStateException("Flink did not start", e);
            }
            return cluster;
        }
    }
}
