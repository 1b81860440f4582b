// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
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
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.abilities.SupportsProjectionPushDown;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** A subtree as the planner sees it; the planner narrows it to the columns that a query reads. */
final class ZooKeeperTableSource implements ScanTableSource, SupportsProjectionPushDown, SupportsReadingMetadata {

    private final ConnectionSettings connection;
    private final TableLayout layout;
    /** Null if no column comes from the data. */
    private final DecodingFormat<DeserializationSchema<RowData>> format;

    private final ScanSettings scan;
    private final ParseErrors scanParseErrors;

    // Set by the planner.
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
        return SourceProvider.of(new ZooKeeperSource(
                connection, layout.template(), scan, decoder(context), context.createTypeInformation(producedType)));
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

    @Override
    public DynamicTableSource copy() {
        ZooKeeperTableSource copy = new ZooKeeperTableSource(connection, layout, format, scan, scanParseErrors);
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
