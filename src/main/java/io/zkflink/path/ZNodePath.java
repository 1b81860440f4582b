// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import org.apache.flink.annotation.Internal;

/** Parts of the paths of znodes, which are absolute and do not end with a slash, but for the root, "/". */
@Internal
public final class ZNodePath {

    private ZNodePath() {}

    /** The last segment; empty for the root. */
    public static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The path of the parent; "/" for that of the root, too. */
    public static String parent(String path) {
        return path.substring(0, Math.max(1, path.lastIndexOf('/')));
    }

    /** What stands before the last slash: the path of the parent, but empty where that is the root. */
    public static String parentPrefix(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** Whether a path is that of a subtree's top or of a znode below it. */
    public static boolean isAtOrBelow(String path, String top) {
        return top.equals("/")
                || (path.startsWith(top) && (path.length() == top.length() || path.charAt(top.length()) == '/'));
    }

    /** Checks that a znode can have a path. */
    public static void check(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("The path '" + path + "' is not absolute; write '/" + path + "'.");
        }
        if (path.equals("/")) {
            return;
        }
        for (String name : path.substring(1).split("/", -1)) {
            String problem = ZNodeName.problemWith(name);
            if (problem != null) {
                throw new IllegalArgumentException("The path '" + path + "' cannot be that of a znode: the segment '"
                        + name + "' " + problem + ". Replace such characters, or percent-encode them.");
            }
        }
    }
}
