// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.TableLayout;
import io.zkflink.row.WritableMetadata;
import io.zkflink.source.ScanSettings;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** Makes tables of {@code 'connector' = 'zookeeper'}: discover, validate, construct. Never connects. */
public final class ZooKeeperTableFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {

    public static final String IDENTIFIER = "zookeeper";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.copyOf(ZooKeeperOptions.REQUIRED);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return ZooKeeperOptions.ALL.stream()
                .filter(option -> !ZooKeeperOptions.REQUIRED.contains(option))
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        Declared table = new Declared(this, context);
        DecodingFormat<DeserializationSchema<RowData>> format =
                PayloadFormat.discover(table.helper, context, table.layout);
        table.helper.validateExcept(ZooKeeperOptions.PROPERTIES_PREFIX);

        ConnectionSettings connection = table.reader.connection();
        boolean hasPrimaryKey = table.rules.hasPrimaryKey(table.layout.template());
        ScanSettings scan = table.reader.scan(hasPrimaryKey);
        table.rules.checkScanMode(scan.mode(), hasPrimaryKey);
        return TableSources.withAbilitiesOfThisFlink(new ZooKeeperTableSource(
                connection,
                table.layout,
                format,
                scan,
                table.options.get(ZooKeeperOptions.SCAN_PARSE_ERRORS),
                table.reader.lookup(table.layout.physical().toString())));
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        Declared table = new Declared(this, context);
        EncodingFormat<SerializationSchema<RowData>> format =
                PayloadFormat.discoverEncoding(table.helper, context, table.layout);
        table.helper.validateExcept(ZooKeeperOptions.PROPERTIES_PREFIX);

        ConnectionSettings connection = table.reader.connection();
        boolean hasPrimaryKey = table.rules.hasPrimaryKey(table.layout.template());
        SinkOptionsReader sink = new SinkOptionsReader(table.options, table.reader);
        CreateMode mode = sink.createMode(hasPrimaryKey);
        boolean rowsHaveTtl = table.rules.writes(WritableMetadata.TTL);
        if (mode.isSequential() && table.rules.writes(WritableMetadata.VERSION)) {
            throw SinkOptionsReader.versionOfAppended();
        }
        if (mode.isEphemeral() && table.rules.writes(WritableMetadata.VERSION)) {
            throw SinkOptionsReader.versionOfEphemeral();
        }
        return new ZooKeeperTableSink(
                connection,
                table.layout,
                format,
                sink.settings(),
                new ZooKeeperTableSink.Declaration(
                        hasPrimaryKey, mode, sink.ttl(rowsHaveTtl), sink.parallelism(mode), sink.ownership(mode)));
    }

    /** What reading and writing have in common. */
    private static final class Declared {
        private final FactoryUtil.TableFactoryHelper helper;
        private final ReadableConfig options;
        private final OptionsReader reader;
        private final SchemaRules rules;
        private final TableLayout layout;

        Declared(ZooKeeperTableFactory factory, Context context) {
            this.helper = FactoryUtil.createTableFactoryHelper(factory, context);
            this.options = helper.getOptions();
            this.reader =
                    new OptionsReader(options, context.getCatalogTable().getOptions(), context.getConfiguration());
            reader.checkTypes();
            this.rules = new SchemaRules(context.getCatalogTable().getResolvedSchema());
            FactoryUtil.validateFactoryOptions(factory, options);
            PathTemplate template =
                    rules.template(options.get(ZooKeeperOptions.PATH), options.get(ZooKeeperOptions.PATH_ENCODING));
            this.layout = new TableLayout(template, context.getPhysicalRowDataType());
        }
    }
}
