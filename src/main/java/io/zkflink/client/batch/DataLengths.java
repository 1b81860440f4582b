// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import java.util.Iterator;
import java.util.LinkedHashSet;

/**
 * How long the data of znodes is whose Stat alone is wanted. Many short ones are read fastest with their data, because
 * a {@code multi} can have that and can have no {@code exists}; long ones are not to be transferred.
 *
 * <p>Thread-safe.
 */
final class DataLengths {

    /** In bytes. Sending as much over a network of 1 Gbit/s takes as long as a server takes for one more request. */
    static final int LARGE = 16 * 1024;

    private static final int MAX_PATHS = 10_000;
    private static final int WEIGHT = 8;

    /** Of those that were read last. */
    private long mean;
    /** Of some of those that were large; the oldest ones are forgotten first. */
    private final LinkedHashSet<String> large = new LinkedHashSet<>();

    /** Whether a znode has large data, or is likely to. */
    public synchronized boolean isLarge(String path) {
        return mean > LARGE || large.contains(path);
    }

    public synchronized void learn(String path, int length) {
        mean += (length - mean) / WEIGHT;
        if (length <= LARGE) {
            large.remove(path);
        } else if (large.add(path) && large.size() > MAX_PATHS) {
            Iterator<String> oldest = large.iterator();
            oldest.next();
            oldest.remove();
        }
    }
}
