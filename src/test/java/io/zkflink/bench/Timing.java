// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import java.util.Arrays;

/** How long work takes. */
final class Timing {

    private Timing() {}

    /** What takes time. */
    interface Work {
        void run() throws Exception;
    }

    static double seconds(Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** The machine that figures are of. */
    static String machine() {
        return "%d cores, %s, Java %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                        System.getProperty("java.version"));
    }
}
