// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.CreateMode;
import io.zkflink.sink.ZNodeUpdate;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.sink.ZooKeeperSinkBuilder;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.operators.coordination.TaskNotRunningException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;

/** Sources and sinks that are built without SQL. Each test has a chroot of its own. */
class DataStreamITCase {

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final StreamExecutionEnvironment env = SharedMiniCluster.environment(2, new Configuration());

    DataStreamITCase() {
        zk.create(root);
    }

    private ZooKeeperSourceBuilder<String> source() {
        return ZooKeeperSource.builder()
                .setConnectString(SharedZooKeeper.connectString() + root)
                .setPath("/tree/{*rest}")
                .setDeserializer(new Text());
    }

    private CloseableIterator<String> collect(ZooKeeperSource<String> source) throws Exception {
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), "changes")
                .executeAndCollect();
    }

    /** Changes as text; "hidden" data is no record. */
    private static final class Text implements ZNodeDeserializationSchema<String> {

        private static final long serialVersionUID = 1L;

        @Override
        public String deserialize(ZNodeChange change) {
            String data = new String(change.data(), UTF_8);
            return data.equals("hidden")
                    ? null
                    : change.type() + " " + change.path() + " " + data + " "
                            + change.stat().version();
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return Types.STRING;
        }
    }

    private static List<String> next(int count, CloseableIterator<String> lines) {
        List<String> read = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            read.add(lines.next());
        }
        return read;
    }

    @Test
    void aSourceTellsAllThatHappens() throws Exception {
        zk.create(root + "/tree/a", "1");
        zk.create(root + "/tree/a/b", "2");
        try (CloseableIterator<String> lines = collect(source().build())) {
            assertThat(next(2, lines)).containsExactlyInAnyOrder("CREATED /tree/a 1 0", "CREATED /tree/a/b 2 0");
            zk.set(root + "/tree/a", "3");
            assertThat(lines.next()).isEqualTo("CHANGED /tree/a 3 1");
            zk.set(root + "/tree/a", "hidden");
            assertThat(lines.next()).isEqualTo("DELETED /tree/a  0");
            zk.set(root + "/tree/a", "4");
            assertThat(lines.next()).isEqualTo("CREATED /tree/a 4 3");
            zk.delete(root + "/tree/a/b");
            assertThat(lines.next()).isEqualTo("DELETED /tree/a/b  0");
        }
    }

    @Test
    void aSourceOfASnapshotEnds() throws Exception {
        zk.create(root + "/tree/a", "1");
        zk.create(root + "/tree/b", "hidden");
        List<String> all = new ArrayList<>();
        try (CloseableIterator<String> lines = collect(
                source().setBoundedMode(BoundedMode.SNAPSHOT).setParallelism(1).build())) {
            lines.forEachRemaining(all::add);
        }
        assertThat(all).containsExactly("CREATED /tree/a 1 0");
    }

    @Test
    void aSourceTellsOnlyWhatIsNew() throws Exception {
        zk.create(root + "/tree/a", "1");
        try (CloseableIterator<String> lines =
                collect(source().setStartupMode(StartupMode.LATEST_OFFSET).build())) {
            // Whoever does not know when the job has read the tree writes until it is heard.
            AtomicBoolean heard = new AtomicBoolean();
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                while (!heard.get()) {
                    zk.set(root + "/tree/a", "new");
                }
            });
            assertThat(lines.next()).startsWith("CHANGED /tree/a new ");
            heard.set(true);
            Await.result(writer);
        }
    }

    @Test
    void aSourceOfKeysTellsWhoComesAndGoes() throws Exception {
        zk.create(root + "/tree/a", "1");
        try (CloseableIterator<String> lines = collect(source().setKeysOnly().build())) {
            assertThat(lines.next()).isEqualTo("CREATED /tree/a  0");
            zk.set(root + "/tree/a", "2");
            zk.create(root + "/tree/b", "3");
            assertThat(lines.next()).isEqualTo("CREATED /tree/b  0");
            zk.delete(root + "/tree/a");
            assertThat(lines.next()).isEqualTo("DELETED /tree/a  0");
        }
    }

    /** A window is over when the watermark has passed it. */
    @Test
    void aSourceTellsHowFarTimeHasComeThoughNothingChanges() throws Exception {
        zk.create(root + "/tree/a", "1");
        ZooKeeperSource<String> source = source().setSourceWatermarks()
                .setWatermarkAdvanceInterval(Duration.ofMillis(100))
                .build();
        try (CloseableIterator<String> windows = env.fromSource(source, WatermarkStrategy.noWatermarks(), "changes")
                .windowAll(TumblingEventTimeWindows.of(Duration.ofMillis(10)))
                .reduce((one, other) -> one + other)
                .executeAndCollect()) {
            assertThat(windows.next()).isEqualTo("CREATED /tree/a 1 0");
        }
    }

    private ZooKeeperSinkBuilder<Integer> sink() {
        return ZooKeeperSink.builder(
                        (Integer version) -> ZNodeUpdate.put("/cas", new byte[] {'x', (byte) ('0' + version)})
                                .ifVersion(version))
                .setConnectString(SharedZooKeeper.connectString() + root);
    }

    @Test
    void aSinkComparesAndSets() throws Exception {
        StreamExecutionEnvironment one = SharedMiniCluster.environment(1, new Configuration());
        zk.create(root + "/cas", "0");
        one.fromData(0, 1, 7, 2).sinkTo(sink().setConflict(ConflictPolicy.SKIP).build());
        one.execute();
        assertThat(zk.get(root + "/cas")).isEqualTo("x2");
        assertThat(zk.stat(root + "/cas").getVersion()).isEqualTo(3);

        Throwable failure;
        do {
            one.fromData(7).sinkTo(sink().build());
            failure = Await.failure(one.executeAsync().getJobExecutionResult());
            // A task that fails before its source has been told that there is nothing more to read is sometimes told of
            // as
            // that.
        } while (ExceptionUtils.findThrowable(failure, TaskNotRunningException.class)
                .isPresent());
        assertThat(failure).rootCause().hasMessageContaining("/cas").hasMessageContaining("version 3");
    }

    @Test
    void aSinkWithALockHasOneWriter() throws Exception {
        env.fromData("/put/a", "/put/b")
                .sinkTo(ZooKeeperSink.builder((String path) -> ZNodeUpdate.put(path, null))
                        .setConnectString(SharedZooKeeper.connectString() + root)
                        .setGuardLock("/lock")
                        .build());
        JobClient job = env.executeAsync();
        assertThat(Await.failure(job.getJobExecutionResult()))
                .rootCause()
                .hasMessage(
                        "Only one writer can hold the lock '/lock' ('sink.guard.lock'), and Flink has started 2. Call"
                                + " 'sinkTo(sink).setParallelism(1).setMaxParallelism(1).disableChaining()'.");
    }

    @Test
    void aSinkPutsAppendsRemovesAndLeavesOut() throws Exception {
        zk.create(root + "/gone", "");
        env.fromData("/put/a", "/gone", "/queue/q-", "nothing")
                .sinkTo(ZooKeeperSink.builder((String path) -> switch (path) {
                            case "/gone" -> ZNodeUpdate.remove(path);
                            case "/queue/q-" -> ZNodeUpdate.put(path, null).as(CreateMode.PERSISTENT_SEQUENTIAL);
                            case "nothing" -> null;
                            default -> ZNodeUpdate.put(path, path.getBytes(UTF_8));
                        })
                        .setConnectString(SharedZooKeeper.connectString() + root)
                        .build());
        env.execute();
        assertThat(zk.get(root + "/put/a")).isEqualTo("/put/a");
        assertThat(zk.exists(root + "/gone")).isFalse();
        assertThat(zk.children(root + "/queue")).containsExactly("q-0000000000");
    }
}
