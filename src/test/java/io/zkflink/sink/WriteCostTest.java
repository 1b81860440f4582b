// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.TableLayout;
import io.zkflink.row.ZNodeEncoder;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.row.payload.PayloadEncoder;
import io.zkflink.sink.batch.Guard;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.Allocated;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ForwardingClient;
import io.zkflink.testkit.ManualTask;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.Test;

/**
 * What a row costs on its way from the query to the client, in bytes that are allocated for it, its path and a copy of
 * its data among them. The bound is a fifth above what was seen.
 */
class WriteCostTest {

    private static final int ROWS = 20_000;
    private static final int DATA_BYTES = 100;

    private final ManualTask task = new ManualTask(() -> false);

    @Test
    void rowsAllocateLittle() throws Exception {
        UpsertWriter<RowData> writer = writer();
        // The znodes are known the second time, and the classes loaded.
        writeAll(writer);

        long perRow = Allocated.bytesPerRow(ROWS, () -> writeAll(writer));

        assertThat(perRow).as("bytes per row").isBetween((long) DATA_BYTES, 820L);
    }

    private void writeAll(UpsertWriter<RowData> writer) throws Exception {
        GenericRowData row = new GenericRowData(2);
        row.setField(1, StringData.fromString("x".repeat(DATA_BYTES)));
        for (int i = 0; i < ROWS; i++) {
            row.setField(0, i);
            writer.write(row, null);
            if (i % 1_000 == 0) {
                task.drain();
            }
        }
        writer.flush(false);
    }

    private UpsertWriter<RowData> writer() throws Exception {
        TableLayout layout = new TableLayout(
                PathTemplate.parse("/existing/{k}", PathEncoding.NONE, name -> SegmentType.of(SegmentType.Kind.INT)),
                DataTypes.ROW(DataTypes.FIELD("k", DataTypes.INT()), DataTypes.FIELD("v", DataTypes.STRING())));
        PayloadEncoder payload = new PayloadEncoder(new Text(), PayloadCompression.NONE);
        ZNodeEncoder encoder = new ZNodeEncoder(layout, payload, List.of(), CreateMode.PERSISTENT, Duration.ZERO);
        encoder.open(null);
        return new UpsertWriter<>(
                new AtOnce(),
                encoder,
                new SinkSettings(
                        new SinkSettings.Rows(ConflictPolicy.FAIL, false, false, Acl.OPEN),
                        new SinkSettings.Batching(500, 4, 10_000, 1 << 20, Duration.ofMillis(100))),
                new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1)),
                Guard.NONE,
                new UpsertWriter.WriterContext(
                        task, task, new SinkMetrics(UnregisteredMetricsGroup.createSinkWriterMetricGroup())));
    }

    /** A format that gives the bytes of the string that it finds. */
    private static final class Text implements SerializationSchema<RowData> {
        private static final long serialVersionUID = 1L;

        @Override
        public byte[] serialize(RowData row) {
            return row.getString(0).toBytes();
        }
    }

    /** Makes all writes at once. */
    private static final class AtOnce extends ForwardingClient {
        AtOnce() {
            super(new FakeZooKeeper());
        }

        @Override
        protected <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request) {
            return request.get();
        }

        @Override
        public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
            return CompletableFuture.completedFuture(new WriteResult(Optional.empty(), List.of()));
        }
    }
}
