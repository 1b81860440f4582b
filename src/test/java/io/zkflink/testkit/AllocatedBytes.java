// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much the current thread allocates, which does not depend on how fast the machine is. */
public final class AllocatedBytes {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private AllocatedBytes() {}

    /** What is measured. */
    public interface Work {
        void run() throws Exception;
    }

    /** Per row of some work that writes or reads that many. */
    public static long perRow(int rows, Work work) throws Exception {
        long thread = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        work.run();
        return (THREADS.getThreadAllocatedBytes(thread) - before) / rows;
    }
}
