// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionPool;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A znode that the server takes and that ZooKeeper's client cannot read: more than two megabytes. */
class OversizedReplyITCase {

    private static final int THREE_MEGABYTES = 3 * 1024 * 1024;

    @RegisterExtension
    static final ZooKeeperExtension ZK =
            new ZooKeeperExtension(ZooKeeperProcess.builder().property("jute.maxbuffer", "20000000"));

    @Test
    void itFailsByNameAndNobodyElse() {
        ZooKeeperAdmin zk = ZK.admin();
        zk.create("/small", "x");
        zk.createRaw("/big", new byte[THREE_MEGABYTES], CreateMode.PERSISTENT);
        try (ZooKeeperClient one = SessionPool.open(ConnectionSettings.of(ZK.connectString()));
                ZooKeeperClient other = SessionPool.open(ConnectionSettings.of(ZK.connectString()))) {
            Throwable failure = untilNotLost(one, "/big");
            assertThat(failure)
                    .hasMessage(
                            "The data of the znode '/big' (3145728 bytes) does not fit into a reply of 67108864 bytes,"
                                    + " the limit that 'properties.jute.maxbuffer' sets, or into the 2097150 bytes that the"
                                    + " system property 'jute.maxbuffer' allows for the data of one znode. Raise what is too"
                                    + " small, or narrow the 'path'.");
            assertThat(Await.result(other.read("/small"))).isPresent();
        }
    }

    private static Throwable untilNotLost(ZooKeeperClient client, String path) {
        Throwable[] last = new Throwable[1];
        Await.until("the read fails for good", () -> {
            CompletableFuture<?> read = client.read(path);
            last[0] = Await.failure(read);
            return ((ZooKeeperException) last[0]).failure() != Failure.CONNECTION_LOST;
        });
        return last[0];
    }
}
