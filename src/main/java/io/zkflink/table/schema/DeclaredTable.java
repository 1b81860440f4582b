// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.schema;

import io.zkflink.path.PathTemplate;
import io.zkflink.recipes.Recipe;
import io.zkflink.row.TableLayout;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.table.options.OptionsReader;
import io.zkflink.table.options.RecipeOptions;
import io.zkflink.table.options.SinkOptions;
import io.zkflink.table.options.TableOwner;
import io.zkflink.table.options.ZooKeeperOptions;
import java.util.List;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** A table as it was declared, checked as far as reading and writing any recipe have it in common. */
@Internal
public final class DeclaredTable {

    public final DynamicTableFactory.Context context;
    public final FactoryUtil.TableFactoryHelper helper;
    public final ReadableConfig options;
    public final OptionsReader reader;
    public final SchemaRules rules;
    public final TableLayout layout;

    /**
     * @param known the options that the factory knows
     * @param owner the catalog that the table belongs to
     */
    public DeclaredTable(
            DynamicTableFactory factory,
            DynamicTableFactory.Context context,
            List<ConfigOption<?>> known,
            TableOwner owner) {
        this.context = context;
        this.helper = FactoryUtil.createTableFactoryHelper(factory, context);
        this.options = helper.getOptions();
        this.reader = new OptionsReader(options, context.getCatalogTable().getOptions(), context.getConfiguration());
        reader.checkTypes(known);
        this.rules = new SchemaRules(context.getCatalogTable().getResolvedSchema());
        FactoryUtil.validateFactoryOptions(factory, options);
        PathTemplate declared = rules.template(
                reader.base(),
                options.get(ZooKeeperOptions.PATH),
                options.get(ZooKeeperOptions.PATH_ENCODING),
                owner.isReadable(context.getObjectIdentifier()));
        PathTemplate template = options.getOptional(SinkOptions.GUARD_LOCK)
                .map(declared::hiding)
                .orElse(declared)
                .hiding(options.get(SinkOptions.COMMIT_PATH))
                .hiding(owner.definitions());
        this.layout = new TableLayout(template, context.getPhysicalRowDataType());
    }

    /** Empty where rows are znodes. */
    public Optional<Recipe> recipe() {
        return options.get(RecipeOptions.RECIPE).recipe();
    }

    /** Checks that the rowtime, if there is one, is a time that the source tells. */
    public void checkRowtime(ScanSettings scan) {
        new RowtimeRules(context.getCatalogTable().getResolvedSchema())
                .check(
                        scan,
                        context.getCatalogTable()
                                .getOptions()
                                .get(ZooKeeperOptions.SCAN_WATERMARK_ADVANCE_INTERVAL.key()));
    }

    /** Refuses options that nobody has asked for. */
    public void checkAllUsed() {
        helper.validateExcept(ZooKeeperOptions.PROPERTIES_PREFIX);
    }
}
