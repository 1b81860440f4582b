// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import org.junit.jupiter.api.Test;

/** What {@link LockSafetyITCase} checks with can fail: it finds the write of one who holds the lock no longer. */
class FencedLogITCase {

    private static final String RESOURCE = "r";
    private static final String NO_FENCE = "/";

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final FencedLog log = new FencedLog(SharedZooKeeper.freshRoot());
    private final String first = log.lock(RESOURCE) + "/first";
    private final String second = log.lock(RESOURCE) + "/second";

    private long lost;

    @Test
    void whoHasLostTheLockIsRefused() throws Exception {
        handOver();
        log.write(zk::zooKeeper, RESOURCE, first, lost, "ann");

        assertThat(log.verify(zk, RESOURCE, "fenced")).hasSize(2 * FencedLog.WRITES_PER_GRANT);
    }

    @Test
    void withoutTheFenceTheOverlapIsFound() throws Exception {
        handOver();
        log.write(zk::zooKeeper, RESOURCE, NO_FENCE, lost, "ann");

        assertThatThrownBy(() -> log.verify(zk, RESOURCE, "not fenced"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll("not fenced", "=" + lost + " ann, after ", " of bob");
    }

    @Test
    void twoHoldersWithOneTokenAreFound() throws Exception {
        handOver();
        long held = zk.stat(second).getCzxid();
        log.write(zk::zooKeeper, RESOURCE, second, held, "ann");

        assertThatThrownBy(() -> log.verify(zk, RESOURCE, "one token"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("one token");
    }

    /** Ann writes and loses the lock, then Bob writes. */
    private void handOver() throws Exception {
        zk.create(log.log(RESOURCE));
        zk.create(log.progress("ann"));
        zk.create(log.progress("bob"));
        zk.create(first);
        lost = zk.stat(first).getCzxid();
        zk.create(second);
        log.write(zk::zooKeeper, RESOURCE, first, lost, "ann");
        zk.delete(first);
        long held = zk.stat(second).getCzxid();
        log.write(zk::zooKeeper, RESOURCE, second, held, "bob");
    }
}
