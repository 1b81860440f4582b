// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import io.zkflink.path.PathTemplate;
import io.zkflink.path.ZNodePath;
import java.util.stream.IntStream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.util.MathUtils;

/**
 * The fixed partition of a tree that readers share: each znode falls into a bucket by its path, for ever, so that its
 * state finds its reader at any parallelism. A bucket is a split.
 */
@Internal
public final class Buckets {

    /** Part of the state format: changing it would orphan the state of old savepoints. */
    public static final int COUNT = 128;

    private static final String[] SPLIT_IDS =
            IntStream.range(0, COUNT).mapToObj(Integer::toString).toArray(String[]::new);

    private Buckets() {}

    public static int of(String path) {
        return MathUtils.murmurHash(path.hashCode()) % COUNT;
    }

    /**
     * The bucket of a row's znode, which is that of all znodes that have the same key.
     *
     * @param siblings whether it is that of its parent
     */
    public static int of(PathTemplate template, String path, boolean siblings) {
        String canonical = template.canonical(path);
        return of(siblings ? ZNodePath.parentPrefix(canonical) : canonical);
    }

    public static String splitId(int bucket) {
        return SPLIT_IDS[bucket];
    }
}
