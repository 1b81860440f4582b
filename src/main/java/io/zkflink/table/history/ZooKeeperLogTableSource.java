// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import io.zkflink.history.History;
import io.zkflink.history.source.HistoryMetadata;
import io.zkflink.history.source.HistorySource;
import io.zkflink.history.source.LogScan;
import io.zkflink.path.PathTemplate;
import io.zkflink.table.schema.PushedFilters;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.abilities.SupportsFilterPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsSourceWatermark;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.types.DataType;

/** Transaction logs as the planner sees them; the planner narrows them to what a query reads. */
final class ZooKeeperLogTableSource
        implements ScanTableSource,
                SupportsProjectionPushDown,
                SupportsFilterPushDown,
                SupportsReadingMetadata,
                SupportsSourceWatermark {

    private final History history;
    private final LogRowType rows;
    private final LogColumns columns;

    // Changed by the planner.
    private LogScan scan;
    private PathTemplate narrowed;
    private int[] fields;
    private List<HistoryMetadata> metadata = List.of();
    private DataType producedType;
    private boolean watermarks;

    ZooKeeperLogTableSource(History history, LogScan scan, LogRowType rows, LogColumns columns) {
        this.history = history;
        this.scan = scan;
        this.rows = rows;
        this.columns = columns;
        this.narrowed = rows.template().orElse(null);
        this.fields =
                IntStream.range(0, DataType.getFieldCount(rows.physical())).toArray();
        this.producedType = rows.physical();
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        return SourceProvider.of(
                HistorySource.ofLog(
                        history,
                        scan,
                        rows.decoder(context, narrowed, fields, metadata),
                        watermarks,
                        context.createTypeInformation(producedType)),
                1);
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return HistoryMetadata.types();
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType producedType) {
        this.metadata = keys.stream().map(HistoryMetadata::of).toList();
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

    /** All filters remain: what is narrowed here is only which files and znodes are looked at. */
    @Override
    public Result applyFilters(List<ResolvedExpression> filters) {
        if (narrowed != null) {
            narrowed = new PushedFilters(narrowed, filters).narrowed();
        }
        LogColumns.Ranges ranges = columns.ranges(filters);
        scan = scan.narrowed(ranges.zxids(), ranges.times());
        return Result.of(filters, filters);
    }

    @Override
    public void applySourceWatermark() {
        watermarks = true;
    }

    @Override
    public DynamicTableSource copy() {
        ZooKeeperLogTableSource copy = new ZooKeeperLogTableSource(history, scan, rows, columns);
        copy.narrowed = narrowed;
        copy.fields = fields;
        copy.metadata = metadata;
        copy.producedType = producedType;
        copy.watermarks = watermarks;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return "ZooKeeperLog[" + (narrowed == null ? "*" : narrowed) + "]";
    }
}
