// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * One ZooKeeper server per test JVM, for tests that inject no faults and keep to a root of their own.
 *
 * <p>Life cycle: started by whoever asks first, killed with this JVM. Thread-safe.
 */
public final class SharedZooKeeper {

    private static final AtomicInteger ROOTS = new AtomicInteger();

    private SharedZooKeeper() {}

    public static String connectString() {
        return Holder.PROCESS.connectString();
    }

    public static ZooKeeperAdmin admin() {
        return Holder.ADMIN;
    }

    public static ZooKeeperProcess process() {
        return Holder.PROCESS;
    }

    /** A path that nobody else uses and that does not exist yet, of one segment. */
    public static String freshRoot() {
        return "/test-" + ROOTS.incrementAndGet();
    }

    /** Starts the server when it is first touched. */
    private static final class Holder {
        private static final ZooKeeperProcess PROCESS = new ZooKeeperProcess().start();
        private static final ZooKeeperAdmin ADMIN = new ZooKeeperAdmin(PROCESS.connectString());

        static {
            // Runs beside the hook that kills the process, so this deletes what that one leaves behind.
            Runtime.getRuntime().addShutdownHook(new Thread(PROCESS::close, "close-shared-zookeeper"));
        }
    }
}
