// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrors;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.TableLayout;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.source.ScanMode;
import io.zkflink.source.ScanSettings;
import io.zkflink.source.ZooKeeperSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsLimitPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsSourceWatermark;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.DataType;

/** A subtree as the planner sees it; the planner narrows it to the columns that a query reads. */
final class ZooKeeperTableSource
        implements ScanTableSource,
                SupportsProjectionPushDown,
                SupportsFilterPushDown,
                SupportsLimitPushDown,
                SupportsReadingMetadata,
                SupportsSourceWatermark,
                SupportsWatermarkPushDown {

    private static final String UID = "zookeeper";
    private static final Set<ReadableMetadata> OF_THE_PATH = Set.of(ReadableMetadata.PATH, ReadableMetadata.NAME);

    private final ConnectionSettings connection;
    private final TableLayout layout;
    /** Null if no column comes from the data. */
    private final DecodingFormat<DeserializationSchema<RowData>> format;

    private final ParseErrors scanParseErrors;

    // Changed by the planner.
    private ScanSettings scan;
    private PathTemplate narrowed;
    private WatermarkStrategy<RowData> watermarks = WatermarkStrategy.noWatermarks();
    private int[] fields;
    private List<ReadableMetadata> metadata = List.of();
    private DataType producedType;

    ZooKeeperTableSource(
            ConnectionSettings connection,
            TableLayout layout,
            DecodingFormat<DeserializationSchema<RowData>> format,
            ScanSettings scan,
            ParseErrors scanParseErrors) {
        this.connection = connection;
        this.layout = layout;
        this.format = format;
        this.scan = scan;
        this.scanParseErrors = scanParseErrors;
        this.narrowed = layout.template();
        this.fields =
                IntStream.range(0, DataType.getFieldCount(layout.physical())).toArray();
        this.producedType = layout.physical();
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return scan.changelogMode();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        boolean keysOnly = layout.payloadNames(fields).isEmpty() && OF_THE_PATH.containsAll(metadata);
        ZooKeeperSource source = new ZooKeeperSource(
                connection,
                narrowed,
                scan.keysOnly(keysOnly),
                decoder(context),
                context.createTypeInformation(producedType));
        return new DataStreamScanProvider() {
            @Override
            public DataStream<RowData> produceDataStream(
                    ProviderContext provider, StreamExecutionEnvironment environment) {
                DataStreamSource<RowData> stream = environment.fromSource(source, watermarks, asSummaryString());
                provider.generateUid(UID).ifPresent(stream::uid);
                return stream;
            }

            @Override
            public boolean isBounded() {
                return scan.isBounded();
            }
        };
    }

    private ZNodeDecoder decoder(DynamicTableSource.Context context) {
        boolean decodes = !layout.payloadNames(fields).isEmpty();
        PayloadFormat.Decoder decoder = decodes
                ? PayloadFormat.decoder(format, context, layout, fields)
                : new PayloadFormat.Decoder(null, List.of());
        List<Column> columns = layout.columns(fields, metadata, decoder.fields());
        return new ZNodeDecoder(
                layout.template(),
                columns,
                decoder.schema(),
                scanParseErrors,
                ZooKeeperOptions.SCAN_PARSE_ERRORS.key());
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return scan.mode() == ScanMode.APPEND
                ? ReadableMetadata.types()
                : ReadableMetadata.types(ReadableMetadata.EVENT_TYPE);
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType producedType) {
        this.metadata = keys.stream().map(ReadableMetadata::of).toList();
        this.producedType = producedType;
    }

    @Override
    public boolean supportsNestedProjection() {
        return false;
    }

    @Override
    public void applyProjection(int[][] projectedFields, DataType producedType) {
        this.fields = Arrays.stream(projectedFields).mapToInt(path -> path[0]).toArray();
        this.producedType = producedType;
    }

    /**
     * All filters remain: what is narrowed here is only where to look, and a lookup on this table could not tell that
     * some were meant for a scan (FLINK-36808). Naming those that narrow keeps differently narrowed scans apart.
     */
    @Override
    public Result applyFilters(List<ResolvedExpression> filters) {
        PushedFilters pushed = new PushedFilters(layout.template(), filters);
        narrowed = pushed.narrowed();
        return Result.of(pushed.accepted(), filters);
    }

    @Override
    public void applyLimit(long limit) {
        scan = scan.limit(limit);
    }

    @Override
    public void applySourceWatermark() {
        scan = scan.sourceWatermarks();
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> strategy) {
        watermarks = strategy;
    }

    @Override
    public DynamicTableSource copy() {
        ZooKeeperTableSource copy = new ZooKeeperTableSource(connection, layout, format, scan, scanParseErrors);
        copy.narrowed = narrowed;
        copy.watermarks = watermarks;
        copy.fields = fields;
        copy.metadata = metadata;
        copy.producedType = producedType;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "ZooKeeper[" + layout.template() + "]";
    }
}
