// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.DefinitionStore.Outcome;
import io.zkflink.catalog.definition.Definitions;
import io.zkflink.catalog.definition.ObjectName;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import java.io.IOException;
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
 * that any session has created. Answers from a {@link ZNodeMirror}, as {@link ZooKeeperCatalog} does.
 */
final class ZooKeeperCatalogStore extends AbstractCatalogStore {

    private final CatalogSettings settings;

    /**
     * What this session has removed: Flink alters a catalog by removing and storing it, and the latter may be refused.
     */
    private final Map<String, byte[]> removed = new ConcurrentHashMap<>();

    private SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease lease;

    ZooKeeperCatalogStore(CatalogSettings settings) {
        this.settings = settings;
    }

    /** Starts to read; does not wait for a server. */
    @Override
    public void open() {
        super.open();
        synchronized (this) {
            if (lease == null) {
                lease = ZNodeMirror.lease(
                        new ZNodeMirror.Key(settings.connection(), settings.path(), settings.maxStaleness()));
            }
        }
    }

    @Override
    public void close() {
        super.close();
        SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease last;
        synchronized (this) {
            last = lease;
            lease = null;
        }
        if (last != null) {
            last.close();
        }
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
        if (store().create(nameOf(name), path(name), data, null) == Outcome.EXISTS) {
            throw new CatalogException(
                    "The catalog '" + name + "' exists already in the catalog store ('" + path(name) + "').");
        }
        store().catchUp(path(name));
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
        Optional<ZNode> before = get(name);
        if (store().delete(nameOf(name), path(name)) == Outcome.MISSING) {
            if (!ignoreIfNotExists) {
                throw new CatalogException("The catalog '" + name + "' does not exist in the catalog store.");
            }
            return;
        }
        before.ifPresent(znode -> removed.put(name, znode.data()));
        store().catchUp(path(name));
    }

    @Override
    public Optional<CatalogDescriptor> getCatalog(String name) {
        checkOpenState();
        checkName(name);
        return get(name).map(znode -> Definitions.catalog(name, znode));
    }

    @Override
    public Set<String> listCatalogs() {
        checkOpenState();
        try {
            return mirror().children(settings.path()).stream()
                    .map(znode -> CatalogPaths.databaseOf(znode.path()))
                    .filter(Objects::nonNull)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public boolean contains(String name) {
        checkOpenState();
        checkName(name);
        return get(name).isPresent();
    }

    private static void checkName(String name) {
        Preconditions.checkArgument(!StringUtils.isNullOrWhitespaceOnly(name), "The name of the catalog is empty.");
    }

    private static String nameOf(String name) {
        return "the catalog `" + name + "`";
    }

    private String path(String name) {
        return settings.path() + "/" + ObjectName.encode(name);
    }

    private Optional<ZNode> get(String name) {
        try {
            return mirror().get(path(name));
        } catch (IOException e) {
            if (NameResolution.isUnderWay()) {
                return Optional.empty();
            }
            throw failed(e);
        }
    }

    private synchronized ZNodeMirror mirror() {
        return lease.value();
    }

    private DefinitionStore store() {
        return new DefinitionStore(mirror(), settings.connection(), settings.path(), settings.acl());
    }

    private static CatalogException failed(IOException cause) {
        return new CatalogException("The catalog store cannot be read: " + cause.getMessage(), cause);
    }
}
