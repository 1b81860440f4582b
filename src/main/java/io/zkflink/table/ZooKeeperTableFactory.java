// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.history.History;
import io.zkflink.row.WritableMetadata;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.sink.settings.Delivery;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.table.options.CatalogOptions;
import io.zkflink.table.options.CatalogTableOptions;
import io.zkflink.table.options.LogOptions;
import io.zkflink.table.options.RecipeOptions;
import io.zkflink.table.options.SinkOptionsReader;
import io.zkflink.table.options.TableOwner;
import io.zkflink.table.options.ZooKeeperOptions;
import io.zkflink.table.schema.DeclaredTable;
import io.zkflink.table.schema.PayloadFormat;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.config.TableConfigOptions;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;

/** Makes tables of {@code 'connector' = 'zookeeper'}: discover, validate, construct. Never connects. */
@Internal
public final class ZooKeeperTableFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {

    private final TableOwner owner;

    /** For tables of any catalog but ours. */
    public ZooKeeperTableFactory() {
        this(TableOwner.NONE);
    }

    public ZooKeeperTableFactory(TableOwner owner) {
        this.owner = owner;
    }

    @Override
    public String factoryIdentifier() {
        return ZooKeeperOptions.IDENTIFIER;
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
        Optional<TableOwner> catalog = catalogOfPlan(context);
        return catalog.isPresent()
                ? new ZooKeeperTableFactory(catalog.get())
                        .createDynamicTableSource(catalog.get().connect(context))
                : source(context);
    }

    /** The catalog of ours that has the connection of a table, if that comes from a compiled plan. */
    private static Optional<TableOwner> catalogOfPlan(Context context) {
        return TableOwner.isNeededBy(context.getCatalogTable().getOptions())
                ? Stream.of(
                                context.getEnrichmentOptions(),
                                context.getCatalogTable().getOptions())
                        .filter(CatalogTableOptions.class::isInstance)
                        .map(options -> ((CatalogTableOptions) options).owner())
                        .findFirst()
                : Optional.empty();
    }

    private DynamicTableSource source(Context context) {
        DeclaredTable table = new DeclaredTable(this, context, ZooKeeperOptions.ALL, owner);
        Optional<Long> moment = context.getCatalogTable().getSnapshot();
        if (moment.isPresent()) {
            checkPast(table);
        }
        if (table.recipe().isPresent()) {
            return new RecipeTable(table, table.recipe().get()).source();
        }
        RecipeTable.checkIsNone(table);
        PayloadFormat.Reading payload = PayloadFormat.reading(table);
        table.checkAllUsed();

        boolean hasPrimaryKey = table.rules.hasPrimaryKey(table.layout.template());
        ScanMode standard = hasPrimaryKey ? ScanMode.UPSERT : ScanMode.ALL;
        ScanSettings scan = moment.isPresent()
                ? table.reader.scan().settingsOfPast(hasPrimaryKey, standard)
                : table.reader.scan().settings(hasPrimaryKey, standard);
        table.rules.checkScanMode(scan.mode(), hasPrimaryKey);
        table.rules.checkNullable(table.layout, scan.mode(), scan.isBounded());
        table.checkRowtime(scan);
        ZooKeeperTableSource source = new ZooKeeperTableSource(
                table.reader.connection(),
                table.layout,
                payload,
                scan,
                table.options.get(ZooKeeperOptions.SCAN_PARSE_ERRORS),
                table.reader.lookup().settings(table.layout.physical().toString()));
        return moment.isPresent()
                ? new PastTableSource(source, new History(owner.history(), false), moment.get())
                : TableSources.withAbilitiesOfThisFlink(source);
    }

    private void checkPast(DeclaredTable table) {
        if (owner.history().isEmpty()) {
            throw new ValidationException("Missing option '" + CatalogOptions.HISTORY_PATH.key() + "' of the catalog '"
                    + table.context.getObjectIdentifier().getCatalogName() + "': FOR SYSTEM_TIME AS OF reads the files"
                    + " log.* and snapshot.* of the ensemble's servers. Create the catalog with it, naming the folder"
                    + " that holds them, or several, separated by ';'.");
        }
        if (table.recipe().isPresent()) {
            throw table.reader.invalid(
                    RecipeOptions.RECIPE,
                    "FOR SYSTEM_TIME AS OF can be asked of tables of znodes only. Read the znodes of the recipe from the"
                            + " database `tree`, whose tables are named by their path template.");
        }
        checkPlansHaveOptions(table.context.getConfiguration());
        if (!table.reader.isBatch()) {
            throw new ValidationException("FOR SYSTEM_TIME AS OF reads a tree that does not change, which needs a batch"
                    + " job: SET 'execution.runtime-mode' = 'batch'. Changes since a moment are rows of a table of"
                    + " 'connector' = '" + LogOptions.IDENTIFIER + "'.");
        }
    }

    /**
     * It is not known here whether the statement is to be compiled into a plan; one without options lost the moment.
     */
    private static void checkPlansHaveOptions(ReadableConfig session) {
        if (session.get(TableConfigOptions.PLAN_COMPILE_CATALOG_OBJECTS)
                != TableConfigOptions.CatalogPlanCompilation.ALL) {
            throw new ValidationException("FOR SYSTEM_TIME AS OF is an option of the table in a compiled plan, and '"
                    + TableConfigOptions.PLAN_COMPILE_CATALOG_OBJECTS.key()
                    + "' leaves options out, so that the plan would read the table as it is. Set it to 'ALL'.");
        }
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        Optional<TableOwner> catalog = catalogOfPlan(context);
        return catalog.isPresent()
                ? new ZooKeeperTableFactory(catalog.get())
                        .createDynamicTableSink(catalog.get().connect(context))
                : sink(context);
    }

    private DynamicTableSink sink(Context context) {
        DeclaredTable table = new DeclaredTable(this, context, ZooKeeperOptions.ALL, owner);
        if (table.layout.template().isReserved()) {
            throw new ValidationException("The table '" + table.layout.template()
                    + "' can be read and never be written: '/zookeeper' is ZooKeeper's own subtree.");
        }
        if (table.recipe().isPresent()) {
            return new RecipeTable(table, table.recipe().get()).sink();
        }
        RecipeTable.checkIsNone(table);
        EncodingFormat<SerializationSchema<RowData>> format =
                PayloadFormat.discoverEncoding(table.helper, context, table.layout);
        PayloadCompression compression = table.reader.payload().writtenCompression();
        table.checkAllUsed();
        table.rules.warnOfNotNull(table.layout);

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
        Delivery delivery = sink.delivery(mode);
        SinkSettings settings = sink.settings();
        if (delivery instanceof Delivery.ExactlyOnce || delivery instanceof Delivery.SessionBound) {
            sink.checkRowsAreElsewhere(table.layout.template());
        }
        return new ZooKeeperTableSink(
                connection,
                table.layout,
                format,
                delivery,
                settings,
                new ZooKeeperTableSink.Declaration(
                        hasPrimaryKey,
                        mode,
                        sink.ttl(rowsHaveTtl),
                        compression,
                        sink.parallelism(mode),
                        table.reader.isCheckpointed(),
                        table.rules.persisted()));
    }
}
