// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Znodes that the session owns and no row asks for, each by what a row would recognise it by: Flink may replay the rows
 * yet. Owned by one thread, but for {@link #contain}.
 */
final class Orphans {

    private final Map<String, String> nodes = new HashMap<>();
    private final Set<String> paths = ConcurrentHashMap.newKeySet();

    boolean isEmpty() {
        return nodes.isEmpty();
    }

    /** By any thread. */
    boolean contain(String path) {
        return paths.contains(path);
    }

    void replace(Map<String, String> found) {
        clear();
        nodes.putAll(found);
        paths.addAll(found.values());
    }

    /** The path of the znode that a row recognises, which has a row from now on; null if there is none. */
    String adopt(String key) {
        String path = nodes.remove(key);
        if (path != null) {
            paths.remove(path);
        }
        return path;
    }

    void deleted(String path) {
        if (paths.remove(path)) {
            nodes.values().remove(path);
        }
    }

    Collection<String> takeAll() {
        List<String> all = List.copyOf(nodes.values());
        clear();
        return all;
    }

    private void clear() {
        nodes.clear();
        paths.clear();
    }
}
