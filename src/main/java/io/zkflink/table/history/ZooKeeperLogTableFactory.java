// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import io.zkflink.history.History;
import io.zkflink.history.source.LogScan;
import io.zkflink.table.options.LogOptions;
import io.zkflink.table.options.OptionsReader;
import io.zkflink.table.options.TableOwner;
import io.zkflink.table.options.ZooKeeperOptions;
import io.zkflink.table.schema.DeclaredTable;
import io.zkflink.table.schema.PayloadFormat;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** Makes tables of {@code 'connector' = 'zookeeper-log'}. Opens no file. */
@Internal
public final class ZooKeeperLogTableFactory implements DynamicTableSourceFactory {

    @Override
    public String factoryIdentifier() {
        return LogOptions.IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(LogOptions.PATHS);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return LogOptions.ALL.stream()
                .filter(option -> !option.equals(LogOptions.PATHS))
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        OptionsReader reader = new OptionsReader(
                helper.getOptions(), context.getCatalogTable().getOptions(), context.getConfiguration());
        reader.checkTypes(LogOptions.ALL);
        refuseKey(context);
        History history = new History(
                paths(helper.getOptions(), reader),
                helper.getOptions().get(LogOptions.ON_GAP) == LogOptions.OnGap.SKIP);
        LogScan scan = scan(helper.getOptions(), reader);
        if (helper.getOptions().getOptional(LogOptions.PATH).isEmpty()) {
            helper.validate();
            refuseFormat(helper.getOptions(), reader);
            return new ZooKeeperLogTableSource(history, scan, wholeRows(context), columns(context));
        }
        DeclaredTable table = new DeclaredTable(this, context, LogOptions.ALL, TableOwner.NONE);
        PayloadFormat.Reading payload = PayloadFormat.reading(table);
        table.checkAllUsed();
        table.rules.checkPayloadNullable(table.layout);
        return new ZooKeeperLogTableSource(
                history,
                scan,
                new LogRowType.OfZNodes(table.layout, payload, table.options.get(ZooKeeperOptions.SCAN_PARSE_ERRORS)),
                columns(context));
    }

    private static void refuseKey(Context context) {
        if (context.getCatalogTable().getResolvedSchema().getPrimaryKey().isPresent()) {
            throw new ValidationException("Invalid PRIMARY KEY: a history has several rows per znode. Remove it.");
        }
    }

    private static List<String> paths(ReadableConfig options, OptionsReader reader) {
        if (options.getOptional(LogOptions.PATHS).isEmpty()) {
            throw new ValidationException("Missing option 'log.path': it names the folder with the server's files log.*"
                    + " and snapshot.*, or several, separated by ';'.");
        }
        return reader.folders(LogOptions.PATHS);
    }

    private static LogScan scan(ReadableConfig options, OptionsReader reader) {
        LogOptions.BoundedMode bounded = options.getOptional(LogOptions.BOUNDED_MODE)
                .orElse(reader.isBatch() ? LogOptions.BoundedMode.LATEST : LogOptions.BoundedMode.UNBOUNDED);
        if (reader.isBatch() && bounded == LogOptions.BoundedMode.UNBOUNDED) {
            throw reader.invalid(
                    LogOptions.BOUNDED_MODE,
                    "a batch job must end. Remove the option, set it to 'latest', or run in streaming mode with SET"
                            + " 'execution.runtime-mode' = 'streaming'.");
        }
        Duration poll = reader.positive(LogOptions.POLL_INTERVAL);
        return new LogScan(start(options, reader), bounded == LogOptions.BoundedMode.LATEST ? null : poll);
    }

    private static LogScan.Start start(ReadableConfig options, OptionsReader reader) {
        LogOptions.StartupMode mode = options.get(LogOptions.STARTUP_MODE);
        refuseUnless(options, reader, LogOptions.STARTUP_TIMESTAMP, LogOptions.StartupMode.TIMESTAMP);
        refuseUnless(options, reader, LogOptions.STARTUP_ZXID, LogOptions.StartupMode.SPECIFIC_OFFSET);
        return switch (mode) {
            case EARLIEST_OFFSET -> new LogScan.Start.Earliest();
            case LATEST_OFFSET -> new LogScan.Start.Latest();
            case TIMESTAMP -> new LogScan.Start.AtTime(required(options, LogOptions.STARTUP_TIMESTAMP, mode));
            case SPECIFIC_OFFSET ->
                new LogScan.Start.AtZxid(zxid(required(options, LogOptions.STARTUP_ZXID, mode), reader));
        };
    }

    private static <T> T required(ReadableConfig options, ConfigOption<T> option, LogOptions.StartupMode mode) {
        return options.getOptional(option)
                .orElseThrow(() -> new ValidationException("Missing option '" + option.key()
                        + "': 'scan.startup.mode' = '" + mode + "' needs it. Set it, or use 'earliest-offset'."));
    }

    private static void refuseUnless(
            ReadableConfig options, OptionsReader reader, ConfigOption<?> option, LogOptions.StartupMode mode) {
        if (options.getOptional(option).isPresent() && options.get(LogOptions.STARTUP_MODE) != mode) {
            throw reader.invalid(
                    option,
                    "it needs 'scan.startup.mode' = '" + mode + "', which is '" + options.get(LogOptions.STARTUP_MODE)
                            + "'. Set that, or remove the option.");
        }
    }

    private static long zxid(String text, OptionsReader reader) {
        try {
            long zxid = text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
            if (zxid >= 0) {
                return zxid;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw reader.invalid(LogOptions.STARTUP_ZXID, "it must be a zxid, decimal or in the form 0x1000000a5.");
    }

    private static void refuseFormat(ReadableConfig options, OptionsReader reader) {
        if (options.getOptional(ZooKeeperOptions.FORMAT).isPresent()) {
            throw reader.invalid(
                    ZooKeeperOptions.FORMAT,
                    "without 'path' every change of any znode is a row, with its data as it is. Set 'path', or remove"
                            + " the option.");
        }
    }

    private static LogRowType wholeRows(Context context) {
        for (Column column : context.getCatalogTable().getResolvedSchema().getColumns()) {
            if (column.isPhysical()) {
                LogicalTypeRoot type = column.getDataType().getLogicalType().getTypeRoot();
                boolean isPath = column.getName().equals(LogRowType.PATH) && type == LogicalTypeRoot.VARCHAR;
                boolean isData = column.getName().equals(LogRowType.DATA) && type == LogicalTypeRoot.VARBINARY;
                if (!isPath && !isData) {
                    throw new ValidationException("Invalid column '" + column.getName() + "' of type "
                            + column.getDataType().getLogicalType().asSummaryString() + ": without 'path' every change"
                            + " of any znode is a row, whose physical columns are path STRING and data BYTES. Set 'path'"
                            + " to have other columns.");
                }
            }
        }
        return new LogRowType.OfAnything(context.getPhysicalRowDataType());
    }

    private static LogColumns columns(Context context) {
        return LogColumns.of(context.getCatalogTable().getResolvedSchema());
    }
}
