// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.table.options.CatalogOptions;
import io.zkflink.table.options.CatalogOptionsReader;
import io.zkflink.table.options.ZooKeeperOptions;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.factories.CatalogFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** Makes catalogs of {@code 'type' = 'zookeeper'}. Never connects. */
@Internal
public final class ZooKeeperCatalogFactory implements CatalogFactory {

    public static final String IDENTIFIER = "zookeeper";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(ZooKeeperOptions.CONNECT_STRING);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return CatalogOptions.ALL.stream()
                .filter(option -> !requiredOptions().contains(option))
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public Catalog createCatalog(Context context) {
        FactoryUtil.CatalogFactoryHelper helper = FactoryUtil.createCatalogFactoryHelper(this, context);
        ReadableConfig options = helper.getOptions();
        CatalogOptionsReader reader = new CatalogOptionsReader(options, context.getOptions(), CatalogOptions.ALL);
        helper.validateExcept(ZooKeeperOptions.PROPERTIES_PREFIX);
        CatalogSettings settings = new CatalogSettings(
                reader.connection(),
                reader.connectionOptions(),
                reader.path(CatalogOptions.PATH),
                reader.acl(CatalogOptions.ACL),
                options.get(CatalogOptions.TREE_DATA) == CatalogOptions.TreeData.BYTES,
                reader.history(),
                reader.maxStaleness());
        return new ZooKeeperCatalog(context.getName(), reader.defaultDatabase(), settings, context.getClassLoader());
    }
}
