// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Programs with Curator's mutex, in a JVM of their own, that take one lock of some after another and write what it
 * guards.
 */
public final class LockFighter {

    private static final Logger LOG = LoggerFactory.getLogger(LockFighter.class);

    private LockFighter() {}

    /**
     * The arguments are a connect string, the root of the log, the resources, a seed, and the names of the fighters.
     */
    public static void main(String[] arguments) throws Exception {
        FencedLog log = new FencedLog(arguments[1]);
        String[] resources = arguments[2].split(",", -1);
        long seed = Long.parseLong(arguments[3]);
        CuratorFramework client = CuratorFrameworkFactory.newClient(arguments[0], 2_000, 10_000, new RetryForever(50));
        client.start();
        List<Thread> fighters = new ArrayList<>();
        for (int i = 4; i < arguments.length; i++) {
            String who = arguments[i];
            Random random = new Random(seed + i);
            fighters.add(new Thread(() -> fight(client, log, resources, random, who), who));
        }
        fighters.forEach(Thread::start);
        for (Thread fighter : fighters) {
            fighter.join();
        }
        Runtime.getRuntime().halt(0);
    }

    private static void fight(CuratorFramework client, FencedLog log, String[] resources, Random random, String who) {
        boolean more = true;
        while (more) {
            try {
                more = client.checkExists().forPath(log.stop()) == null;
                String resource = resources[random.nextInt(resources.length)];
                Mutex mutex = new Mutex(client, log.lock(resource), who);
                mutex.acquire();
                try {
                    String node = mutex.node();
                    Stat stat = client.checkExists().forPath(node);
                    if (stat != null) {
                        log.write(client.getZookeeperClient()::getZooKeeper, resource, node, stat.getCzxid(), who);
                    }
                } finally {
                    mutex.release();
                }
            } catch (Exception e) {
                // Curator gives up some of its requests when a connection or session ends; it deletes its node by and
                // by.
                LOG.info("{} did not get on", who, e);
            }
        }
    }

    /** Tells which node is its own. */
    private static final class Mutex extends InterProcessMutex {
        private final String who;

        Mutex(CuratorFramework client, String path, String who) {
            super(client, path);
            this.who = who;
        }

        String node() {
            return getLockPath();
        }

        @Override
        protected byte[] getLockNodeBytes() {
            return who.getBytes(StandardCharsets.UTF_8);
        }
    }
}
