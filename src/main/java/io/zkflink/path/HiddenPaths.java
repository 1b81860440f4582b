// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

/**
 * The subtrees in which a template has no rows.
 *
 * @param tops their uppermost znodes
 */
record HiddenPaths(List<String> tops) implements Serializable {

    static final HiddenPaths NONE = new HiddenPaths(List.of());

    HiddenPaths and(String path) {
        return new HiddenPaths(Stream.concat(tops.stream(), Stream.of(path)).toList());
    }

    boolean contain(String path) {
        return topOf(path) != null;
    }

    /** The top of the hidden subtree that a path lies in, or null. */
    String topOf(String path) {
        for (String top : tops) {
            if (ZNodePath.isAtOrBelow(path, top)) {
                return top;
            }
        }
        return null;
    }
}
