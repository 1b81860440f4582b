// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import java.util.function.Predicate;
import org.apache.flink.annotation.Internal;

/**
 * What is asked of a past tree. Nothing is kept in memory of what is not.
 *
 * @param paths of the znodes, as the server has them
 * @param data whether their data is asked for; otherwise they have none, though its length is told
 * @param children whether it is asked for how many children they have
 */
@Internal
public record WantedZNodes(Predicate<String> paths, boolean data, boolean children) {

    public static final WantedZNodes ALL = new WantedZNodes(path -> true, true, true);

    /** @param path as snapshots have it: that of the root is empty */
    boolean has(String path) {
        return paths.test(path.isEmpty() ? "/" : path);
    }
}
