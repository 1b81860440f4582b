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
}
