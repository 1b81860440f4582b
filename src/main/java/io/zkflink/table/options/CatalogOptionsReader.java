// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.settings.SecuritySettings;
import io.zkflink.path.ReservedPaths;
import io.zkflink.path.ZNodePath;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;

/**
 * Reads what catalogs and catalog stores have in common: the connection, where definitions are and who may read them.
 */
@Internal
public final class CatalogOptionsReader {

    private final ReadableConfig options;
    private final Map<String, String> raw;
    private final OptionsReader reader;

    /**
     * @param options typed
     * @param raw the same as written
     * @param known all that there are
     */
    public CatalogOptionsReader(ReadableConfig options, Map<String, String> raw, List<ConfigOption<?>> known) {
        this.options = options;
        this.raw = raw;
        this.reader = new OptionsReader(options, raw, new Configuration());
        reader.checkTypes(known);
    }

    public ConnectionSettings connection() {
        return reader.connection();
    }

    /** The options of the connection as they were written, to be given to tables. */
    public Map<String, String> connectionOptions() {
        Map<String, String> connection = new TreeMap<>();
        raw.forEach((key, value) -> {
            if (key.startsWith(ZooKeeperOptions.PROPERTIES_PREFIX) || isOfConnection(key)) {
                connection.put(key, value);
            }
        });
        return connection;
    }

    private static boolean isOfConnection(String key) {
        return CatalogOptions.ALL.stream()
                .filter(option -> !CatalogOptions.OWN.contains(option))
                .anyMatch(option -> option.key().equals(key));
    }

    public String defaultDatabase() {
        String name = options.get(CatalogOptions.DEFAULT_DATABASE);
        if (name.isBlank()) {
            throw reader.invalid(CatalogOptions.DEFAULT_DATABASE, "it must name a database.");
        }
        return name;
    }

    /** A znode that is not the root. */
    public String path(ConfigOption<String> option) {
        String path = options.get(option);
        reader.check(
                option,
                text -> {
                    ZNodePath.check(text);
                    ReservedPaths.checkNotOfServer(connection().base(), text);
                    if (text.equals("/") || text.indexOf('{') >= 0) {
                        throw new IllegalArgumentException("the path '" + text + "' is not that of a single znode");
                    }
                },
                "write a path like '" + option.defaultValue() + "'");
        return path;
    }

    /** Only for whoever has written them, unless nobody could tell who that is. */
    public Acl acl(ConfigOption<String> option) {
        if (options.getOptional(option).isPresent()) {
            return reader.acl(option);
        }
        SecuritySettings security = connection().security();
        boolean isSomebody = security.auth() != null
                || security.sasl() != null
                || (security.tls() != null && security.tls().keyStore() != null);
        return isSomebody ? Acl.CREATOR : Acl.OPEN;
    }

    /** The folders of {@code history.path}; none if it is not set. */
    public List<String> history() {
        return options.getOptional(CatalogOptions.HISTORY_PATH).isPresent()
                ? reader.folders(CatalogOptions.HISTORY_PATH)
                : List.of();
    }

    public Duration maxStaleness() {
        return reader.positive(CatalogOptions.MAX_STALENESS);
    }
}
