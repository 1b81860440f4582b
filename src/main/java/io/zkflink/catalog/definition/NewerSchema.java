// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog.definition;

import io.zkflink.catalog.definition.DefinitionFormat.Reader;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.Schema;

/**
 * What schemas have since Flink 2.1 (indexes) and 2.3 (immutable columns). Older ones are never asked for it: what
 * calls methods that they lack is in a class that is only loaded where they exist.
 */
final class NewerSchema {

    private static final String INDEXES = "indexes";
    private static final String IMMUTABLE_COLUMNS = "immutable-columns";
    private static final String NAME = "name";
    private static final String COLUMNS = "columns";

    private static final boolean HAS_INDEXES = has("getIndexes");
    private static final boolean HAS_IMMUTABLE_COLUMNS = has("getImmutableColumns");

    private NewerSchema() {}

    private static boolean has(String method) {
        try {
            Schema.class.getMethod(method);
            return true;
        } catch (NoSuchMethodException e) {
            return false;
        }
    }

    static void write(ObjectNode definition, Schema schema) {
        if (HAS_INDEXES) {
            Indexes.write(definition, schema);
        }
        if (HAS_IMMUTABLE_COLUMNS) {
            ImmutableColumns.write(definition, schema);
        }
    }

    static void read(Reader definition, Schema.Builder schema) {
        if (HAS_INDEXES) {
            Indexes.read(definition, schema);
        } else if (definition.has(INDEXES)) {
            throw definition.tooNew("an index");
        }
        if (HAS_IMMUTABLE_COLUMNS) {
            ImmutableColumns.read(definition, schema);
        } else if (definition.has(IMMUTABLE_COLUMNS)) {
            throw definition.tooNew("immutable columns");
        }
    }

    /** Needs Flink 2.1. */
    private static final class Indexes {

        static void write(ObjectNode definition, Schema schema) {
            if (!schema.getIndexes().isEmpty()) {
                ArrayNode indexes = definition.putArray(INDEXES);
                schema.getIndexes().forEach(index -> {
                    ObjectNode node = indexes.addObject();
                    node.put(NAME, index.getIndexName());
                    DefinitionFormat.put(node, COLUMNS, index.getColumnNames());
                });
            }
        }

        static void read(Reader definition, Schema.Builder schema) {
            for (Reader index : definition.objects(INDEXES)) {
                schema.indexNamed(index.text(NAME), index.list(COLUMNS));
                index.end();
            }
        }
    }

    /** Needs Flink 2.3. */
    private static final class ImmutableColumns {

        static void write(ObjectNode definition, Schema schema) {
            schema.getImmutableColumns().ifPresent(columns -> {
                ObjectNode node = definition.putObject(IMMUTABLE_COLUMNS);
                node.put(NAME, columns.getConstraintName());
                DefinitionFormat.put(node, COLUMNS, columns.getColumnNames());
            });
        }

        static void read(Reader definition, Schema.Builder schema) {
            Reader columns = definition.object(IMMUTABLE_COLUMNS);
            if (columns != null) {
                schema.immutableColumnsNamed(columns.text(NAME), columns.list(COLUMNS));
                columns.end();
            }
        }
    }
}
