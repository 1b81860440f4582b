// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.TableLayout;
import io.zkflink.row.ZNodeEncoder;
import io.zkflink.sink.batch.Guard;
import io.zkflink.sink.batch.RefusedRow;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.sink.transaction.WaitingRemovals;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import io.zkflink.testkit.ManualTask;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Supplier;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which row of a znode is the last one, whatever happened to those before it; how many may wait. */
class UpsertWriterTest {

    private static final SinkSettings.Batching BATCHING =
            new SinkSettings.Batching(500, 4, 10_000, 1 << 20, Duration.ofMillis(100));

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final Mailbox mailbox = new Mailbox();
    private final UpsertWriter<RowData> writer =
            writer(new SinkSettings.Batching(500, 4, 10_000, 1 << 20, Duration.ofMillis(100)));

    private UpsertWriter<RowData> writer(SinkSettings.Batching batching) {
        return writer(batching, mailbox, new NoTime());
    }

    private UpsertWriter<RowData> writer(
            SinkSettings.Batching batching, MailboxExecutor tasks, ProcessingTimeService time) {
        return writer(zk, batching, tasks, time);
    }

    private static UpsertWriter<RowData> writer(
            ZooKeeperClient client, SinkSettings.Batching batching, MailboxExecutor tasks, ProcessingTimeService time) {
        TableLayout layout = new TableLayout(
                PathTemplate.parse("/t/{k}", PathEncoding.NONE, name -> SegmentType.of(SegmentType.Kind.INT)),
                DataTypes.ROW(DataTypes.FIELD("k", DataTypes.INT())));
        return new UpsertWriter<>(
                client,
                new ZNodeEncoder(layout, null, List.of(), CreateMode.PERSISTENT, Duration.ZERO),
                new SinkSettings(new SinkSettings.Rows(ConflictPolicy.FAIL, false, false, Acl.OPEN), batching),
                new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1)),
                Guard.NONE,
                new UpsertWriter.WriterContext(
                        tasks, time, new SinkMetrics(UnregisteredMetricsGroup.createSinkWriterMetricGroup())));
    }

    private void write(RowKind kind, int key) throws Exception {
        writer.write(GenericRowData.ofKind(kind, key), null);
    }

    @Test
    void deletionThatHadToWaitDoesNotUndoALaterRow() throws Exception {
        zk.create("/t/1/foreign", "");
        write(RowKind.DELETE, 1);
        mailbox.drain();
        zk.delete("/t/1/foreign");
        write(RowKind.INSERT, 1);
        mailbox.drain();
        writer.flush(false);

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/1");
    }

    @Test
    void deletionUnderWayThatHasToWaitDoesNotUndoALaterRow() throws Exception {
        zk.create("/t/1/foreign", "");
        write(RowKind.DELETE, 1);
        write(RowKind.INSERT, 1);
        mailbox.drain();
        zk.delete("/t/1/foreign");
        writer.flush(false);

        assertThat(zk.tree("/t")).containsOnlyKeys("/t/1");
    }

    @Test
    void deletionOfWhatStillHasChildrenIsAnErrorAtTheNextCheckpoint() throws Exception {
        zk.create("/t/1/foreign", "");
        write(RowKind.DELETE, 1);
        mailbox.drain();
        writer.flush(false);
        assertThat(writer.snapshotState(1)).containsExactly(new WaitingRemovals(null, List.of("/t/1")));
        assertThatThrownBy(() -> writer.flush(false))
                .isInstanceOf(IOException.class)
                .hasMessage(RefusedRow.notEmpty("/t/1"));
    }

    @Test
    void deletionThatHadToWaitIsMadeAtTheCheckpoint() throws Exception {
        zk.create("/t/1/foreign", "");
        write(RowKind.DELETE, 1);
        mailbox.drain();
        zk.delete("/t/1/foreign");
        writer.flush(false);

        assertThat(zk.tree("/t")).isEmpty();
    }

    @Test
    void deletionThatWaitsIsTriedAgainWithoutCheckpoints() throws Exception {
        ManualTask task = new ManualTask();
        UpsertWriter<RowData> unchecked = writer(BATCHING, task, task);
        zk.create("/t/1/foreign", "");
        unchecked.write(GenericRowData.ofKind(RowKind.DELETE, 1), null);
        task.drain();
        zk.delete("/t/1/foreign");
        for (int second = 0; second < 9; second++) {
            task.advance(1_000);
            task.drain();
        }

        assertThat(zk.tree("/t")).isEmpty();
    }

    @Test
    void deletionThatWaitsForEverFailsTheTaskWithoutCheckpoints() throws Exception {
        ManualTask task = new ManualTask();
        UpsertWriter<RowData> unchecked = writer(BATCHING, task, task);
        zk.create("/t/1/foreign", "");
        unchecked.write(GenericRowData.ofKind(RowKind.DELETE, 1), null);
        task.drain();

        assertThatThrownBy(() -> {
                    for (int second = 0; second < 15; second++) {
                        task.advance(1_000);
                        task.drain();
                    }
                })
                .hasMessage(RefusedRow.notEmpty("/t/1"));
    }

    @Test
    void answerThatNeverComesFailsTheCheckpoint() throws Exception {
        ManualTask task = new ManualTask();
        UpsertWriter<RowData> waiting = writer(BATCHING, task, task);
        zk.holdReads();
        waiting.write(GenericRowData.of(1), null);

        assertThatThrownBy(() -> waiting.flush(false))
                .hasMessage("1 rows, first of them that of the znode '/t/1', could not be written within 10000 ms"
                        + " ('connection-timeout' x 'max-retry-attempts'): there was no answer of the server. Check the"
                        + " ensemble, or raise 'max-retry-attempts'.");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whateverIsThrownWhereAnswersAreHandledFailsTheCheckpoint(boolean isError) throws Exception {
        int step = 0;
        for (boolean thrown = true; thrown; step++) {
            zk.forget();
            zk.create("/t/1/foreign", "");
            zk.create("/t/3", "");
            Bursting client = new Bursting(zk, step, isError);
            ManualTask task = new ManualTask();
            UpsertWriter<RowData> bursting = writer(client, BATCHING, task, task);
            thrown = false;
            try {
                bursting.write(GenericRowData.of(2), null);
                bursting.write(GenericRowData.ofKind(RowKind.DELETE, 3), null);
                bursting.write(GenericRowData.ofKind(RowKind.DELETE, 1), null);
                bursting.flush(false);
            } catch (IOException | ManualTask.TaskFailure | Bursting.Burst | IllegalStateException e) {
                thrown = true;
                assertThat(e).as("step %d", step).hasStackTraceContaining("Thrown by the test.");
            }
        }
        assertThat(step).isGreaterThan(4);
    }

    /** Throws something that nobody foresees in one of its requests. */
    private static final class Bursting extends ForwardingClient {
        private final boolean isError;
        private int left;

        private static final class Burst extends LinkageError {
            private static final long serialVersionUID = 1L;

            Burst() {
                super("Thrown by the test.");
            }
        }

        Bursting(ZooKeeperClient client, int step, boolean isError) {
            super(client);
            this.left = step;
            this.isError = isError;
        }

        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            if (left-- != 0) {
                return request.get();
            }
            if (isError) {
                throw new Burst();
            }
            throw new IllegalStateException("Thrown by the test.");
        }
    }

    @Test
    void fewLargeRowsFillTheBufferToo() throws Exception {
        UpsertWriter<RowData> small = writer(new SinkSettings.Batching(500, 1, 10_000, 100, Duration.ofMillis(100)));
        for (int key = 0; key < 100; key++) {
            small.write(GenericRowData.of(key), null);
        }

        assertThat(zk.tree("/t")).hasSizeGreaterThan(90);
        small.flush(true);
        assertThat(zk.tree("/t")).hasSize(100);
    }

    /** Runs what was put into it when it is asked to. */
    private static final class Mailbox implements MailboxExecutor {
        private final ArrayDeque<ThrowingRunnable<? extends Exception>> mails = new ArrayDeque<>();

        @Override
        public void execute(
                MailOptions options,
                ThrowingRunnable<? extends Exception> command,
                String description,
                Object... arguments) {
            mails.add(command);
        }

        @Override
        public void yield() {
            assertThat(tryYield()).as("there is something to wait for").isTrue();
        }

        @Override
        public boolean tryYield() {
            ThrowingRunnable<? extends Exception> mail = mails.poll();
            if (mail == null) {
                return false;
            }
            try {
                mail.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return true;
        }

        @Override
        public boolean shouldInterrupt() {
            return false;
        }

        void drain() {
            while (tryYield()) {
                // until it is empty
            }
        }
    }

    /** Never comes to anything. */
    private static final class NoTime implements ProcessingTimeService {
        @Override
        public long getCurrentProcessingTime() {
            return 0;
        }

        @Override
        public ScheduledFuture<?> registerTimer(long timestamp, ProcessingTimeCallback target) {
            return null;
        }
    }
}
