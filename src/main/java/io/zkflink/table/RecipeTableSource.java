// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.Column;
import io.zkflink.row.ContenderDecoder;
import io.zkflink.row.RecipeMetadata;
import io.zkflink.row.TableLayout;
import io.zkflink.source.RecipeScan;
import io.zkflink.source.ScanSettings;
import io.zkflink.source.ZooKeeperSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsLimitPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.DataType;

/** Locks, elections or barriers as the planner sees them; the planner narrows them to what a query reads. */
final class RecipeTableSource
        implements ScanTableSource,
                LookupTableSource,
                SupportsProjectionPushDown,
                SupportsFilterPushDown,
                SupportsLimitPushDown,
                SupportsReadingMetadata,
                SupportsWatermarkPushDown {

    private static final String UID = "zookeeper";

    private final ConnectionSettings connection;
    private final TableLayout layout;
    private final RecipeSettings settings;

    // Changed by the planner.
    private ScanSettings scan;
    private PathTemplate narrowed;
    private WatermarkStrategy<RowData> watermarks = WatermarkStrategy.noWatermarks();
    private int[] fields;
    private List<String> metadata = List.of();
    private DataType producedType;

    RecipeTableSource(ConnectionSettings connection, TableLayout layout, RecipeSettings settings, ScanSettings scan) {
        this.connection = connection;
        this.layout = layout;
        this.settings = settings;
        this.scan = scan;
        this.narrowed = layout.template();
        this.fields =
                IntStream.range(0, DataType.getFieldCount(layout.physical())).toArray();
        this.producedType = layout.physical();
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ZooKeeperTableSource.changelogMode(scan);
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        ContenderDecoder decoder = new ContenderDecoder(settings.contenders(layout.template()), columns());
        ZooKeeperSource<RowData> source = ZooKeeperSource.of(
                connection,
                narrowed,
                scan,
                new RecipeScan(settings, decoder),
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

    private List<Column> columns() {
        List<String> names = DataType.getFieldNames(layout.physical());
        List<Column> columns = new ArrayList<>();
        for (int field : fields) {
            int variable = layout.template().columns().indexOf(names.get(field));
            columns.add(variable >= 0 ? new Column.FromPath(variable) : new Column.FromData());
        }
        metadata.forEach(key -> columns.add(RecipeMetadata.column(key)));
        return columns;
    }

    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        throw new ValidationException("A table of 'recipe' = '" + settings.recipe() + "' cannot be looked up: who holds"
                + " what changes with others' znodes, and an answer would be outdated before it is used. Join it as a"
                + " changelog, without FOR SYSTEM_TIME AS OF.");
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return RecipeMetadata.types();
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType producedType) {
        this.metadata = List.copyOf(keys);
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

    /** Those that name resources narrow where to look; all remain. */
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
    public void applyWatermark(WatermarkStrategy<RowData> strategy) {
        watermarks = strategy;
    }

    @Override
    public DynamicTableSource copy() {
        RecipeTableSource copy = new RecipeTableSource(connection, layout, settings, scan);
        copy.narrowed = narrowed;
        copy.watermarks = watermarks;
        copy.fields = fields;
        copy.metadata = metadata;
        copy.producedType = producedType;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "ZooKeeper[" + settings.recipe() + " " + layout.template() + "]";
    }
}
