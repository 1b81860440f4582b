// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.Column;
import io.zkflink.row.ContenderDecoder;
import io.zkflink.row.RecipeMetadata;
import io.zkflink.row.TableLayout;
import io.zkflink.source.ZooKeeperSource;
import io.zkflink.source.reader.RecipeScan;
import io.zkflink.source.settings.ScanSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** Locks, elections or barriers as the planner sees them; the planner narrows them to what a query reads. */
final class RecipeTableSource extends NarrowedTableSource {

    private final RecipeSettings settings;

    RecipeTableSource(ConnectionSettings connection, TableLayout layout, RecipeSettings settings, ScanSettings scan) {
        super(connection, layout, scan);
        this.settings = settings;
    }

    private RecipeTableSource(RecipeTableSource other) {
        super(other);
        this.settings = other.settings;
    }

    @Override
    ZooKeeperSource<RowData> source(ScanContext context) {
        ContenderDecoder decoder = new ContenderDecoder(settings.contenders(layout.template()), columns());
        return ZooKeeperSource.of(
                connection,
                narrowed,
                scan,
                new RecipeScan(settings, decoder),
                context.createTypeInformation(producedType));
    }

    private List<Column> columns() {
        List<String> names = DataType.getFieldNames(layout.physical());
        List<Column> columns = new ArrayList<>();
        for (int field : fields) {
            int variable = layout.template().columns().indexOf(names.get(field));
            columns.add(variable >= 0 ? new Column.FromPath(variable) : new Column.FromData());
        }
        metadata.forEach(key -> columns.add(RecipeMetadata.column(key)));
        return columns;
    }

    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
        throw new ValidationException("A table of 'recipe' = '" + settings.recipe() + "' cannot be looked up: who holds"
                + " what changes with others' znodes, and an answer would be outdated before it is used. Join it as a"
                + " changelog, without FOR SYSTEM_TIME AS OF.");
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return RecipeMetadata.types();
    }

    @Override
    public DynamicTableSource copy() {
        return new RecipeTableSource(this);
    }

    @Override
    public String asSummaryString() {
        return "ZooKeeper[" + settings.recipe() + " " + layout.template() + "]";
    }
}
