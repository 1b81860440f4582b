// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;

/** The paths that events named and that are still to be read, each once. Touched by the polling thread only. */
final class ReportedPaths {

    private Set<String> paths = new LinkedHashSet<>();
    /** Those named since the walk began, where that matters. */
    private final Set<String> touched = new HashSet<>();
    /** Whether more were than are kept, so that it may be any. */
    private boolean anyTouched;

    private long conflated;

    /**
     * Events named paths.
     *
     * @param more in the order of their events; kept
     * @param touches whether to remember that until the walk ends
     */
    void add(Set<String> more, boolean touches) {
        if (touches) {
            touched.addAll(more);
        }
        if (paths.isEmpty()) {
            paths = more;
        } else {
            int before = paths.size();
            paths.addAll(more);
            conflated += more.size() - (paths.size() - before);
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

    /** Whether an event named a path since the walk began, so that a list may be wrong about it. */
    boolean isTouched(String path) {
        return anyTouched || touched.contains(path);
    }

    void walkEnded() {
        touched.clear();
        anyTouched = false;
    }

    void clear() {
        paths.clear();
        walkEnded();
    }

    /** There were more than are kept: another walk will read them. */
    void drop() {
        paths.clear();
        touched.clear();
        anyTouched = true;
    }

    boolean isEmpty() {
        return paths.isEmpty();
    }

    boolean areTooMany() {
        return paths.size() > FeedInbox.MAX_PATHS;
    }

    int size() {
        return paths.size();
    }

    /** How often an event named a path which was still to be read. */
    long conflated() {
        return conflated;
    }
}
