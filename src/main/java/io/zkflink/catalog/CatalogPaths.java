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

    StoredObject database(String database) {
        return new StoredObject("the database `" + database + "`", root + "/" + ObjectName.encode(database));
    }

    StoredObject table(ObjectPath table) {
        return object(table, TABLE);
    }

    StoredObject function(ObjectPath function) {
        return object(function, FUNCTION);
    }

    private StoredObject object(ObjectPath object, String kind) {
        return new StoredObject(
                nameOf(object),
                database(object.getDatabaseName()).path() + "/" + kind + ObjectName.encode(object.getObjectName()));
    }

    static String nameOf(ObjectPath object) {
        return "`" + object.getDatabaseName() + "`.`" + object.getObjectName() + "`";
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
