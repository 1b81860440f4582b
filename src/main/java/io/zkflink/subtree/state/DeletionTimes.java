// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * When znodes were told as deleted, so that one that is created again is not told with an earlier time: the time of a
 * deletion is of this machine's clock, that of a creation of the server's, and the former may be ahead.
 *
 * <p>What the server's clock has passed is of no more use and is forgotten, and of the rest the oldest beyond {@value
 * #MAX_TIMES}. Owned by one thread.
 */
final class DeletionTimes {

    static final int MAX_TIMES = 1_000;

    /** Oldest first. */
    private final Map<String, Long> times = new LinkedHashMap<>();

    private long serverMillis = Long.MIN_VALUE;

    /** The server's clock has shown a time. */
    void serverShows(long millis) {
        serverMillis = Math.max(serverMillis, millis);
    }

    void put(String path, long millis) {
        times.remove(path);
        times.put(path, millis);
        Iterator<Long> oldest = times.values().iterator();
        while (oldest.hasNext() && (oldest.next() <= serverMillis || times.size() > MAX_TIMES)) {
            oldest.remove();
        }
    }

    /** When a znode was deleted, or a time before all others; it is there again. */
    long take(String path) {
        Long millis = times.isEmpty() ? null : times.remove(path);
        return millis == null ? Long.MIN_VALUE : millis;
    }

    /** By path, unmodifiable. */
    Map<String, Long> all() {
        return Collections.unmodifiableMap(times);
    }
}
