// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import io.zkflink.path.PathTemplate;
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
        return of(siblings ? parent(canonical) : canonical);
    }

    /** The path of a znode's parent; empty for the root. */
    public static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    /** The last segment of a path. */
    public static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    public static String splitId(int bucket) {
        return SPLIT_IDS[bucket];
    }
}
