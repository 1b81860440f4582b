// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.path.PathTemplate;
import io.zkflink.recipes.Recipe;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ClaimEncoder;
import io.zkflink.sink.session.SessionBoundSink;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.table.options.RecipeOptions;
import io.zkflink.table.options.SinkOptionsReader;
import io.zkflink.table.options.ZooKeeperOptions;
import io.zkflink.table.schema.DeclaredTable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;

/** Makes tables of locks, elections and barriers: reads their options, and holds their schema against the recipe. */
final class RecipeTable {

    private final DeclaredTable table;
    private final Recipe recipe;

    RecipeTable(DeclaredTable table, Recipe recipe) {
        this.table = table;
        this.recipe = recipe;
    }

    /** Refuses what only tables of a recipe have. */
    static void checkIsNone(DeclaredTable table) {
        refuse(table, RecipeOptions.OF_LOCKS, "only locks have it. Set 'recipe' = 'lock', or remove the option.");
        refuse(
                table,
                List.of(RecipeOptions.BARRIER_MEMBERS),
                "only barriers have it. Set 'recipe' = 'barrier', or remove the option.");
    }

    DynamicTableSource source() {
        RecipeSettings settings = settings();
        PathTemplate template = table.layout.template();
        table.rules.checkRecipe(recipe, template);
        boolean hasPrimaryKey = table.rules.hasPrimaryKeyWith(owner(), template);
        table.checkAllUsed();
        ScanSettings scan = table.reader.scan().settings(hasPrimaryKey, ScanMode.ALL);
        if (scan.mode() == ScanMode.APPEND) {
            throw table.reader.invalid(
                    ZooKeeperOptions.SCAN_CHANGELOG_MODE,
                    "with 'recipe' = '" + recipe + "' a row changes when others come and go, which no event of its own"
                            + " znode tells. Use 'all' or 'upsert'.");
        }
        table.rules.checkScanMode(scan.mode(), hasPrimaryKey);
        table.rules.checkMetadataNullable(scan.mode(), scan.isBounded());
        table.checkRowtime(scan);
        return new RecipeTableSource(table.reader.connection(), table.layout, settings, scan);
    }

    DynamicTableSink sink() {
        RecipeSettings settings = settings();
        PathTemplate template = table.layout.template();
        table.rules.checkRecipe(recipe, template);
        boolean hasPrimaryKey = table.rules.hasPrimaryKeyWith(owner(), template);
        table.checkAllUsed();
        SinkOptionsReader sink = new SinkOptionsReader(table.options, table.reader);
        sink.checkOneWriter("with 'recipe' = '" + recipe + "' all rows belong to one session, which only one writer can"
                + " have.");
        sink.checkRowsAreElsewhere(template);
        return new RecipeTableSink(
                SessionBoundSink.ofClaims(
                        table.reader.connection(),
                        new ClaimEncoder(table.layout, owner()),
                        settings,
                        sink.ofClaims(),
                        sink.settings()),
                template,
                Stream.concat(template.columns().stream(), Stream.of(owner())).toList(),
                hasPrimaryKey,
                table.reader.isCheckpointed(),
                "ZooKeeper[" + recipe + " " + template + "]");
    }

    /** The column that says who a contender is. */
    String owner() {
        return table.rules.owner(recipe, table.layout);
    }

    RecipeSettings settings() {
        refuse(
                table,
                RecipeOptions.OF_NODES,
                "a table of 'recipe' = '" + recipe + "' does not have it, only one of 'recipe' = 'node'. Remove the"
                        + " option.");
        if (recipe != Recipe.LOCK) {
            refuse(
                    table,
                    RecipeOptions.OF_LOCKS,
                    "only locks have it, and 'recipe' is '" + recipe + "'. Remove the option.");
        }
        if (recipe != Recipe.BARRIER) {
            refuse(
                    table,
                    List.of(RecipeOptions.BARRIER_MEMBERS),
                    "only barriers have it, and 'recipe' is '" + recipe + "'. Remove the option.");
        }
        return switch (recipe) {
            case LOCK ->
                RecipeSettings.lock(
                        table.options.get(RecipeOptions.LOCK_DIALECT),
                        table.reader.atLeastOne(RecipeOptions.LOCK_MAX_LEASES));
            case ELECTION -> RecipeSettings.election();
            case BARRIER -> RecipeSettings.barrier(members());
        };
    }

    private int members() {
        if (table.options.getOptional(RecipeOptions.BARRIER_MEMBERS).isEmpty()) {
            throw new ValidationException("Missing option 'barrier.members': with 'recipe' = 'barrier' it says how many"
                    + " have to enter until the barrier opens. Set it to their number.");
        }
        return table.reader.atLeastOne(RecipeOptions.BARRIER_MEMBERS);
    }

    private static void refuse(DeclaredTable table, List<ConfigOption<?>> options, String rule) {
        Optional<ConfigOption<?>> set = options.stream()
                .filter(option -> table.options.getOptional(option).isPresent())
                .findFirst();
        set.ifPresent(option -> {
            throw table.reader.invalid(option, rule);
        });
    }
}
