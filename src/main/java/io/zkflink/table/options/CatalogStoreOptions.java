// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;

/**
 * The options of the catalog store, without {@code table.catalog-store.zookeeper.}; those of the connection are the
 * tables'. {@link #ALL} is the list that docs and tests go by.
 */
@PublicEvolving
public final class CatalogStoreOptions {

    public static final ConfigOption<String> PATH = ConfigOptions.key("path")
            .stringType()
            .defaultValue("/_flink/catalog-store")
            .withDescription("The znode below which the configurations of catalogs are kept, relative to chroot and"
                    + " `namespace`.");

    public static final ConfigOption<String> ACL = ConfigOptions.key("acl")
            .stringType()
            .noDefaultValue()
            .withDescription("The ACL of the configurations: `open`, `creator`, `read-only`, or a list"
                    + " `scheme:id:permissions[,...]`. The default is `creator` when credentials are set, else `open`."
                    + " Where everybody may read, catalogs with a password are refused.");

    /** Where Flink itself has its ZooKeeper. */
    private static final ConfigOption<String> QUORUM_OF_FLINK =
            ConfigOptions.key("high-availability.zookeeper.quorum").stringType().noDefaultValue();

    /** What only the store has, in the order of the docs. */
    static final List<ConfigOption<?>> OWN = List.of(PATH, ACL);

    /** All options, in the order of the docs. */
    public static final List<ConfigOption<?>> ALL = Stream.of(ZooKeeperOptions.CONNECTION, OWN, SecurityOptions.ALL)
            .<ConfigOption<?>>flatMap(List::stream)
            .toList();

    private CatalogStoreOptions() {}

    /**
     * The options with the servers of Flink's own high availability where none are named.
     *
     * @param options as written
     * @param flink the configuration of the cluster or session
     */
    public static Map<String, String> withServers(Map<String, String> options, ReadableConfig flink) {
        Map<String, String> complete = new HashMap<>(options);
        flink.getOptional(QUORUM_OF_FLINK)
                .ifPresent(quorum -> complete.putIfAbsent(ZooKeeperOptions.CONNECT_STRING.key(), quorum));
        return complete;
    }
}
