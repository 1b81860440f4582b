// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import org.apache.flink.table.connector.source.DynamicTableSource;

/**
 * Adds to a table source what not every Flink knows.
 *
 * <p>Flink 1.20 has no {@code SupportsLookupCustomShuffle}. Only {@link ShufflingTableSource} names it, and that class
 * is not loaded where it is missing: it is touched by a static call alone, which the JVM links when it is reached. A
 * constructor or a cast would make the verifier load it with this class.
 */
final class TableSources {

    private static final String CUSTOM_SHUFFLE =
            "org.apache.flink.table.connector.source.abilities.SupportsLookupCustomShuffle";
    private static final boolean HAS_CUSTOM_SHUFFLE = exists(CUSTOM_SHUFFLE);

    private TableSources() {}

    static DynamicTableSource withAbilitiesOfThisFlink(ZooKeeperTableSource source) {
        return HAS_CUSTOM_SHUFFLE ? ShufflingTableSource.of(source) : source;
    }

    private static boolean exists(String name) {
        try {
            Class.forName(name, false, TableSources.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
