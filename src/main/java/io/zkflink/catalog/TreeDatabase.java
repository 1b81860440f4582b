// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.table.options.CatalogOptions;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;

/**
 * A database whose tables need no definition: the name of a table is its path template. The columns are those of the
 * template, the data, and all metadata that the template does not bind a column of the same name to.
 */
final class TreeDatabase {

    static final String NAME = "tree";

    private static final String DATA = "data";
    private static final int MAX_LISTED = 1_000;

    private final String base;
    private final boolean dataIsBytes;
    private final UnaryOperator<Map<String, String>> options;

    /**
     * @param base the path that the server has the root of all paths at, empty for its own root
     * @param options makes of a table's options what the table is to have
     */
    TreeDatabase(String base, boolean dataIsBytes, UnaryOperator<Map<String, String>> options) {
        this.base = base;
        this.dataIsBytes = dataIsBytes;
        this.options = options;
    }

    /** Whether a name is the path template of a table. */
    boolean exists(String name) {
        try {
            parse(name);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * The table of a template. What begins with a slash is meant to be one, so whoever asks is told what is wrong with
     * it.
     */
    CatalogTable table(String catalog, ObjectPath table) throws TableNotExistException {
        String name = table.getObjectName();
        try {
            return table(name, parse(name).columns());
        } catch (IllegalArgumentException e) {
            TableNotExistException missing = new TableNotExistException(catalog, table, e);
            if (!name.startsWith("/")) {
                throw missing;
            }
            throw new CatalogException(
                    "There is no table `" + name + "` in the database '" + NAME + "' of the catalog '" + catalog
                            + "', where the name is the path template: " + e.getMessage() + ".",
                    missing);
        }
    }

    private CatalogTable table(String name, List<String> columns) {
        Schema.Builder schema = Schema.newBuilder();
        columns.forEach(column -> schema.column(column, DataTypes.STRING().notNull()));
        if (!columns.contains(DATA)) {
            schema.column(DATA, dataIsBytes ? DataTypes.BYTES() : DataTypes.STRING());
        }
        Arrays.stream(ReadableMetadata.values())
                .filter(metadata -> metadata != ReadableMetadata.EVENT_TYPE)
                .filter(metadata -> !columns.contains(columnOf(metadata)))
                .forEach(
                        metadata -> schema.columnByMetadata(columnOf(metadata), metadata.type(), metadata.key(), true));
        if (!columns.isEmpty()) {
            schema.primaryKey(columns);
        }
        return CatalogTable.newBuilder()
                .schema(schema.build())
                .comment("The znodes of '" + name + "'.")
                .options(options.apply(CatalogOptions.ofTable(name)))
                .build();
    }

    private static String columnOf(ReadableMetadata metadata) {
        return metadata.key().replace('-', '_');
    }

    private PathTemplate parse(String name) {
        return PathTemplate.parseToRead(base, name, PathEncoding.NONE, column -> SegmentType.STRING);
    }

    /**
     * The names of the tables to look around with, one for each child of the root whose name is a literal of a path.
     */
    List<String> list(Collection<String> children) {
        return children.stream()
                .sorted()
                .map(child -> "/" + child + "/{*path}")
                .filter(name -> exists(name) && parse(name).columns().size() == 1)
                .limit(MAX_LISTED)
                .toList();
    }

    static boolean has(ObjectPath object) {
        return object.getDatabaseName().equals(NAME);
    }

    /** Refuses to create, alter or drop what is here. */
    static void refuse(ObjectPath object) {
        if (has(object)) {
            throw refusal();
        }
    }

    /** Why nothing can be done to a table here. */
    static CatalogException refusal() {
        return new CatalogException("The tables of the database '" + NAME + "' are the path templates themselves and"
                + " cannot be created, altered, renamed or dropped; create a table in another database, with 'path' as"
                + " an option.");
    }
}
