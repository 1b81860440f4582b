// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.util.HashMap;
import java.util.Map;

/**
 * The znodes whose children may not be listed. What is below them is not found by walks, and so must not be by events:
 * rows would come and go with the reconnects. Touched by the polling thread only.
 */
final class DeniedLists {

    /** In which walk each was last denied. */
    private final Map<String, Integer> denied = new HashMap<>();

    /** Returns whether that is news. */
    boolean add(String path, int walk) {
        return denied.put(path, walk) == null;
    }

    /** It has been read; returns whether that is news. */
    boolean remove(String path) {
        // Asked of every znode that is read, while mostly none is denied.
        return !denied.isEmpty() && denied.remove(path) != null;
    }

    /** The nearest denied znode above a path, or null. */
    String above(String path) {
        if (denied.isEmpty()) {
            return null;
        }
        for (int end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
            String parent = path.substring(0, end);
            if (denied.containsKey(parent)) {
                return parent;
            }
        }
        return null;
    }

    /** A walk is complete: what it was not denied is not there any more. */
    void walkEnded(int walk) {
        denied.values().removeIf(last -> last != walk);
    }
}
