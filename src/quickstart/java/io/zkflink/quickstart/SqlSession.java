// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.IOException;
import java.net.URL;
import java.util.List;
import java.util.function.Supplier;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.table.api.TableConfig;
import org.apache.flink.table.api.bridge.java.internal.StreamTableEnvironmentImpl;
import org.apache.flink.table.api.config.TableConfigOptions;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.api.internal.TableResultInternal;
import org.apache.flink.table.catalog.CatalogManager;
import org.apache.flink.table.catalog.CatalogStoreHolder;
import org.apache.flink.table.catalog.FunctionCatalog;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.catalog.GenericInMemoryCatalogStore;
import org.apache.flink.table.delegation.Executor;
import org.apache.flink.table.factories.PlannerFactoryUtil;
import org.apache.flink.table.module.ModuleManager;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.resource.ResourceManager;

/**
 * What lasts from statement to statement: catalogs, functions, settings. Each statement gets a table environment of its
 * own on top of it, as in Flink's SQL gateway, because one environment cannot change between streaming and batch.
 *
 * <p>Belongs to one thread.
 */
final class SqlSession implements AutoCloseable {

    private static final String CATALOG = "default_catalog";
    private static final String DATABASE = "default_database";

    private final Configuration defaults = defaults();
    private final TableConfig settings = TableConfig.getDefault();
    private final ModuleManager modules = new ModuleManager();
    private final ResourceManager resources;
    private final CatalogManager catalogs;
    private final FunctionCatalog functions;

    SqlSession() {
        settings.setRootConfiguration(defaults);
        resources = ResourceManager.createResourceManager(
                new URL[0], Thread.currentThread().getContextClassLoader(), settings);
        catalogs = CatalogManager.newBuilder()
                .classLoader(resources.getUserClassLoader())
                .config(settings)
                .executionConfig(new ExecutionConfig())
                .catalogStoreHolder(CatalogStoreHolder.newBuilder()
                        .classloader(resources.getUserClassLoader())
                        .config(settings)
                        .catalogStore(new GenericInMemoryCatalogStore())
                        .build())
                .defaultCatalog(CATALOG, new GenericInMemoryCatalog(CATALOG, DATABASE))
                .build();
        functions = new FunctionCatalog(settings, resources, catalogs, modules);
    }

    private static Configuration defaults() {
        Configuration defaults = new Configuration();
        defaults.set(DeploymentOptions.TARGET, "local");
        defaults.set(DeploymentOptions.ATTACHED, true);
        // Jobs without a class path get the JVM's own, where under Maven there is no Flink; with one they also get
        // ours.
        defaults.set(PipelineOptions.CLASSPATHS, List.of(ownClasses()));
        // One changelog, in the order of its changes.
        defaults.set(CoreOptions.DEFAULT_PARALLELISM, 1);
        // As before Flink 2.3: an INSERT into a table with a key needs no ON CONFLICT clause.
        defaults.setString("table.exec.sink.require-on-conflict", "false");
        // A job that fails shall say so, not try again for ever.
        defaults.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        return defaults;
    }

    private static String ownClasses() {
        return SqlSession.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString();
    }

    /**
     * What a statement led to.
     *
     * @param bounded whether its job, if there is one, ends by itself
     */
    record Outcome(TableResultInternal result, boolean bounded) {}

    Operation parse(String sql) {
        return inContext(() -> {
            // The parser sees but one statement, so there is but one operation.
            return environment(flink()).getParser().parse(sql).get(0);
        });
    }

    Outcome execute(Operation operation) {
        return inContext(() -> {
            LocalFlink flink = flink();
            TableResultInternal result = environment(flink).executeInternal(operation);
            return new Outcome(result, flink.isBounded());
        });
    }

    boolean isStreaming() {
        return settings.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.STREAMING;
    }

    /** As Flink's SQL client would cut a column of text. */
    int widestColumn() {
        return settings.get(TableConfigOptions.DISPLAY_MAX_COLUMN_WIDTH);
    }

    /** The keys of all that the script set. */
    List<String> changedKeys() {
        return settings.getConfiguration().keySet().stream().sorted().toList();
    }

    String get(String key) {
        return settings.getConfiguration().getString(key, "");
    }

    void set(String key, String value) {
        settings.set(key, value);
    }

    void reset(String key) {
        settings.getConfiguration().removeKey(key);
    }

    @Override
    public void close() throws IOException {
        catalogs.close();
        resources.close();
    }

    private LocalFlink flink() {
        return new LocalFlink(new Configuration(defaults), resources.getUserClassLoader());
    }

    private TableEnvironmentInternal environment(LocalFlink flink) {
        Executor executor = StreamTableEnvironmentImpl.lookupExecutor(resources.getUserClassLoader(), flink);
        return new StreamTableEnvironmentImpl(
                catalogs,
                modules,
                resources,
                functions,
                settings,
                flink,
                PlannerFactoryUtil.createPlanner(
                        executor, settings, resources.getUserClassLoader(), modules, catalogs, functions),
                executor,
                isStreaming());
    }

    private <T> T inContext(Supplier<T> work) {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(resources.getUserClassLoader());
        try {
            return work.get();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }
}
