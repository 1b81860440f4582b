// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.AtLeastOncePropertiesTest;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.Allocated;
import io.zkflink.testkit.FakeZooKeeper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

/**
 * What a row costs that is written exactly once: gathered, put into a transaction, its bytes for the checkpoint, and
 * committed, in bytes that are allocated for it, the fake server's among them. The bound is a fifth above what was seen.
 */
class TransactionCostTest {

    private static final int ROWS = 20_000;
    private static final byte[] DATA = new byte[100];

    private final SinkSettings settings = new SinkSettings(
            new SinkSettings.Rows(ConflictPolicy.FAIL, false, false, Acl.OPEN),
            new SinkSettings.Batching(500, 4, 10_000, 1 << 20, Duration.ofMillis(100)));

    @Test
    void rowsAllocateLittle() throws Exception {
        FakeZooKeeper zk = new FakeZooKeeper();
        TransactionalWriter<RowWrite> writer = new TransactionalWriter<>(
                new AtLeastOncePropertiesTest.Rows(),
                TransactionCommitterTest.DELIVERY,
                settings,
                new SinkMetrics(UnregisteredMetricsGroup.createSinkWriterMetricGroup()));
        try (TransactionCommitter committer = new TransactionCommitter(
                zk,
                TransactionCommitterTest.DELIVERY,
                settings,
                new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(1)),
                new SinkMetrics(new UnregisteredMetricsGroup()))) {
            // The znodes are there the second time, and the classes loaded.
            writeAll(writer, committer);

            long perRow = Allocated.bytesPerRow(ROWS, () -> writeAll(writer, committer));

            assertThat(perRow).as("bytes per row").isBetween((long) DATA.length, 2_650L);
        }
    }

    private static void writeAll(TransactionalWriter<RowWrite> writer, TransactionCommitter committer)
            throws Exception {
        for (int i = 0; i < ROWS; i++) {
            writer.write(new RowWrite.Put("/r/" + i, DATA, true, null, CreateMode.PERSISTENT, 0), null);
        }
        List<CommitRequest<Transaction>> requests = new ArrayList<>();
        TransactionSerializer serializer = TransactionSerializer.INSTANCE;
        for (Transaction transaction : writer.prepareCommit()) {
            assertThat(serializer.serialize(transaction)).isNotEmpty();
            requests.add(new TransactionCommitterTest.Request(transaction));
        }
        committer.commit(requests);
    }
}
