// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;

/**
 * Looks at queues of locks, and at what a job says of who holds them, all the time. What must never be seen: a row that
 * has two nodes; two who hold one lock; a grant while somebody is there who came before; a token that is lower than one
 * that was granted before.
 *
 * <p>Reads of one session never go back in time, on which this rests; what a new session sees is not compared with what
 * the one before it saw.
 */
final class LockWitness implements AutoCloseable {

    /** A contender's znode. */
    record Node(String owner, long token) {}

    private static final String WORKER = "worker-";
    private static final int SEQUENCE = 10;
    private static final long PAUSE_MILLIS = 50;

    private final ZooKeeperAdmin admin;
    private final String root;
    private final Map<String, Long> granted = new HashMap<>();
    private final Map<String, Long> told = new HashMap<>();
    private final CompletableFuture<Void> running;
    private volatile boolean enough;
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger grants = new AtomicInteger();
    private long session;

    LockWitness(String connectString, String root) {
        this.admin = new ZooKeeperAdmin(connectString);
        this.root = root;
        this.running = CompletableFuture.runAsync(this::watch);
    }

    private void watch() {
        while (!enough) {
            try {
                for (String resource : ChaosLoad.RESOURCES) {
                    look(admin.zooKeeper(), resource);
                }
                looks.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (KeeperException.ConnectionLossException
                    | KeeperException.SessionExpiredException
                    | KeeperException.NoNodeException e) {
                // Nothing was seen this time.
            } catch (KeeperException e) {
                throw new AssertionError(e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted", e);
            }
        }
    }

    private void look(ZooKeeper zooKeeper, String resource) throws KeeperException, InterruptedException {
        if (session != zooKeeper.getSessionId()) {
            session = zooKeeper.getSessionId();
            granted.clear();
            told.clear();
        }
        String held = root + "/held/" + resource;
        List<String> holders = zooKeeper.exists(held, false) == null ? List.of() : zooKeeper.getChildren(held, false);
        assertThat(holders).as("who holds %s, as rows say", resource).hasSizeLessThan(2);
        Long token = holders.isEmpty() ? null : token(zooKeeper, held + "/" + holders.get(0));

        List<Node> queue = queue(zooKeeper, resource);
        assertThat(queue.stream().map(Node::owner).filter(owner -> owner.startsWith(WORKER)))
                .as("workers that queue for %s", resource)
                .doesNotHaveDuplicates();
        if (!queue.isEmpty()) {
            Long before = granted.put(resource, queue.get(0).token());
            if (before == null || queue.get(0).token() > before) {
                grants.incrementAndGet();
            }
            assertThat(queue.get(0).token())
                    .as("token of %s after %s", resource, before)
                    .isGreaterThanOrEqualTo(before == null ? 0 : before);
        }
        if (token != null) {
            assertThat(queue)
                    .as("%s was granted to %s with %d", resource, holders, token)
                    .noneMatch(node -> node.token() < token);
            Long before = told.put(resource, token);
            assertThat(token)
                    .as("token of the rows of %s", resource)
                    .isGreaterThanOrEqualTo(before == null ? 0 : before);
        }
    }

    private static Long token(ZooKeeper zooKeeper, String path) throws KeeperException, InterruptedException {
        return Long.valueOf(new String(zooKeeper.getData(path, false, null), StandardCharsets.UTF_8));
    }

    /** Who was there at one moment, in order. */
    private List<Node> queue(ZooKeeper zooKeeper, String resource) throws KeeperException, InterruptedException {
        String path = root + "/locks/" + resource;
        List<Op> reads = zooKeeper.getChildren(path, false).stream()
                .sorted(Comparator.comparing(name -> name.substring(name.length() - SEQUENCE)))
                .map(name -> Op.getData(path + "/" + name))
                .toList();
        List<Node> queue = new ArrayList<>();
        for (OpResult result : reads.isEmpty() ? List.<OpResult>of() : zooKeeper.multi(reads)) {
            if (result instanceof OpResult.GetDataResult found) {
                queue.add(new Node(
                        new String(found.getData(), StandardCharsets.UTF_8),
                        found.getStat().getCzxid()));
            }
        }
        return queue;
    }

    /** The queue as it is now. */
    List<Node> queue(String resource) {
        try {
            return queue(admin.zooKeeper(), resource);
        } catch (KeeperException e) {
            throw new AssertionError(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    /** Fails if something was seen that must not be. */
    void check() {
        if (running.isDone()) {
            Await.result(running);
        }
    }

    String summary() {
        return "%d looks at the queues of locks, %d grants seen".formatted(looks.get(), grants.get());
    }

    @Override
    public void close() {
        enough = true;
        try {
            Await.result(running);
        } finally {
            admin.close();
        }
    }
}
