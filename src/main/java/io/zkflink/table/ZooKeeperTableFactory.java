// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.TableLayout;
import io.zkflink.source.ScanSettings;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** Makes tables of {@code 'connector' = 'zookeeper'}: discover, validate, construct. Never connects. */
public final class ZooKeeperTableFactory implements DynamicTableSourceFactory {

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
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        ReadableConfig options = helper.getOptions();
        OptionsReader reader =
                new OptionsReader(options, context.getCatalogTable().getOptions(), context.getConfiguration());
        reader.checkTypes();
        ResolvedSchema schema = context.getCatalogTable().getResolvedSchema();
        SchemaRules rules = new SchemaRules(schema);
        FactoryUtil.validateFactoryOptions(this, options);
        PathTemplate template =
                rules.template(options.get(ZooKeeperOptions.PATH), options.get(ZooKeeperOptions.PATH_ENCODING));
        TableLayout layout = new TableLayout(template, context.getPhysicalRowDataType());
        DecodingFormat<DeserializationSchema<RowData>> format = PayloadFormat.discover(helper, context, layout);
        helper.validateExcept(ZooKeeperOptions.PROPERTIES_PREFIX);

        ConnectionSettings connection = reader.connection();
        boolean hasPrimaryKey = rules.hasPrimaryKey(template);
        ScanSettings scan = reader.scan(hasPrimaryKey);
        rules.checkScanMode(scan.mode(), hasPrimaryKey);
        return new ZooKeeperTableSource(
                connection,
                layout,
                format,
                scan,
                options.get(ZooKeeperOptions.SCAN_PARSE_ERRORS),
                reader.lookup(layout.physical().toString()));
    }
}
