// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.table.ZooKeeperTableFactory;
import io.zkflink.table.options.TableOwner;
import io.zkflink.table.options.ZooKeeperOptions;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Makes the tables of a catalog when a statement is planned, which is when those of ZooKeeper get the catalog's
 * connection: no definition has it, and nothing that is printed. Tables of other connectors go to their own factory.
 */
final class CatalogTableFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {

    private static final String SINK_OPTIONS = "sink.";

    private final ZooKeeperTableFactory tables;
    private final TableOwner owner;
    private final ClassLoader classLoader;

    /**
     * @param classLoader finds what the tables need that are checked
     */
    CatalogTableFactory(TableOwner owner, ClassLoader classLoader) {
        this.tables = new ZooKeeperTableFactory(owner);
        this.owner = owner;
        this.classLoader = classLoader;
    }

    @Override
    public String factoryIdentifier() {
        return ZooKeeperOptions.IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        if (TableOwner.isNeededBy(context.getCatalogTable().getOptions())) {
            return tables.createDynamicTableSource(owner.connect(context));
        }
        return unwrapped(() -> FactoryUtil.createDynamicTableSource(
                null,
                context.getObjectIdentifier(),
                context.getCatalogTable(),
                context.getEnrichmentOptions(),
                context.getConfiguration(),
                context.getClassLoader(),
                context.isTemporary()));
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        if (TableOwner.isNeededBy(context.getCatalogTable().getOptions())) {
            return tables.createDynamicTableSink(owner.connect(context));
        }
        return unwrapped(() -> FactoryUtil.createDynamicTableSink(
                null,
                context.getObjectIdentifier(),
                context.getCatalogTable(),
                context.getEnrichmentOptions(),
                context.getConfiguration(),
                context.getClassLoader(),
                context.isTemporary()));
    }

    /** Refuses a table that neither a streaming nor a batch query could use. Does not connect. */
    void check(ObjectIdentifier table, ResolvedCatalogTable definition) {
        try {
            check(table, definition, RuntimeExecutionMode.STREAMING);
        } catch (ValidationException e) {
            try {
                check(table, definition, RuntimeExecutionMode.BATCH);
            } catch (ValidationException again) {
                throw e;
            }
        }
    }

    private void check(ObjectIdentifier table, ResolvedCatalogTable definition, RuntimeExecutionMode mode) {
        check(new FactoryUtil.DefaultDynamicTableContext(
                table,
                definition,
                Map.of(),
                new Configuration().set(ExecutionOptions.RUNTIME_MODE, mode),
                classLoader,
                false));
    }

    private void check(Context context) {
        Map<String, String> options = context.getCatalogTable().getOptions();
        if (TableOwner.isNeededBy(options)) {
            if (options.containsKey(TableOwner.AS_OF)) {
                throw new ValidationException("Unsupported option '" + TableOwner.AS_OF
                        + "' of a table: to read it as it was, use FOR SYSTEM_TIME AS OF in the query.");
            }
            DynamicTableSource source = createDynamicTableSource(context);
            new MetadataRules(context.getObjectIdentifier(), source, () -> createDynamicTableSink(context))
                    .check(context.getCatalogTable().getResolvedSchema());
            if (options.keySet().stream().anyMatch(key -> key.startsWith(SINK_OPTIONS))) {
                createDynamicTableSink(context);
            }
        }
    }

    /** The message of another factory as it is, without Flink's frame, which is put around ours again. */
    private static <T> T unwrapped(Supplier<T> table) {
        try {
            return table.get();
        } catch (ValidationException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
