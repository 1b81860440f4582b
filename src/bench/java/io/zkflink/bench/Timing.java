// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import com.sun.management.OperatingSystemMXBean;
import io.zkflink.testkit.ZooKeeperProcess;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/** How long work takes, and how much of the processors. */
final class Timing {

    /** A job's slot and its session are cleaned up after the job has ended: whoever comes next is not to pay for it. */
    private static final long REST_MILLIS = 100;

    private Timing() {}

    /** What takes time. */
    interface Work {
        void run() throws Exception;
    }

    /**
     * What work took.
     *
     * @param seconds by the clock
     * @param ownSeconds of processor time, of this process: Flink, the contender, who writes for it
     * @param serverSeconds of processor time, of the server: what its other clients pay
     */
    record Usage(double seconds, double ownSeconds, double serverSeconds) {
        static final Usage NOTHING = new Usage(0, 0, 0);

        Usage plus(Usage other) {
            return new Usage(
                    seconds + other.seconds, ownSeconds + other.ownSeconds, serverSeconds + other.serverSeconds);
        }

        Usage minus(Usage other) {
            return new Usage(
                    seconds - other.seconds, ownSeconds - other.ownSeconds, serverSeconds - other.serverSeconds);
        }
    }

    static double seconds(Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    static Usage usage(ZooKeeperProcess server, Work work) throws Exception {
        Thread.sleep(REST_MILLIS);
        double own = ownSeconds();
        double servers = server.cpuTime().toNanos() / 1e9;
        double seconds = seconds(work);
        return new Usage(seconds, ownSeconds() - own, server.cpuTime().toNanos() / 1e9 - servers);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double ownSeconds() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
    }
}
