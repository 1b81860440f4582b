// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.SessionPool;
import io.zkflink.metrics.SinkMetrics;
import io.zkflink.row.ZNodeEncoder;
import java.io.IOException;
import java.util.List;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;

/** Writes rows to znodes at least once. */
public final class ZooKeeperSink implements Sink<RowData> {

    private static final long serialVersionUID = 1L;

    private final ConnectionSettings connection;
    private final ZNodeEncoder encoder;
    private final SinkSettings settings;

    public ZooKeeperSink(ConnectionSettings connection, ZNodeEncoder encoder, SinkSettings settings) {
        this.connection = connection;
        this.encoder = encoder;
        this.settings = settings;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
        open(encoder, context);
        return new UpsertWriter(
                SessionPool.open(connection),
                encoder,
                settings,
                Patience.of(connection),
                List::of,
                new UpsertWriter.Surroundings(
                        context.getMailboxExecutor(),
                        context.getProcessingTimeService(),
                        new SinkMetrics(context.metricGroup())));
    }

    static void open(ZNodeEncoder encoder, WriterInitContext context) throws IOException {
        try {
            encoder.open(context.asSerializationSchemaInitializationContext());
        } catch (Exception e) {
            throw new IOException("The 'format' of the table could not be opened: " + e.getMessage(), e);
        }
    }
}
