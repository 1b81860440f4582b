// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZooKeeperSource;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.util.TestStreamEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The adaptive scheduler changes the parallelism of a running job; how many readers share the tree stays as it was set.
 */
@Tag("nightly")
class RescaledScanITCase {

    /** Who has told of which znode. */
    private record Told(int subtask, String path, String data) {}

    private static final Queue<Told> TOLD = new ConcurrentLinkedQueue<>();

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();

    @Test
    void aScanHasAsManyReadersAsItWasSetWhateverItsJobHas() throws Exception {
        for (int i = 0; i < 40; i++) {
            zk.create(root + "/" + i, "0");
        }
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.BIND_PORT, "0");
        Map.of(
                        "jobmanager.scheduler", "adaptive",
                        "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", "0 s",
                        "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout", "0 s",
                        "jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout", "0 s",
                        "execution.checkpointing.interval", "100 ms")
                .forEach(configuration::setString);
        MiniClusterConfiguration cluster = new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(4)
                .withRandomPorts()
                .build();
        try (MiniCluster flink = new MiniCluster(cluster)) {
            flink.start();
            FlinkRest rest = new FlinkRest(flink.getRestAddress().get().toString());
            StreamExecutionEnvironment env =
                    new TestStreamEnvironment(flink, new Configuration(configuration), 2, List.of(), List.of());
            env.configure(configuration, getClass().getClassLoader());
            env.setParallelism(2);
            env.fromSource(source(), WatermarkStrategy.noWatermarks(), "znodes")
                    .map(new Tell())
                    .sinkTo(new DiscardingSink<>());
            String job = env.executeAsync().getJobID().toHexString();
            awaitAll("0", 2);
            rest.rescale(job, 4);
            changeAll("1");
            awaitAll("1", 2);
            rest.rescale(job, 1);
            changeAll("2");
            awaitAll("2", 1);
            rest.rescale(job, 3);
            changeAll("3");
            awaitAll("3", 2);
            rest.cancel(job);
        }
    }

    private ZooKeeperSource<ZNodeChange> source() {
        return ZooKeeperSource.builder()
                .setConnectString(SharedZooKeeper.connectString())
                .setPath(root + "/{k}")
                .setParallelism(2)
                .build();
    }

    private void changeAll(String data) {
        for (int i = 0; i < 40; i++) {
            zk.set(root + "/" + i, data);
        }
    }

    private static void awaitAll(String data, int readers) {
        Await.untilAsserted("all is told by those who may", () -> {
            Map<String, Integer> tellers = new TreeMap<>();
            TOLD.stream().filter(told -> told.data.equals(data)).forEach(told -> tellers.put(told.path, told.subtask));
            assertThat(tellers).hasSize(40);
            assertThat(tellers.values().stream().distinct()).hasSize(readers);
        });
    }

    private static final class Tell extends RichMapFunction<ZNodeChange, Integer> {
        @Override
        public Integer map(ZNodeChange change) {
            int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
            TOLD.add(new Told(subtask, change.path(), new String(change.data(), UTF_8)));
            return subtask;
        }
    }
}
