// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import org.apache.flink.annotation.Internal;

/** The subtrees that hold no rows of a user's: ZooKeeper's own, and the connector's. */
@Internal
public final class ReservedPaths {

    /** ZooKeeper's own subtree, which is never written. */
    static final String OF_SERVER = "/zookeeper";

    /**
     * Where this connector keeps what it needs to remember; there are no rows unless a template's own path lies inside.
     */
    static final String OF_CONNECTOR = "/_flink";

    private ReservedPaths() {}

    /**
     * Whether a path is ZooKeeper's own.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     */
    public static boolean isOfServer(String base, String path) {
        return base.isEmpty() && ZNodePath.isAtOrBelow(path, OF_SERVER);
    }

    /**
     * Checks that a path is not ZooKeeper's own.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     */
    public static void checkNotOfServer(String base, String path) {
        if (isOfServer(base, path)) {
            throw new IllegalArgumentException(
                    "The path '" + path + "' lies in '/zookeeper', ZooKeeper's own subtree, and is never a row.");
        }
    }
}
