// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.catalog.CommonCatalogOptions;

/**
 * The options of the catalog; those of the connection are the tables'. {@link #ALL} is the list that docs and tests go
 * by.
 */
@PublicEvolving
public final class CatalogOptions {

    /** What the data of a znode is to SQL where no table says it. */
    public enum TreeData {
        STRING,
        BYTES;

        /** As the option spells it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final ConfigOption<String> DEFAULT_DATABASE = ConfigOptions.key(
                    CommonCatalogOptions.DEFAULT_DATABASE_KEY)
            .stringType()
            .defaultValue("default")
            .withDescription("The database that is used after `USE CATALOG`; it is always there.");

    public static final ConfigOption<String> PATH = ConfigOptions.key("catalog.path")
            .stringType()
            .defaultValue("/_flink/catalog")
            .withDescription(
                    "The znode below which the definitions are kept, relative to chroot and `namespace`. Catalogs with"
                            + " the same one are the same.");

    public static final ConfigOption<String> ACL = ConfigOptions.key("catalog.acl")
            .stringType()
            .noDefaultValue()
            .withDescription("The ACL of the definitions: `open`, `creator`, `read-only`, or a list"
                    + " `scheme:id:permissions[,...]` with permissions out of `cdrwa`. The default is `creator` when"
                    + " credentials are set, else `open`.");

    public static final ConfigOption<Duration> MAX_STALENESS = ConfigOptions.key("catalog.max-staleness")
            .durationType()
            .defaultValue(Duration.ofMinutes(1))
            .withDescription("How long definitions are answered from what was last known while the connection is lost;"
                    + " then statements that need one fail.");

    public static final ConfigOption<TreeData> TREE_DATA = ConfigOptions.key("tree.data")
            .enumType(TreeData.class)
            .defaultValue(TreeData.STRING)
            .withDescription("The type of the column `data` of tables in the database `tree`: `string` or `bytes`.");

    public static final ConfigOption<String> HISTORY_PATH = ConfigOptions.key("history.path")
            .stringType()
            .noDefaultValue()
            .withDescription("For `FOR SYSTEM_TIME AS OF`: the folders with the servers' files `log.*` and `snapshot.*`"
                    + " in any file system of Flink's, separated by `;`, as `log.path` of a"
                    + " [history table](history.md#options).");

    /** What must be set. */
    static final List<ConfigOption<?>> REQUIRED = List.of(ZooKeeperOptions.CONNECT_STRING);

    /** What only catalogs have, in the order of the docs. */
    static final List<ConfigOption<?>> OWN =
            List.of(DEFAULT_DATABASE, PATH, ACL, MAX_STALENESS, TREE_DATA, HISTORY_PATH);

    /** All options, in the order of the docs. */
    public static final List<ConfigOption<?>> ALL = Stream.of(ZooKeeperOptions.CONNECTION, OWN, SecurityOptions.ALL)
            .<ConfigOption<?>>flatMap(List::stream)
            .toList();

    private CatalogOptions() {}

    /** The options of a table that has none but its template. */
    public static Map<String, String> ofTable(String template) {
        return Map.of(ZooKeeperOptions.PATH.key(), template);
    }
}
