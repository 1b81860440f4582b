// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.DefinitionWriter.Outcome;
import io.zkflink.catalog.definition.Definitions;
import io.zkflink.catalog.definition.ObjectName;
import io.zkflink.client.ZNode;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.catalog.AbstractCatalogStore;
import org.apache.flink.table.catalog.CatalogDescriptor;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.util.Preconditions;
import org.apache.flink.util.StringUtils;

/**
 * Keeps the configurations of catalogs in ZooKeeper, each in a znode of its own, so that every session has the catalogs
 * that any session has created. Works as {@link ZooKeeperCatalog} does.
 */
final class ZooKeeperCatalogStore extends AbstractCatalogStore {

    private final CatalogSettings settings;
    private final MirroredDefinitions definitions;
    private final DefinitionWriter writer;

    /**
     * What this session has removed: Flink alters a catalog by removing and storing it, and the latter may be refused.
     */
    private final Map<String, byte[]> removed = new ConcurrentHashMap<>();

    ZooKeeperCatalogStore(CatalogSettings settings) {
        this.settings = settings;
        this.definitions = new MirroredDefinitions("The catalog store", settings, ZNodeMirror::lease);
        this.writer = new DefinitionWriter(definitions, settings);
    }

    /** Starts to read; does not wait for a server. */
    @Override
    public void open() {
        super.open();
        definitions.open();
    }

    @Override
    public void close() {
        super.close();
        definitions.close();
    }

    @Override
    public void storeCatalog(String name, CatalogDescriptor catalog) {
        checkOpenState();
        checkName(name);
        try {
            Map<String, String> options = catalog.getConfiguration().toMap();
            checkSecrets(name, options);
            create(name, Definitions.write(options, catalog.getComment().orElse(null)));
        } catch (CatalogException e) {
            byte[] before = removed.remove(name);
            if (before != null) {
                create(name, before);
            }
            throw e;
        }
        removed.remove(name);
    }

    private void create(String name, byte[] data) {
        StoredObject catalog = catalog(name);
        if (writer.create(catalog, data, null) == Outcome.EXISTS) {
            throw new CatalogException(
                    "The catalog '" + name + "' exists already in the catalog store ('" + catalog.path() + "').");
        }
    }

    private void checkSecrets(String name, Map<String, String> options) {
        Set<String> secrets = options.keySet().stream()
                .filter(GlobalConfiguration::isSensitive)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!secrets.isEmpty() && settings.acl().isReadableByEverybody()) {
            throw new CatalogException("The catalog '" + name + "' has the secret option '"
                    + secrets.iterator().next() + "' and cannot be stored, because everybody may read what is in the"
                    + " catalog store. Set 'table.catalog-store.zookeeper.acl' to 'creator', or to a list of those who"
                    + " may, which needs credentials in 'table.catalog-store.zookeeper.auth.*', 'sasl.*' or"
                    + " 'ssl.keystore.*'.");
        }
    }

    @Override
    public void removeCatalog(String name, boolean ignoreIfNotExists) {
        checkOpenState();
        checkName(name);
        Optional<ZNode> before = definitions.find(catalog(name));
        if (writer.delete(catalog(name), false) == Outcome.MISSING) {
            if (!ignoreIfNotExists) {
                throw new CatalogException("The catalog '" + name + "' does not exist in the catalog store.");
            }
            return;
        }
        before.ifPresent(znode -> removed.put(name, znode.data()));
    }

    @Override
    public Optional<CatalogDescriptor> getCatalog(String name) {
        checkOpenState();
        checkName(name);
        return definitions.find(catalog(name)).map(znode -> Definitions.catalog(name, znode));
    }

    @Override
    public Set<String> listCatalogs() {
        checkOpenState();
        return definitions.children(settings.path()).stream()
                .map(znode -> CatalogPaths.databaseOf(znode.path()))
                .filter(Objects::nonNull)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public boolean contains(String name) {
        checkOpenState();
        checkName(name);
        return definitions.find(catalog(name)).isPresent();
    }

    private static void checkName(String name) {
        Preconditions.checkArgument(!StringUtils.isNullOrWhitespaceOnly(name), "The name of the catalog is empty.");
    }

    private StoredObject catalog(String name) {
        return new StoredObject("the catalog `" + name + "`", settings.path() + "/" + ObjectName.encode(name));
    }
}
