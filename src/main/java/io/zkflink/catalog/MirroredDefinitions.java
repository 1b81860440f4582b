// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import java.io.IOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.function.Function;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The definitions below a root as a {@link ZNodeMirror} has them, which catalogs and catalog stores of the same
 * settings share.
 *
 * <p>Life cycle: {@link #open}, which does not wait for a server, then any calls from any threads, {@link #close}.
 */
final class MirroredDefinitions {

    private static final Logger LOG = LoggerFactory.getLogger(MirroredDefinitions.class);

    private final String owner;
    private final CatalogSettings settings;
    private final Function<ZNodeMirror.Key, SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease> mirrors;

    /** Which version of an object each thread has loaded last: what it alters was made of that. */
    private final Map<Thread, Map<String, Version>> loaded = Collections.synchronizedMap(new WeakHashMap<>());

    private volatile SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease lease;

    /** A version of an object; the same number comes again when the znode is created anew. */
    record Version(long czxid, int number) {
        static Version of(ZNode znode) {
            return new Version(znode.stat().czxid(), znode.stat().version());
        }
    }

    /**
     * @param owner whose definitions they are, for messages
     */
    MirroredDefinitions(
            String owner,
            CatalogSettings settings,
            Function<ZNodeMirror.Key, SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease> mirrors) {
        this.owner = owner;
        this.settings = settings;
        this.mirrors = mirrors;
    }

    synchronized void open() {
        if (lease == null) {
            lease = mirrors.apply(new ZNodeMirror.Key(settings.connection(), settings.path(), settings.maxStaleness()));
        }
    }

    synchronized void close() {
        if (lease != null) {
            lease.close();
            lease = null;
        }
    }

    ZNodeMirror mirror() {
        SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease open = lease;
        if (open == null) {
            throw new CatalogException(owner + " is not open.");
        }
        return open.value();
    }

    /** A definition, if there is one. */
    Optional<ZNode> read(StoredObject object) {
        try {
            return mirror().get(object.path());
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** As {@link #read}, but what cannot be read is nothing while the planner asks what a name could mean. */
    Optional<ZNode> find(StoredObject object) {
        try {
            return mirror().get(object.path());
        } catch (IOException e) {
            if (NameResolution.isUnderWay()) {
                LOG.warn("It is not known whether '{}' is there: {}", object.path(), e.getMessage());
                return Optional.empty();
            }
            throw unreadable(e);
        }
    }

    /** As {@link #find}, for whoever may replace the definition by one that is made of it. */
    Optional<ZNode> load(StoredObject object) {
        Optional<ZNode> found = find(object);
        found.ifPresent(znode -> loaded.computeIfAbsent(Thread.currentThread(), any -> new HashMap<>())
                .put(object.path(), Version.of(znode)));
        return found;
    }

    /** The version that this thread has loaded last; null for none. */
    Version loadedVersion(StoredObject object) {
        return loaded.getOrDefault(Thread.currentThread(), Map.of()).get(object.path());
    }

    /** The definitions right below a znode, in the order in which they were created. */
    List<ZNode> children(String path) {
        try {
            return mirror().children(path);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** The names of the ensemble's znodes that have no parent but the root, asked of a server. */
    List<String> topLevelZNodes() {
        try {
            return Requests.get(
                            mirror().client().children("/"),
                            settings.connection().totalTimeout())
                    .orElse(List.of());
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private CatalogException unreadable(IOException cause) {
        return new CatalogException(owner + " cannot be read: " + cause.getMessage(), cause);
    }

    /** Waits until the mirror shows what has been written; what this thread has loaded before is outdated. */
    void catchUp(List<String> paths) {
        loaded.getOrDefault(Thread.currentThread(), new HashMap<>()).keySet().removeAll(paths);
        try {
            for (String path : paths) {
                mirror().catchUp(path, settings.connection().totalTimeout());
            }
        } catch (IOException e) {
            // It is written; the watch will tell.
            LOG.debug("It is not known yet what has become of {}.", paths, e);
        }
    }
}
