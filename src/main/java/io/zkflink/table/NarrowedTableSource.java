// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.TableLayout;
import io.zkflink.source.ZooKeeperSource;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.table.schema.PushedFilters;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
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

/**
 * What the planner narrows of any table of znodes, whatever its rows are: where to look, which columns, how many rows,
 * and whose watermarks.
 */
abstract class NarrowedTableSource
        implements ScanTableSource,
                LookupTableSource,
                SupportsProjectionPushDown,
                SupportsFilterPushDown,
                SupportsLimitPushDown,
                SupportsReadingMetadata,
                SupportsWatermarkPushDown {

    private static final String UID = "zookeeper";

    final ConnectionSettings connection;
    final TableLayout layout;

    // Changed by the planner.
    ScanSettings scan;
    PathTemplate narrowed;
    int[] fields;
    /** The keys of the metadata columns that are read. */
    List<String> metadata = List.of();

    DataType producedType;
    private WatermarkStrategy<RowData> watermarks = WatermarkStrategy.noWatermarks();

    NarrowedTableSource(ConnectionSettings connection, TableLayout layout, ScanSettings scan) {
        this.connection = connection;
        this.layout = layout;
        this.scan = scan;
        this.narrowed = layout.template();
        this.fields =
                IntStream.range(0, DataType.getFieldCount(layout.physical())).toArray();
        this.producedType = layout.physical();
    }

    /** A copy with all that the planner has changed so far. */
    NarrowedTableSource(NarrowedTableSource other) {
        this.connection = other.connection;
        this.layout = other.layout;
        this.scan = other.scan;
        this.narrowed = other.narrowed;
        this.fields = other.fields;
        this.metadata = other.metadata;
        this.producedType = other.producedType;
        this.watermarks = other.watermarks;
    }

    /** The source of what is left after all narrowing. */
    abstract ZooKeeperSource<RowData> source(ScanContext context);

    /** A tree that is read once only has insertions to tell. */
    @Override
    public final ChangelogMode getChangelogMode() {
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
        ZooKeeperSource<RowData> source = source(context);
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

    @Override
    public final void applyReadableMetadata(List<String> keys, DataType producedType) {
        this.metadata = List.copyOf(keys);
        this.producedType = producedType;
    }

    @Override
    public final boolean supportsNestedProjection() {
        return false;
    }

    @Override
    public final void applyProjection(int[][] projectedFields, DataType producedType) {
        this.fields = Arrays.stream(projectedFields).mapToInt(path -> path[0]).toArray();
        this.producedType = producedType;
    }

    /**
     * All filters remain: what is narrowed here is only where to look, and a lookup on this table could not tell that
     * some were meant for a scan (FLINK-36808). Naming those that narrow keeps differently narrowed scans apart.
     */
    @Override
    public final Result applyFilters(List<ResolvedExpression> filters) {
        PushedFilters pushed = new PushedFilters(layout.template(), filters);
        narrowed = pushed.narrowed();
        return Result.of(pushed.accepted(), filters);
    }

    @Override
    public final void applyLimit(long limit) {
        scan = scan.limit(limit);
    }

    @Override
    public final void applyWatermark(WatermarkStrategy<RowData> strategy) {
        watermarks = strategy;
    }
}
