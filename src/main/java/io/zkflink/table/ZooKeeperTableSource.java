// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.lookup.LookupCaching;
import io.zkflink.lookup.LookupKeys;
import io.zkflink.lookup.LookupProviders;
import io.zkflink.lookup.LookupSettings;
import io.zkflink.lookup.LookupTable;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
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
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** A subtree as the planner sees it; the planner narrows it to the columns that a query reads. */
class ZooKeeperTableSource
        implements ScanTableSource,
                LookupTableSource,
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
    private final LookupSettings lookup;

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
            ParseErrors scanParseErrors,
            LookupSettings lookup) {
        this.connection = connection;
        this.layout = layout;
        this.format = format;
        this.scan = scan;
        this.scanParseErrors = scanParseErrors;
        this.lookup = lookup;
        this.narrowed = layout.template();
        this.fields =
                IntStream.range(0, DataType.getFieldCount(layout.physical())).toArray();
        this.producedType = layout.physical();
    }

    /** A copy with all that the planner has changed so far. */
    ZooKeeperTableSource(ZooKeeperTableSource other) {
        this(other.connection, other.layout, other.format, other.scan, other.scanParseErrors, other.lookup);
        this.narrowed = other.narrowed;
        this.watermarks = other.watermarks;
        this.fields = other.fields;
        this.metadata = other.metadata;
        this.producedType = other.producedType;
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return changelogMode(scan);
    }

    /** A tree that is read once only has insertions to tell. */
    static ChangelogMode changelogMode(ScanSettings scan) {
        if (scan.isBounded()) {
            return ChangelogMode.insertOnly();
        }
        return switch (scan.mode()) {
            case UPSERT -> ChangelogMode.upsert();
            case ALL -> ChangelogMode.all();
            case APPEND -> ChangelogMode.insertOnly();
        };
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        ZooKeeperSource<RowData> source = new ZooKeeperSource<>(
                connection,
                narrowed,
                scan.keysOnly(readsKeysOnly()),
                decoder(decoding(context), scanParseErrors, ZooKeeperOptions.SCAN_PARSE_ERRORS),
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

    /** Looks in the whole table, whatever filters were pushed: they may have been meant for a scan (FLINK-36808). */
    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        int[] bound = Arrays.stream(context.getKeys()).mapToInt(path -> path[0]).toArray();
        PayloadFormat.Decoder decoding = decoding(context);
        LookupKeys keys = new LookupKeys(
                layout.template(),
                columns(decoding),
                producedType.getLogicalType().getChildren(),
                bound);
        checkKeys(keys, bound);
        looksUp(context, keys);
        LookupTable table = new LookupTable(
                String.join("\n", lookup.table(), Arrays.toString(fields), metadata.toString()),
                connection,
                layout.template(),
                columns(decoding),
                decoder(decoding, lookup.parseErrors(), ZooKeeperOptions.LOOKUP_PARSE_ERRORS),
                readsKeysOnly(),
                lookup);
        return LookupProviders.of(table, keys);
    }

    /** For subclasses: the planner has asked for a lookup, and the keys are right. */
    void looksUp(LookupContext context, LookupKeys keys) {}

    private void checkKeys(LookupKeys keys, int[] bound) {
        List<String> names = DataType.getFieldNames(producedType);
        for (int key : bound) {
            LogicalType type = producedType.getLogicalType().getChildren().get(key);
            if (!type.getChildren().isEmpty() || type.is(LogicalTypeRoot.RAW)) {
                throw new ValidationException("Invalid lookup key '" + names.get(key) + "' of the table of 'path' '"
                        + layout.template() + "': a value of type " + type.asSummaryString() + " cannot be compared."
                        + " Compare single fields of it after the join.");
            }
        }
        if (!keys.areLocatable() && !(lookup.caching() instanceof LookupCaching.Full)) {
            throw new ValidationException(String.format(
                    "Invalid lookup keys (%s): they do not say where below 'path' '%s' to look, because they do not"
                            + " bind its first column. Join on '%s' too, or set 'lookup.cache' = 'FULL', which finds"
                            + " rows by any column.",
                    IntStream.of(bound).mapToObj(names::get).collect(Collectors.joining(", ")),
                    layout.template(),
                    layout.template().columns().get(0)));
        }
    }

    private boolean readsKeysOnly() {
        return layout.payloadNames(fields).isEmpty() && OF_THE_PATH.containsAll(metadata);
    }

    private PayloadFormat.Decoder decoding(DynamicTableSource.Context context) {
        return layout.payloadNames(fields).isEmpty()
                ? new PayloadFormat.Decoder(null, List.of())
                : PayloadFormat.decoder(format, context, layout, fields);
    }

    private List<Column> columns(PayloadFormat.Decoder decoding) {
        return layout.columns(fields, metadata, decoding.fields());
    }

    private ZNodeDecoder decoder(
            PayloadFormat.Decoder decoding, ParseErrors parseErrors, ConfigOption<ParseErrors> option) {
        return new ZNodeDecoder(layout.template(), columns(decoding), decoding.schema(), parseErrors, option.key());
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
        return new ZooKeeperTableSource(this);
    }

    @Override
    public String asSummaryString() {
        return "ZooKeeper[" + layout.template() + "]";
    }
}
