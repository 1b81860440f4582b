// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.catalog.definition.Definitions;
import io.zkflink.testkit.FakeZooKeeper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogFunction;
import org.apache.flink.table.catalog.CatalogFunctionImpl;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.CatalogView;
import org.apache.flink.table.catalog.FunctionLanguage;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.TableDistribution;
import org.apache.flink.table.expressions.SqlCallExpression;
import org.apache.flink.table.resource.ResourceType;
import org.apache.flink.table.resource.ResourceUri;
import org.apache.flink.table.types.DataType;

/**
 * Random DDL on this catalog and on Flink's own in memory: equal answers and equal failures, whichever instance is
 * asked and however often the connection breaks.
 */
class CatalogOracleTest {

    private static final String NAME = "zk";
    private static final int STATEMENTS = 30;

    private static final List<String> DATABASES =
            List.of("default", "db", "DB", "a b/c", "no such", "\u00e9\ud83d\ude00");
    private static final List<String> OBJECTS = List.of(
            "t",
            "T",
            "with blank",
            "sla/sh",
            "quo`te'\"",
            ".",
            "..",
            "%41",
            "%",
            "\ud83d\ude00\u00df\u0130",
            "\ud83d",
            "n".repeat(200),
            "\u00fc".repeat(200));

    private static final List<DataType> TYPES = List.of(
            DataTypes.STRING(),
            DataTypes.STRING().notNull(),
            DataTypes.CHAR(3),
            DataTypes.VARCHAR(7),
            DataTypes.BOOLEAN(),
            DataTypes.BYTES(),
            DataTypes.BINARY(4),
            DataTypes.DECIMAL(38, 18),
            DataTypes.TINYINT(),
            DataTypes.SMALLINT(),
            DataTypes.INT(),
            DataTypes.BIGINT().notNull(),
            DataTypes.FLOAT(),
            DataTypes.DOUBLE(),
            DataTypes.DATE(),
            DataTypes.TIME(3),
            DataTypes.TIMESTAMP(9),
            DataTypes.TIMESTAMP_LTZ(3),
            DataTypes.INTERVAL(DataTypes.DAY(), DataTypes.SECOND(3)),
            DataTypes.INTERVAL(DataTypes.YEAR(), DataTypes.MONTH()),
            DataTypes.ARRAY(DataTypes.INT().notNull()),
            DataTypes.MULTISET(DataTypes.STRING()),
            DataTypes.MAP(DataTypes.STRING(), DataTypes.ARRAY(DataTypes.DATE())),
            DataTypes.VARIANT(),
            DataTypes.ROW(
                    DataTypes.FIELD("a b`c", DataTypes.INT(), "what's 'it'"),
                    DataTypes.FIELD("d", DataTypes.ROW(DataTypes.FIELD("e", DataTypes.BYTES())))));

    @Property(tries = 8)
    void itAnswersAsTheOneInMemory(@ForAll long seed) {
        run(new Random(seed), null);
    }

    @Property(tries = 5)
    void alsoIfTheConnectionBreaks(@ForAll long seed) {
        run(new Random(seed), new Random(seed + 1));
    }

    @Property(tries = 200)
    void everySchemaComesBack(@ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int columns) {
        Random random = new Random(seed);
        CatalogBaseTable table = table(random, columns);
        Definitions definitions = new Definitions(getClass().getClassLoader(), options -> options);
        io.zkflink.client.ZNode znode = new io.zkflink.client.ZNode("/x", Definitions.write(table), null);
        assertThat(described(definitions.table(znode))).isEqualTo(described(table));
    }

    private static void run(Random random, Random faults) {
        Catalog expected = new GenericInMemoryCatalog(NAME, "default");
        FakeZooKeeper zooKeeper = new FakeZooKeeper();
        List<String> history = new ArrayList<>();
        List<String> shuffled = new ArrayList<>(OBJECTS);
        Collections.shuffle(shuffled, random);
        List<String> names = shuffled.subList(0, 4);
        try (FakeCatalogs catalogs = new FakeCatalogs(zooKeeper, faults)) {
            Catalog actual = catalogs.open(NAME);
            for (int i = 0; i < STATEMENTS; i++) {
                Statement statement = statement(random, names);
                history.add(statement.text);
                assertThat(outcome(statement, actual)).as("%s", history).isEqualTo(outcome(statement, expected));
                if (random.nextInt(5) == 0) {
                    actual = catalogs.open(NAME);
                }
                Map<String, Object> answers = state(actual, names);
                state(expected, names).forEach((question, answer) -> assertThat(answers.get(question))
                        .as("%s after %s", question, history)
                        .isEqualTo(answer));
            }
        }
    }

    private record Statement(String text, Action action) {}

    private interface Action {
        Object run(Catalog catalog) throws Exception;
    }

    private static Object outcome(Statement statement, Catalog catalog) {
        try {
            return String.valueOf(statement.action.run(catalog));
        } catch (Exception e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    private static Statement statement(Random random, List<String> names) {
        String database = pick(random, DATABASES);
        ObjectPath path = new ObjectPath(database, pick(random, names));
        boolean ignore = random.nextInt(3) == 0;
        return switch (random.nextInt(13)) {
            case 0 -> {
                Map<String, String> properties = properties(random);
                String comment = random.nextBoolean() ? null : "comment " + random.nextInt();
                yield new Statement(
                        "CREATE DATABASE " + database,
                        act(catalog -> catalog.createDatabase(
                                database, new CatalogDatabaseImpl(properties, comment), ignore)));
            }
            case 1 -> {
                boolean cascade = random.nextBoolean();
                // Flink's can lose its default database.
                yield new Statement("DROP DATABASE " + database + " " + cascade, act(catalog -> {
                    if (!database.equals("default")) {
                        catalog.dropDatabase(database, ignore, cascade);
                    }
                }));
            }
            case 2 -> {
                Map<String, String> properties = properties(random);
                yield new Statement(
                        "ALTER DATABASE " + database,
                        act(catalog ->
                                catalog.alterDatabase(database, new CatalogDatabaseImpl(properties, null), ignore)));
            }
            case 3, 4, 5 -> {
                CatalogBaseTable table = table(random, 1 + random.nextInt(4));
                yield new Statement("CREATE TABLE " + path, act(catalog -> catalog.createTable(path, table, ignore)));
            }
            case 6, 7 -> {
                CatalogBaseTable table = table(random, 1 + random.nextInt(4));
                yield new Statement("ALTER TABLE " + path, act(catalog -> catalog.alterTable(path, table, ignore)));
            }
            case 8 -> {
                String name = pick(random, names);
                yield new Statement(
                        "RENAME TABLE " + path + " TO " + name,
                        act(catalog -> catalog.renameTable(path, name, ignore)));
            }
            case 9 -> new Statement("DROP TABLE " + path, act(catalog -> catalog.dropTable(path, ignore)));
            case 10 -> {
                CatalogFunction function = function(random);
                yield new Statement(
                        "CREATE FUNCTION " + path, act(catalog -> catalog.createFunction(path, function, ignore)));
            }
            case 11 -> {
                CatalogFunction function = function(random);
                yield new Statement(
                        "ALTER FUNCTION " + path, act(catalog -> catalog.alterFunction(path, function, ignore)));
            }
            default -> new Statement("DROP FUNCTION " + path, act(catalog -> catalog.dropFunction(path, ignore)));
        };
    }

    private interface Change {
        void make(Catalog catalog) throws Exception;
    }

    private static Action act(Change change) {
        return catalog -> {
            change.make(catalog);
            return "done";
        };
    }

    /** All that can be asked of a catalog. */
    private static Map<String, Object> state(Catalog catalog, List<String> names) {
        Map<String, Object> state = new TreeMap<>();
        state.put(
                "databases",
                catalog.listDatabases().stream()
                        .filter(name -> !name.equals("tree"))
                        .toList());
        for (String database : DATABASES) {
            state.put(database, catalog.databaseExists(database));
            ask(state, database + " properties", () -> {
                Map<String, String> properties = catalog.getDatabase(database).getProperties();
                return new TreeMap<>(properties) + " "
                        + catalog.getDatabase(database).getComment();
            });
            ask(state, database + " tables", () -> catalog.listTables(database));
            ask(state, database + " views", () -> catalog.listViews(database));
            ask(state, database + " functions", () -> catalog.listFunctions(database));
            for (String name : names) {
                ObjectPath path = new ObjectPath(database, name);
                ask(state, path + " exists", () -> catalog.tableExists(path) + " " + catalog.functionExists(path));
                ask(state, path + " is", () -> described(catalog.getTable(path)));
                ask(state, path + " computes", () -> catalog.getFunction(path));
                ask(state, path + " has partitions", () -> partitions(catalog, path));
                ask(state, path + " has rows", () -> catalog.getTableStatistics(path)
                        .getRowCount());
            }
        }
        return state;
    }

    /** Flink's own fails with a NullPointerException for a table that was altered to be partitioned. */
    private static Object partitions(Catalog catalog, ObjectPath path) throws Exception {
        boolean isFlinks = catalog instanceof GenericInMemoryCatalog;
        try {
            return catalog.listPartitions(path);
        } catch (NullPointerException e) {
            if (isFlinks) {
                return List.of();
            }
            throw e;
        }
    }

    private interface Question {
        Object answer() throws Exception;
    }

    private static void ask(Map<String, Object> state, String name, Question question) {
        try {
            state.put(name, question.answer());
        } catch (Exception e) {
            state.put(name, e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    private static Object described(CatalogBaseTable table) {
        List<Object> described = new ArrayList<>(List.of(
                table.getTableKind(),
                table.getUnresolvedSchema(),
                table.getComment(),
                new TreeMap<>(table.getOptions())));
        if (table instanceof CatalogView view) {
            described.addAll(List.of(view.getOriginalQuery(), view.getExpandedQuery()));
        } else if (table instanceof CatalogTable plain) {
            described.addAll(List.of(plain.getPartitionKeys(), plain.getDistribution(), plain.getSnapshot()));
        }
        return described;
    }

    private static CatalogBaseTable table(Random random, int columns) {
        Schema schema = schema(random, columns);
        Map<String, String> options = properties(random);
        String comment = random.nextBoolean() ? "" : "it's a \"comment\" \u00e9 " + random.nextInt();
        if (random.nextInt(3) == 0) {
            return CatalogView.of(schema, comment, "SELECT '\u00e9' FROM `x`", "SELECT 1\n-- two lines", options);
        }
        return CatalogTable.newBuilder()
                .schema(schema)
                .comment(comment)
                .partitionKeys(random.nextInt(4) == 0 ? List.of("c,0") : List.of())
                .distribution(
                        random.nextInt(3) != 0
                                ? null
                                : TableDistribution.of(
                                        List.of(TableDistribution.Kind.values()).get(random.nextInt(3)),
                                        random.nextBoolean() ? null : 4,
                                        List.of("c,0")))
                .snapshot(random.nextInt(5) == 0 ? 123L : null)
                .options(options)
                .build();
    }

    private static Schema schema(Random random, int columns) {
        Schema.Builder schema = Schema.newBuilder();
        // Names with commas are why the properties of Flink will not do.
        schema.column("c,0", DataTypes.STRING().notNull());
        for (int i = 1; i < columns; i++) {
            String name = "c." + i + (random.nextBoolean() ? "`" : "");
            switch (random.nextInt(4)) {
                case 0 ->
                    schema.columnByMetadata(
                            name, pick(random, TYPES), random.nextBoolean() ? null : name, random.nextBoolean());
                case 1 -> schema.columnByExpression(name, new SqlCallExpression("`c,0` || '\u00e9'"));
                default -> schema.column(name, pick(random, TYPES));
            }
            if (random.nextBoolean()) {
                schema.withComment(random.nextBoolean() ? "" : "column's \"comment\"");
            }
        }
        if (random.nextBoolean()) {
            schema.primaryKeyNamed("PK " + random.nextInt(9), "c,0");
        }
        if (random.nextInt(3) == 0) {
            schema.watermark("c,0", new SqlCallExpression("`c,0` - INTERVAL '1' SECOND"));
        }
        if (random.nextInt(3) == 0) {
            schema.indexNamed("an index", List.of("c,0"));
        }
        if (random.nextInt(3) == 0) {
            schema.immutableColumnsNamed("immutable", List.of("c,0"));
        }
        return schema.build();
    }

    private static Map<String, String> properties(Random random) {
        Map<String, String> properties = new TreeMap<>();
        for (String key :
                List.of("a", "schema.0.name", "comment", "partition.keys.0.name", "is_generic", "", "\u00e9 = '")) {
            if (random.nextInt(4) == 0) {
                properties.put(key, pick(random, List.of("", "1", "it's", "\ud83d\ude00\n")));
            }
        }
        return properties;
    }

    private static CatalogFunction function(Random random) {
        List<ResourceUri> resources = random.nextBoolean()
                ? List.of()
                : List.of(new ResourceUri(pick(random, List.of(ResourceType.values())), "file:///tmp/a b.jar"));
        return new CatalogFunctionImpl(
                "com.example.Function" + random.nextInt(3),
                pick(random, List.of(FunctionLanguage.values())),
                resources,
                random.nextBoolean() ? Map.of() : Map.of("key", "value"));
    }

    private static <T> T pick(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
