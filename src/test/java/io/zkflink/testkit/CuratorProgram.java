// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryForever;

/** What {@link OtherProgram#curator} runs in the other JVM. */
public final class CuratorProgram {

    private static final int MEMBERS = 2;
    private static final PrintStream OUT = System.out;

    private final CuratorFramework client;
    private Leaving leaving;

    private CuratorProgram(CuratorFramework client) {
        this.client = client;
    }

    /** What undoes the last {@code in}. */
    @FunctionalInterface
    private interface Leaving {
        void run() throws Exception;
    }

    /** The arguments are a connect string and a session timeout in milliseconds. */
    public static void main(String[] arguments) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.newClient(
                arguments[0], Integer.parseInt(arguments[1]), 10_000, new RetryForever(100));
        client.start();
        CuratorProgram program = new CuratorProgram(client);
        // Mutexes belong to a thread; and whatever it waits for, the end of the input is heard.
        ExecutorService thread = Executors.newSingleThreadExecutor();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", -1);
            thread.execute(() -> program.obey(words));
        }
        Runtime.getRuntime().halt(0);
    }

    private void obey(String[] words) {
        try {
            if (words[0].equals("in")) {
                leaving = enter(words[1], words[2], words[3]);
            } else {
                leaving.run();
            }
            OUT.println(words[0]);
        } catch (Exception e) {
            OUT.println(e);
        }
    }

    private Leaving enter(String recipe, String path, String name) throws Exception {
        switch (recipe) {
            case "lock" -> {
                InterProcessMutex mutex = new InterProcessMutex(client, path) {
                    @Override
                    protected byte[] getLockNodeBytes() {
                        return name.getBytes(StandardCharsets.UTF_8);
                    }
                };
                mutex.acquire();
                return mutex::release;
            }
            case "election" -> {
                LeaderLatch latch = new LeaderLatch(client, path, name);
                latch.start();
                latch.await();
                return latch::close;
            }
            case "barrier" -> {
                DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, path, MEMBERS);
                barrier.enter();
                return barrier::leave;
            }
            default -> throw new IllegalArgumentException(recipe);
        }
    }
}
