// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

/**
 * What the numbers of transactions say of what lies between them.
 *
 * <p>A leader numbers its transactions one by one, and its first one after an election by the next epoch and 1: epoch
 * in the upper and counter in the lower 32 bits. This is the only place that looks into a zxid.
 */
final class Zxids {

    private static final long COUNTER = 0xffffffffL;

    private Zxids() {}

    /** Whether no transaction can be missing between two, of which the first may be the last one of its epoch. */
    static boolean areAdjacent(long first, long second) {
        return second == first + 1 || (isFirstOfEpoch(second) && second >>> Integer.SIZE > first >>> Integer.SIZE);
    }

    private static boolean isFirstOfEpoch(long zxid) {
        return (zxid & COUNTER) == 1;
    }

    /** Whether it is what a leader sets before its first transaction, and no transaction itself. */
    static boolean isBeginOfEpoch(long zxid) {
        return (zxid & COUNTER) == 0;
    }

    static String text(long zxid) {
        return "0x" + Long.toHexString(zxid);
    }
}
