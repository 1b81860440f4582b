// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import java.io.Serializable;
import org.apache.flink.annotation.Internal;

/**
 * How to scan a tree as it was.
 *
 * @param time milliseconds since the epoch
 * @param base what paths are relative to: chroot and namespace, or empty
 * @param limit how many rows are needed
 */
@Internal
public record TreeScan(long time, String base, long limit) implements Serializable {

    /** A path as rows have it; null for one outside of the base. */
    String relative(String path) {
        if (base.isEmpty()) {
            return path;
        }
        if (!path.startsWith(base) || (path.length() > base.length() && path.charAt(base.length()) != '/')) {
            return null;
        }
        return path.length() == base.length() ? "/" : path.substring(base.length());
    }
}
