// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * What a catalog gives to the tables that are made for it.
 *
 * @param definitions the znode below which the catalog keeps its own; there are no rows, except of tables that lie in
 *     it
 * @param readable the name of the database whose tables may be ZooKeeper's own subtree, to be read only; null for none
 * @param connection options as they were written; never printed, since they may hold passwords
 * @param history the folders with the files of the ensemble's servers; none if the catalog does not know them
 */
@Internal
public record TableOwner(String definitions, String readable, Map<String, String> connection, List<String> history) {

    /**
     * Of a table that is read as it was: the moment, in milliseconds since the epoch. An option of the table, beside
     * its snapshot, because compiled plans and hints keep options only. No definition has it.
     */
    public static final String AS_OF = "system-time.as-of";

    /** Of tables that belong to no catalog of ours; the default place of definitions is known. */
    public static final TableOwner NONE = new TableOwner(CatalogOptions.PATH.defaultValue(), null, Map.of(), List.of());

    public TableOwner {
        connection = Map.copyOf(connection);
        history = List.copyOf(history);
    }

    public boolean isReadable(ObjectIdentifier table) {
        return table.getDatabaseName().equals(readable);
    }

    /** Whether a table is of ZooKeeper and does not say itself of which. */
    public static boolean isNeededBy(Map<String, String> options) {
        String connector = options.get(FactoryUtil.CONNECTOR.key());
        return connector == null
                || (connector.equals(ZooKeeperOptions.IDENTIFIER)
                        && !options.containsKey(ZooKeeperOptions.CONNECT_STRING.key()));
    }

    /**
     * A table with the connection of the catalog; what the table says itself goes before. A table that names other
     * servers, by its definition or by a hint, gets nothing: the catalog's credentials are for its own ensemble.
     */
    public DynamicTableFactory.Context connect(DynamicTableFactory.Context table) {
        Map<String, String> declared = table.getCatalogTable().getOptions();
        Map<String, String> options =
                new HashMap<>(declared.containsKey(ZooKeeperOptions.CONNECT_STRING.key()) ? Map.of() : connection);
        options.putAll(declared);
        options.put(FactoryUtil.CONNECTOR.key(), ZooKeeperOptions.IDENTIFIER);
        String moment = options.remove(AS_OF);
        ResolvedCatalogTable connected = moment == null
                ? table.getCatalogTable().copy(options)
                : new ResolvedCatalogTable(
                        asOf(table.getCatalogTable().getOrigin(), options, Long.parseLong(moment)),
                        table.getCatalogTable().getResolvedSchema());
        return new FactoryUtil.DefaultDynamicTableContext(
                table.getObjectIdentifier(),
                connected,
                table.getEnrichmentOptions(),
                table.getConfiguration(),
                table.getClassLoader(),
                table.isTemporary());
    }

    /** A table of the catalog as it was at a moment. */
    public static CatalogTable asOf(CatalogTable table, long moment) {
        Map<String, String> options = new HashMap<>(table.getOptions());
        options.put(AS_OF, String.valueOf(moment));
        return asOf(table, options, moment);
    }

    private static CatalogTable asOf(CatalogTable table, Map<String, String> options, long moment) {
        return CatalogTable.newBuilder()
                .schema(table.getUnresolvedSchema())
                .comment(table.getComment())
                .partitionKeys(table.getPartitionKeys())
                .distribution(table.getDistribution().orElse(null))
                .options(options)
                .snapshot(moment)
                .build();
    }

    @Override
    public String toString() {
        return "TableOwner[" + definitions + "]";
    }
}
