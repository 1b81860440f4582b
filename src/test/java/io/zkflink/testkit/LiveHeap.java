// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.util.concurrent.Callable;

/** What is kept in memory, which does not depend on how fast the machine is. */
public final class LiveHeap {

    private LiveHeap() {}

    /**
     * How many bytes what some work returns keeps in memory, beyond what was there before. It is done twice: the first
     * time loads classes.
     */
    public static long bytesOf(Callable<?> work) throws Exception {
        Object[] kept = {work.call()};
        kept[0] = null;
        long before = used();
        kept[0] = work.call();
        long bytes = used() - before;
        // Until now it is in use.
        kept[0] = null;
        return bytes;
    }

    /** Collects until that frees nothing more, several times in a row: what a frame still has in sight goes late. */
    private static long used() {
        long used = Long.MAX_VALUE;
        for (int same = 0; same < 3; same++) {
            System.gc();
            long now = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            if (now < used) {
                used = now;
                same = 0;
            }
        }
        return used;
    }
}
