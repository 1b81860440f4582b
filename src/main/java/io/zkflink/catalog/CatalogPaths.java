// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.definition.ObjectName;
import io.zkflink.path.ZNodePath;
import org.apache.flink.table.catalog.ObjectPath;

/**
 * Where definitions are kept: {@code root/database} is a database, {@code root/database/table.name} a table or view,
 * which share their names, and {@code root/database/function.name} a function.
 *
 * @param root absolute; its znode has no data, and its version grows with every object that comes or goes
 */
record CatalogPaths(String root) {

    private static final String TABLE = "table.";
    private static final String FUNCTION = "function.";

    String database(String database) {
        return root + "/" + ObjectName.encode(database);
    }

    String table(ObjectPath table) {
        return database(table.getDatabaseName()) + "/" + TABLE + ObjectName.encode(table.getObjectName());
    }

    String function(ObjectPath function) {
        return database(function.getDatabaseName()) + "/" + FUNCTION + ObjectName.encode(function.getObjectName());
    }

    /** The database of a znode right below the root; null if it is none. */
    static String databaseOf(String path) {
        return ObjectName.decode(ZNodePath.name(path));
    }

    /** The table or view of a znode right below that of a database; null if it is none. */
    static String tableOf(String path) {
        return objectOf(path, TABLE);
    }

    /** The function of a znode right below that of a database; null if it is none. */
    static String functionOf(String path) {
        return objectOf(path, FUNCTION);
    }

    private static String objectOf(String path, String kind) {
        String name = ZNodePath.name(path);
        return name.startsWith(kind) ? ObjectName.decode(name.substring(kind.length())) : null;
    }
}
