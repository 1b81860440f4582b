// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many reads may be under way, so that what they are likely to find has room: few while no size is known, some more
 * with each answer, and fewer where znodes are large. A znode whose data was large the last time is counted as such, so
 * that many of them are not taken for ordinary ones when they change.
 *
 * <p>Touched by the polling thread only.
 */
final class ReadBudget {

    private static final int MAX_READS = 2_000;
    private static final int MIN_READS = 16;
    private static final long MAX_BYTES = 16 * 1024 * 1024;
    private static final long ZNODE_OVERHEAD_BYTES = 200;
    private static final int LARGE = 64 * 1024;
    private static final int MAX_LARGE = 10_000;

    /** How many reads may be under way as far as their number goes. */
    private int window = MIN_READS;
    /** Of a znode that was read; 0 while none was. */
    private long meanBytes;
    /** The bytes of some znodes that were large when they were read last; the oldest ones are forgotten first. */
    private final Map<String, Long> large = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_LARGE;
        }
    };

    /** Of those that are being read. */
    private long largeUnderWay;

    /** How many reads may be under way. */
    int maxReads() {
        long left = left();
        return left == 0 ? 0 : (int) Math.max(MIN_READS, Math.min(window, left / Math.max(1, meanBytes)));
    }

    /** How many more bytes of large znodes may be read. */
    long left() {
        return Math.max(0, MAX_BYTES - largeUnderWay);
    }

    /** How many bytes a znode had, if it was large; else 0. */
    long largeBytes(String path) {
        return large.isEmpty() ? 0 : large.getOrDefault(path, 0L);
    }

    /** A znode is being read; returns what is to be given back with {@link #release}. */
    long hold(String path) {
        long bytes = largeBytes(path);
        largeUnderWay += bytes;
        return bytes;
    }

    void release(long held) {
        largeUnderWay -= held;
    }

    /** Nothing is under way any more. */
    void clear() {
        largeUnderWay = 0;
    }

    void gone(String path) {
        large.remove(path);
    }

    void found(ZNode znode) {
        long bytes = ZNODE_OVERHEAD_BYTES + znode.data().length;
        meanBytes += meanBytes == 0 ? bytes : (bytes - meanBytes) / (bytes > meanBytes ? 4 : 16);
        if (bytes > LARGE) {
            large.put(znode.path(), bytes);
        } else if (!large.isEmpty()) {
            large.remove(znode.path());
        }
    }

    /** A read was answered. */
    void grow() {
        window = Math.min(MAX_READS, window + 3);
    }
}
