// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A ZooKeeper server of a test class's own, behind a network that can break; for tests that inject faults. Others share
 * {@link SharedZooKeeper}.
 *
 * <p>Life cycle: started before the first test of the class that registers it in a static field, closed after the last.
 * {@link #reset} makes everything work again. For one thread at a time, but {@link #admin} for any.
 */
public final class ZooKeeperExtension implements BeforeAllCallback, AfterAllCallback {

    /** More than any client has that goes through the proxy. */
    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(10);

    private final ZooKeeperProcess.Builder builder;
    private ZooKeeperProcess process;
    private TcpProxy proxy;
    private ZooKeeperAdmin admin;
    /** JUnit calls us for the nested classes, too, which share the server. */
    private int depth;

    public ZooKeeperExtension() {
        this(ZooKeeperProcess.builder());
    }

    public ZooKeeperExtension(ZooKeeperProcess.Builder builder) {
        this.builder = builder;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (depth++ > 0) {
            return;
        }
        process = builder.build().start();
        proxy = new TcpProxy(process.port());
        admin = new ZooKeeperAdmin(process.connectString());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (--depth > 0) {
            return;
        }
        if (proxy != null) {
            proxy.close();
            admin.close();
        }
        if (process != null) {
            process.close();
        }
    }

    /** Through the network that can break. */
    public String connectString() {
        return proxy.connectString();
    }

    /** Straight to the server. */
    public String directConnectString() {
        return process.connectString();
    }

    /** Another program, connected directly. */
    public ZooKeeperAdmin admin() {
        return admin;
    }

    public ZooKeeperProcess process() {
        return process;
    }

    public TcpProxy proxy() {
        return proxy;
    }

    /** Breaks the network, does something, and heals the network whatever happens. */
    public void whileCut(Runnable action) {
        proxy.cut();
        try {
            action.run();
        } finally {
            proxy.heal();
        }
    }

    /** As {@link #whileCut}, but connections stay open and carry nothing. */
    public void whileBlackholed(Runnable action) {
        proxy.blackhole();
        try {
            action.run();
        } finally {
            proxy.heal();
        }
    }

    /**
     * Makes every session that goes through the proxy expire, by breaking the network for as long as it takes: give the
     * clients session timeouts of a few seconds, or it takes longer than anybody waits.
     */
    public void expireSessions() {
        expireSessions(() -> {});
    }

    /**
     * Something that befalls jobs, with changes before, meanwhile and after.
     *
     * @return what it was, for messages
     */
    public int strike(Random random, Runnable changes) throws Exception {
        int fault = random.nextInt(5);
        changes.run();
        switch (fault) {
            case 0 -> whileCut(changes);
            case 1 -> expireSessions(changes);
            case 2 -> {
                process().kill();
                process().restart();
                changes.run();
            }
            case 3 -> SharedMiniCluster.replaceTaskManager();
            default -> whileBlackholed(changes);
        }
        changes.run();
        return fault;
    }

    /** As {@link #expireSessions()}, and does something before the clients can connect again. */
    public void expireSessions(Runnable onceExpired) {
        // Of a client that is just reconnecting no connection is seen: all but those connected past the proxy expire.
        // What takes longer was left behind by a program of the test itself, and would be waited for in vain.
        Set<String> victims = process.sessionsThatExpireWithin(LONGEST_TIMEOUT);
        Set<String> direct = process.connectedSessions();
        direct.removeAll(process.sessionsFrom(proxy.upstreamPorts()));
        victims.removeAll(direct);
        whileCut(() -> {
            Await.until("the sessions " + victims + " have expired", () -> {
                Set<String> alive = new HashSet<>(process.sessions());
                alive.retainAll(victims);
                return alive.isEmpty();
            });
            onceExpired.run();
        });
    }

    /** Makes everything work again: the network is whole and the server runs. */
    public void reset() {
        process.resume();
        proxy.heal();
    }
}
