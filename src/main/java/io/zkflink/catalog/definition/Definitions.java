// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog.definition;

import io.zkflink.catalog.definition.DefinitionFormat.Reader;
import io.zkflink.client.ZNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogDatabase;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogDescriptor;
import org.apache.flink.table.catalog.CatalogFunction;
import org.apache.flink.table.catalog.CatalogFunctionImpl;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.CatalogView;
import org.apache.flink.table.catalog.FunctionLanguage;
import org.apache.flink.table.catalog.ResolvedCatalogBaseTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.TableDistribution;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.resource.ResourceType;
import org.apache.flink.table.resource.ResourceUri;

/** Catalogs, databases, tables, views and functions as the data of znodes. */
@Internal
public final class Definitions {

    private static final String CATALOG = "catalog";
    private static final String DATABASE = "database";
    private static final String TABLE = "table";
    private static final String VIEW = "view";
    private static final String FUNCTION = "function";
    private static final String COMMENT = "comment";
    private static final String OPTIONS = "options";
    private static final String PROPERTIES = "properties";
    private static final String PARTITION_KEYS = "partition-keys";
    private static final String SNAPSHOT = "snapshot";
    private static final String DISTRIBUTION = "distribution";
    private static final String KIND = "kind";
    private static final String BUCKETS = "buckets";
    private static final String KEYS = "keys";
    private static final String ORIGINAL_QUERY = "original-query";
    private static final String EXPANDED_QUERY = "expanded-query";
    private static final String CLASS_NAME = "class";
    private static final String LANGUAGE = "language";
    private static final String RESOURCES = "resources";
    private static final String TYPE = "type";
    private static final String URI = "uri";

    private static final boolean FUNCTIONS_HAVE_OPTIONS = functionsHaveOptions();

    private final SchemaFormat schemas;
    private final UnaryOperator<Map<String, String>> options;

    /**
     * @param classLoader finds the classes of RAW types
     * @param options makes of a table's options what the table is to have
     */
    public Definitions(ClassLoader classLoader, UnaryOperator<Map<String, String>> options) {
        this.schemas = new SchemaFormat(classLoader);
        this.options = options;
    }

    private static boolean functionsHaveOptions() {
        try {
            CatalogFunction.class.getMethod("getOptions");
            return true;
        } catch (NoSuchMethodException e) {
            return false;
        }
    }

    // ---- Databases.

    public static byte[] write(CatalogDatabase database) {
        ObjectNode definition = DefinitionFormat.begin(DATABASE);
        if (database.getComment() != null) {
            definition.put(COMMENT, database.getComment());
        }
        DefinitionFormat.put(definition, PROPERTIES, database.getProperties());
        return DefinitionFormat.bytes(definition);
    }

    public static CatalogDatabase database(ZNode znode) {
        Reader definition = expect(DATABASE, znode);
        CatalogDatabase database =
                new CatalogDatabaseImpl(definition.texts(PROPERTIES), definition.optionalText(COMMENT));
        definition.end();
        return database;
    }

    // ---- Tables and views.

    public static byte[] write(CatalogBaseTable table) {
        ResolvedSchema resolved = table instanceof ResolvedCatalogBaseTable<?> known ? known.getResolvedSchema() : null;
        ObjectNode definition;
        if (table instanceof CatalogView view) {
            definition = DefinitionFormat.begin(VIEW);
            definition.put(ORIGINAL_QUERY, view.getOriginalQuery());
            definition.put(EXPANDED_QUERY, view.getExpandedQuery());
        } else if (table instanceof CatalogTable plain) {
            definition = DefinitionFormat.begin(TABLE);
            write(definition, plain);
        } else {
            throw new CatalogException("A ZooKeeper catalog stores tables and views, and no materialized tables. Keep"
                    + " them in another catalog.");
        }
        SchemaFormat.write(definition, table.getUnresolvedSchema(), resolved);
        DefinitionFormat.put(definition, COMMENT, table.getComment());
        DefinitionFormat.put(definition, OPTIONS, table.getOptions());
        return DefinitionFormat.bytes(definition);
    }

    private static void write(ObjectNode definition, CatalogTable table) {
        if (!table.getPartitionKeys().isEmpty()) {
            DefinitionFormat.put(definition, PARTITION_KEYS, table.getPartitionKeys());
        }
        table.getSnapshot().ifPresent(snapshot -> definition.put(SNAPSHOT, snapshot));
        table.getDistribution().ifPresent(distribution -> {
            ObjectNode node = definition.putObject(DISTRIBUTION);
            node.put(KIND, distribution.getKind().name());
            distribution.getBucketCount().ifPresent(buckets -> node.put(BUCKETS, buckets));
            DefinitionFormat.put(node, KEYS, distribution.getBucketKeys());
        });
    }

    /** What a znode defines, without looking at the rest; for errors, too. */
    public static CatalogBaseTable.TableKind kind(ZNode znode) {
        Reader definition = DefinitionFormat.read(znode);
        String kind = definition.kind();
        return switch (kind) {
            case TABLE -> CatalogBaseTable.TableKind.TABLE;
            case VIEW -> CatalogBaseTable.TableKind.VIEW;
            default -> throw definition.tooNew("an object of the kind '" + kind + "'");
        };
    }

    public CatalogBaseTable table(ZNode znode) {
        CatalogBaseTable.TableKind kind = kind(znode);
        Reader definition = DefinitionFormat.read(znode);
        definition.kind();
        try {
            return table(kind, definition);
        } catch (CatalogException e) {
            throw e;
        } catch (RuntimeException e) {
            // What was written was a table; Flink refuses what has become of it.
            throw definition.damaged(String.valueOf(e.getMessage()));
        }
    }

    private CatalogBaseTable table(CatalogBaseTable.TableKind kind, Reader definition) {
        Schema schema = schemas.read(definition);
        String comment = definition.optionalText(COMMENT);
        Map<String, String> declared = definition.texts(OPTIONS);
        CatalogBaseTable table = kind == CatalogBaseTable.TableKind.VIEW
                ? CatalogView.of(
                        schema, comment, definition.text(ORIGINAL_QUERY), definition.text(EXPANDED_QUERY), declared)
                : CatalogTable.newBuilder()
                        .schema(schema)
                        .comment(comment)
                        .options(options.apply(declared))
                        .partitionKeys(definition.list(PARTITION_KEYS))
                        .snapshot(definition.optionalNumber(SNAPSHOT))
                        .distribution(distribution(definition.object(DISTRIBUTION)))
                        .build();
        definition.end();
        return table;
    }

    private static TableDistribution distribution(Reader node) {
        if (node == null) {
            return null;
        }
        TableDistribution.Kind kind = constant(TableDistribution.Kind.class, node, KIND, "the distribution");
        Long buckets = node.optionalNumber(BUCKETS);
        TableDistribution distribution =
                TableDistribution.of(kind, buckets == null ? null : Math.toIntExact(buckets), node.list(KEYS));
        node.end();
        return distribution;
    }

    // ---- Functions.

    public static byte[] write(CatalogFunction function) {
        ObjectNode definition = DefinitionFormat.begin(FUNCTION);
        definition.put(CLASS_NAME, function.getClassName());
        definition.put(LANGUAGE, function.getFunctionLanguage().name());
        ArrayNode resources = definition.putArray(RESOURCES);
        for (ResourceUri resource : function.getFunctionResources()) {
            ObjectNode node = resources.addObject();
            node.put(TYPE, resource.getResourceType().name());
            node.put(URI, resource.getUri());
        }
        if (FUNCTIONS_HAVE_OPTIONS) {
            DefinitionFormat.put(definition, OPTIONS, function.getOptions());
        }
        return DefinitionFormat.bytes(definition);
    }

    public static CatalogFunction function(ZNode znode) {
        Reader definition = expect(FUNCTION, znode);
        String className = definition.text(CLASS_NAME);
        FunctionLanguage language = constant(FunctionLanguage.class, definition, LANGUAGE, "the language");
        List<ResourceUri> resources = new ArrayList<>();
        for (Reader resource : definition.objects(RESOURCES)) {
            resources.add(new ResourceUri(
                    constant(ResourceType.class, resource, TYPE, "a resource of the type"), resource.text(URI)));
            resource.end();
        }
        CatalogFunction function;
        if (FUNCTIONS_HAVE_OPTIONS) {
            function = new CatalogFunctionImpl(className, language, resources, definition.texts(OPTIONS));
        } else if (definition.has(OPTIONS)) {
            throw definition.tooNew("options of a function");
        } else {
            function = new CatalogFunctionImpl(className, language, resources);
        }
        definition.end();
        return function;
    }

    // ---- Catalogs, as catalog stores keep them.

    /**
     * The configuration of a catalog, as a catalog store keeps it.
     *
     * @param comment null for none
     */
    public static byte[] write(Map<String, String> catalog, String comment) {
        ObjectNode definition = DefinitionFormat.begin(CATALOG);
        if (comment != null) {
            definition.put(COMMENT, comment);
        }
        DefinitionFormat.put(definition, OPTIONS, catalog);
        return DefinitionFormat.bytes(definition);
    }

    public static CatalogDescriptor catalog(String name, ZNode znode) {
        Reader definition = expect(CATALOG, znode);
        CatalogDescriptor catalog = CatalogDescriptor.of(
                name, Configuration.fromMap(definition.texts(OPTIONS)), definition.optionalText(COMMENT));
        definition.end();
        return catalog;
    }

    // ---- All of them.

    private static Reader expect(String expected, ZNode znode) {
        Reader definition = DefinitionFormat.read(znode);
        String kind = definition.kind();
        if (!kind.equals(expected)) {
            throw definition.damaged("it defines a " + kind + " where a " + expected + " was expected");
        }
        return definition;
    }

    private static <E extends Enum<E>> E constant(Class<E> type, Reader node, String field, String what) {
        String name = node.text(field);
        try {
            return Enum.valueOf(type, name);
        } catch (IllegalArgumentException e) {
            CatalogException refusal = node.tooNew(what + " " + name);
            refusal.initCause(e);
            throw refusal;
        }
    }
}
