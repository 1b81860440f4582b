// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;

/** What this thread allocates, which does not depend on how fast the machine is. */
public final class Allocated {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UPS = 1_000;
    private static final int TIMES = 10_000;

    private Allocated() {}

    /** How many bytes some work takes that is done again and again. */
    public static long bytesPer(Callable<?> work) throws Exception {
        for (int i = 0; i < WARM_UPS; i++) {
            work.call();
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < TIMES; i++) {
            work.call();
        }
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / TIMES;
    }

    /** What is measured. */
    public interface Work {
        void run() throws Exception;
    }

    /** How many bytes some work, done once, takes for each of its rows. */
    public static long bytesPerRow(int rows, Work work) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / rows;
    }
}
