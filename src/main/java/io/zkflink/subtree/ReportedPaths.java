// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;

/** The paths that events named and that are still to be read, each once. Guarded by its {@link FeedState}. */
final class ReportedPaths {

    private static final int MAX_PATHS = 500_000;

    private final Set<String> paths = new LinkedHashSet<>();
    private final Set<String> touched = new HashSet<>();
    private long events;
    private long conflated;

    /**
     * An event named a path.
     *
     * @param touches whether to remember that until the walk ends
     */
    void add(String path, boolean touches) {
        events++;
        conflated += paths.add(path) ? 0 : 1;
        if (touches) {
            touched.add(path);
        }
    }

    void again(String path) {
        paths.add(path);
    }

    /**
     * Takes the oldest ones.
     *
     * @param max how many at most
     * @param maxBytes how many bytes they may have; one that has more goes alone
     * @param bytesOf gives those of a path
     */
    List<String> take(int max, long maxBytes, ToLongFunction<String> bytesOf) {
        List<String> taken = new ArrayList<>();
        long left = maxBytes;
        for (Iterator<String> next = paths.iterator(); next.hasNext() && left > 0 && taken.size() < max; ) {
            String path = next.next();
            left -= bytesOf.applyAsLong(path);
            if (left >= 0 || taken.isEmpty()) {
                taken.add(path);
                next.remove();
            }
        }
        return taken;
    }

    boolean isTouched(String path) {
        return touched.contains(path);
    }

    void walkEnded() {
        touched.clear();
    }

    void clear() {
        paths.clear();
        touched.clear();
    }

    /** Forgets what is to be read, but not that it was touched. */
    void drop() {
        paths.clear();
    }

    boolean isEmpty() {
        return paths.isEmpty();
    }

    boolean areTooMany() {
        return paths.size() > MAX_PATHS;
    }

    int size() {
        return paths.size();
    }

    long events() {
        return events;
    }

    /** Events that named a path which was still to be read. */
    long conflated() {
        return conflated;
    }
}
