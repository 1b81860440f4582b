// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.table.options.CatalogOptionsReader;
import io.zkflink.table.options.CatalogStoreOptions;
import io.zkflink.table.options.ZooKeeperOptions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.catalog.CatalogStore;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.factories.CatalogStoreFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Makes catalog stores of {@code table.catalog-store.kind: zookeeper}. Never connects. Flink makes a factory and a
 * store for each session; those of the same settings share what they hold.
 */
@Internal
public final class ZooKeeperCatalogStoreFactory implements CatalogStoreFactory {

    public static final String IDENTIFIER = "zookeeper";

    private CatalogSettings settings;

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
        return CatalogStoreOptions.ALL.stream()
                .filter(option -> !requiredOptions().contains(option))
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public void open(Context context) {
        Map<String, String> raw = CatalogStoreOptions.withServers(context.getOptions(), context.getConfiguration());
        FactoryUtil.CatalogStoreFactoryHelper helper = FactoryUtil.createCatalogStoreFactoryHelper(
                this,
                new FactoryUtil.DefaultCatalogStoreContext(raw, context.getConfiguration(), context.getClassLoader()));
        CatalogOptionsReader reader = new CatalogOptionsReader(helper.getOptions(), raw, CatalogStoreOptions.ALL);
        helper.validateExcept(ZooKeeperOptions.PROPERTIES_PREFIX);
        settings = new CatalogSettings(
                reader.connection(),
                Map.of(),
                reader.path(CatalogStoreOptions.PATH),
                reader.acl(CatalogStoreOptions.ACL),
                false,
                List.of(),
                reader.maxStaleness());
    }

    @Override
    public CatalogStore createCatalogStore() {
        if (settings == null) {
            throw new CatalogException("The factory of the catalog store is not open.");
        }
        return new ZooKeeperCatalogStore(settings);
    }

    @Override
    public void close() {}
}
