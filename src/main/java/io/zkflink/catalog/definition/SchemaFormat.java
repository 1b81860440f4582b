// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog.definition;

import io.zkflink.catalog.definition.DefinitionFormat.Reader;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Schema.UnresolvedColumn;
import org.apache.flink.table.api.Schema.UnresolvedComputedColumn;
import org.apache.flink.table.api.Schema.UnresolvedMetadataColumn;
import org.apache.flink.table.api.Schema.UnresolvedPhysicalColumn;
import org.apache.flink.table.api.Schema.UnresolvedWatermarkSpec;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.WatermarkSpec;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.expressions.Expression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.SqlCallExpression;
import org.apache.flink.table.types.AbstractDataType;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

/**
 * Schemas as JSON: types and expressions as SQL, everything else as it was declared. Flink's own form, a map of
 * properties, is not used because keys that hold a comma, options whose names begin like those of the schema, and what
 * a column's declaration leaves out do not come back from it.
 */
final class SchemaFormat {

    private static final String NAME = "name";
    private static final String COLUMNS = "columns";
    private static final String KIND = "kind";
    private static final String PHYSICAL = "physical";
    private static final String COMPUTED = "computed";
    private static final String METADATA = "metadata";
    private static final String TYPE = "type";
    private static final String EXPRESSION = "expression";
    private static final String KEY = "key";
    private static final String VIRTUAL = "virtual";
    private static final String COMMENT = "comment";
    private static final String WATERMARKS = "watermarks";
    private static final String PRIMARY_KEY = "primary-key";

    private final ClassLoader classLoader;

    /**
     * @param classLoader finds the classes of RAW types
     */
    SchemaFormat(ClassLoader classLoader) {
        this.classLoader = classLoader;
    }

    /**
     * Writes a schema into a definition.
     *
     * @param resolved the same schema with all types and expressions known; null if it is not known
     */
    static void write(ObjectNode definition, Schema schema, ResolvedSchema resolved) {
        ArrayNode columns = definition.putArray(COLUMNS);
        for (UnresolvedColumn column : schema.getColumns()) {
            Column known = resolved == null
                    ? null
                    : resolved.getColumn(column.getName()).orElse(null);
            columns.add(column(column, known));
        }
        if (!schema.getWatermarkSpecs().isEmpty()) {
            ArrayNode watermarks = definition.putArray(WATERMARKS);
            for (int i = 0; i < schema.getWatermarkSpecs().size(); i++) {
                WatermarkSpec known =
                        resolved == null ? null : resolved.getWatermarkSpecs().get(i);
                UnresolvedWatermarkSpec watermark = schema.getWatermarkSpecs().get(i);
                ObjectNode node = watermarks.addObject();
                node.put(NAME, watermark.getColumnName());
                node.put(
                        EXPRESSION,
                        sql(watermark.getWatermarkExpression(), known == null ? null : known.getWatermarkExpression()));
            }
        }
        schema.getPrimaryKey().ifPresent(key -> {
            ObjectNode node = definition.putObject(PRIMARY_KEY);
            node.put(NAME, key.getConstraintName());
            DefinitionFormat.put(node, COLUMNS, key.getColumnNames());
        });
        NewerSchema.write(definition, schema);
    }

    private static ObjectNode column(UnresolvedColumn column, Column known) {
        ObjectNode node = DefinitionFormat.object();
        node.put(NAME, column.getName());
        if (column instanceof UnresolvedPhysicalColumn physical) {
            node.put(KIND, PHYSICAL);
            node.put(TYPE, type(physical.getDataType(), known));
        } else if (column instanceof UnresolvedMetadataColumn metadata) {
            node.put(KIND, METADATA);
            node.put(TYPE, type(metadata.getDataType(), known));
            if (metadata.getMetadataKey() != null) {
                node.put(KEY, metadata.getMetadataKey());
            }
            node.put(VIRTUAL, metadata.isVirtual());
        } else if (column instanceof UnresolvedComputedColumn computed) {
            node.put(KIND, COMPUTED);
            ResolvedExpression expression =
                    known instanceof Column.ComputedColumn resolved ? resolved.getExpression() : null;
            node.put(EXPRESSION, sql(computed.getExpression(), expression));
        } else {
            throw new CatalogException("The column '" + column.getName() + "' is of a kind that this connector cannot"
                    + " store (" + column.getClass().getSimpleName() + ").");
        }
        column.getComment().ifPresent(comment -> node.put(COMMENT, comment));
        return node;
    }

    private static String type(AbstractDataType<?> declared, Column known) {
        LogicalType type;
        if (declared instanceof DataType resolved) {
            type = resolved.getLogicalType();
        } else if (known != null) {
            type = known.getDataType().getLogicalType();
        } else {
            throw new CatalogException("The type " + declared + " is not resolved, so it cannot be stored. Create the"
                    + " table by SQL or by a TableEnvironment, which resolve types.");
        }
        try {
            return type.asSerializableString();
        } catch (RuntimeException e) {
            throw new CatalogException(
                    "The type " + type.asSummaryString() + " cannot be stored, because it has no form in SQL: "
                            + e.getMessage(),
                    e);
        }
    }

    private static String sql(Expression declared, ResolvedExpression known) {
        if (declared instanceof SqlCallExpression sql) {
            return sql.getSqlExpression();
        }
        ResolvedExpression expression = declared instanceof ResolvedExpression resolved ? resolved : known;
        if (expression == null) {
            throw new CatalogException("The expression " + declared.asSummaryString() + " is not resolved, so it cannot"
                    + " be stored. Create the table by SQL or by a TableEnvironment, which resolve expressions.");
        }
        try {
            return expression.asSerializableString();
        } catch (RuntimeException e) {
            throw new CatalogException(
                    "The expression " + expression.asSummaryString() + " cannot be stored, because it has no form in"
                            + " SQL: " + e.getMessage(),
                    e);
        }
    }

    Schema read(Reader definition) {
        Schema.Builder schema = Schema.newBuilder();
        for (Reader column : definition.objects(COLUMNS)) {
            read(column, schema);
            column.end();
        }
        for (Reader watermark : definition.objects(WATERMARKS)) {
            schema.watermark(watermark.text(NAME), watermark.text(EXPRESSION));
            watermark.end();
        }
        Reader key = definition.object(PRIMARY_KEY);
        if (key != null) {
            schema.primaryKeyNamed(key.text(NAME), key.list(COLUMNS));
            key.end();
        }
        NewerSchema.read(definition, schema);
        return schema.build();
    }

    private void read(Reader column, Schema.Builder schema) {
        String name = column.text(NAME);
        String kind = column.text(KIND);
        switch (kind) {
            case PHYSICAL -> schema.column(name, type(column));
            case METADATA ->
                schema.columnByMetadata(name, type(column), column.optionalText(KEY), column.flag(VIRTUAL));
            case COMPUTED -> schema.columnByExpression(name, column.text(EXPRESSION));
            default -> throw column.tooNew("a column of the kind '" + kind + "'");
        }
        String comment = column.optionalText(COMMENT);
        if (comment != null) {
            schema.withComment(comment);
        }
    }

    private DataType type(Reader column) {
        String text = column.text(TYPE);
        LogicalType type;
        try {
            type = LogicalTypeParser.parse(text, classLoader);
        } catch (ValidationException e) {
            CatalogException refusal = column.tooNew("the type " + text);
            refusal.initCause(e);
            throw refusal;
        }
        // A name that this Flink does not know is taken for that of a type which the user defined.
        if (isUnknown(type)) {
            throw column.tooNew("the type " + text);
        }
        return DataTypes.of(type);
    }

    private static boolean isUnknown(LogicalType type) {
        // A type that is not resolved refuses to be asked for its children.
        return type.is(LogicalTypeRoot.UNRESOLVED)
                || type.getChildren().stream().anyMatch(SchemaFormat::isUnknown);
    }
}
