// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.lookup.LookupCaching;
import io.zkflink.lookup.LookupKeys;
import io.zkflink.lookup.LookupProviders;
import io.zkflink.lookup.LookupSettings;
import io.zkflink.lookup.LookupTable;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.TableLayout;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.source.ZooKeeperSource;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.table.options.ZooKeeperOptions;
import io.zkflink.table.schema.PayloadFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsSourceWatermark;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** A subtree as the planner sees it; the planner narrows it to the columns that a query reads. */
class ZooKeeperTableSource extends NarrowedTableSource implements SupportsSourceWatermark {

    private static final Set<ReadableMetadata> OF_THE_PATH = Set.of(ReadableMetadata.PATH, ReadableMetadata.NAME);

    /** Null if no column comes from the data. */
    private final PayloadFormat.Reading payload;

    private final ParseErrorPolicy scanParseErrors;
    private final LookupSettings lookup;

    ZooKeeperTableSource(
            ConnectionSettings connection,
            TableLayout layout,
            PayloadFormat.Reading payload,
            ScanSettings scan,
            ParseErrorPolicy scanParseErrors,
            LookupSettings lookup) {
        super(connection, layout, scan);
        this.payload = payload;
        this.scanParseErrors = scanParseErrors;
        this.lookup = lookup;
    }

    /** A copy with all that the planner has changed so far. */
    ZooKeeperTableSource(ZooKeeperTableSource other) {
        super(other);
        this.payload = other.payload;
        this.scanParseErrors = other.scanParseErrors;
        this.lookup = other.lookup;
    }

    @Override
    ZooKeeperSource<RowData> source(ScanContext context) {
        return ZooKeeperSource.of(
                connection,
                narrowed,
                scan.content(content()),
                scanDecoder(context),
                context.createTypeInformation(producedType));
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
                decoder(layout.template(), decoding, lookup.parseErrors(), ZooKeeperOptions.LOOKUP_PARSE_ERRORS),
                content(),
                lookup);
        return LookupProviders.of(table, keys, context.createTypeInformation(producedType));
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
                            + " rows by any column. If the query does join on '%s', the types differ, and Flink casts"
                            + " the column of this table: CAST the other side to %s.",
                    IntStream.of(bound).mapToObj(names::get).collect(Collectors.joining(", ")),
                    layout.template(),
                    layout.template().columns().get(0),
                    layout.template().columns().get(0),
                    typeOf(layout.template().columns().get(0))));
        }
    }

    private String typeOf(String column) {
        int field = DataType.getFieldNames(layout.physical()).indexOf(column);
        return DataType.getFieldDataTypes(layout.physical())
                .get(field)
                .getLogicalType()
                .copy(true)
                .asSummaryString();
    }

    private List<ReadableMetadata> read() {
        return metadata.stream().map(ReadableMetadata::of).toList();
    }

    /** What the columns that the planner has left need of each znode. */
    private Content content() {
        if (!layout.payloadNames(fields).isEmpty()) {
            return Content.DATA;
        }
        return OF_THE_PATH.containsAll(read()) ? Content.KEYS : Content.STAT;
    }

    private PayloadFormat.Decoder decoding(DynamicTableSource.Context context) {
        return layout.payloadNames(fields).isEmpty()
                ? PayloadFormat.Decoder.NONE
                : PayloadFormat.decoder(payload, context, layout, fields);
    }

    /** Makes the rows of scans, of the columns that the planner has left. */
    ZNodeDecoder scanDecoder(ScanContext context) {
        return scanDecoder(context, layout.template());
    }

    /**
     * Makes the rows of scans, of the columns that the planner has left.
     *
     * @param template of the znodes that have a row
     */
    ZNodeDecoder scanDecoder(ScanContext context, PathTemplate template) {
        return decoder(template, decoding(context), scanParseErrors, ZooKeeperOptions.SCAN_PARSE_ERRORS);
    }

    private List<Column> columns(PayloadFormat.Decoder decoding) {
        return layout.columns(fields, read(), decoding.fields());
    }

    private ZNodeDecoder decoder(
            PathTemplate template,
            PayloadFormat.Decoder decoding,
            ParseErrorPolicy parseErrors,
            ConfigOption<ParseErrorPolicy> option) {
        return new ZNodeDecoder(template, columns(decoding), decoding.payload(), parseErrors, option.key());
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return scan.mode() == ScanMode.APPEND
                ? ReadableMetadata.types()
                : ReadableMetadata.types(ReadableMetadata.EVENT_TYPE);
    }

    @Override
    public void applySourceWatermark() {
        scan = scan.sourceWatermarks();
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
