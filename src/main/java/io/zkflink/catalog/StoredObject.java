// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

/**
 * A database, a table, a function or a catalog that is kept in a znode of its own.
 *
 * @param name what messages call it
 * @param path its znode
 */
record StoredObject(String name, String path) {

    /** As messages say it. */
    @Override
    public String toString() {
        return name + " ('" + path + "')";
    }
}
