// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.ZooKeeperAdmin;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * What locks guard: whoever holds one writes its token to the log of the resource, in a transaction that is refused if
 * its node is gone. What was accepted, and in which order, is what the server has.
 *
 * <p>Below the root there is {@code locks/<resource>}, {@code log/<resource>}, which a write adds an entry to, and
 * {@code progress/<who>}, whose version counts what was accepted of a writer.
 */
record FencedLog(String root) {

    static final int WRITES_PER_GRANT = 3;
    private static final long RETRY_MILLIS = 20;

    String lock(String resource) {
        return root + "/locks/" + resource;
    }

    String log(String resource) {
        return root + "/log/" + resource;
    }

    String progress(String who) {
        return root + "/progress/" + who;
    }

    /** When this is there, everybody ends. */
    String stop() {
        return root + "/stop";
    }

    /** Writes as the holder that it believes to be, until that is done or refused. */
    void write(Callable<ZooKeeper> client, String resource, String node, long token, String who) throws Exception {
        List<Op> ops = List.of(
                Op.check(node, -1),
                Op.create(
                        log(resource) + "/",
                        (token + " " + who).getBytes(StandardCharsets.UTF_8),
                        ZooDefs.Ids.OPEN_ACL_UNSAFE,
                        CreateMode.PERSISTENT_SEQUENTIAL),
                Op.setData(progress(who), new byte[0], -1));
        for (int written = 0; written < WRITES_PER_GRANT; ) {
            try {
                client.call().multi(ops);
                written++;
            } catch (KeeperException.NoNodeException e) {
                // The lock is lost.
                return;
            } catch (KeeperException.ConnectionLossException | KeeperException.SessionExpiredException e) {
                // Whether it was accepted or not: it is written again only as long as the node is there.
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }

    /** The tokens of what was accepted, in order; fails if they do not grow, or if two holders wrote with one. */
    List<Long> verify(ZooKeeperAdmin zk, String resource, String story) {
        List<Long> tokens = new ArrayList<>();
        long token = 0;
        String holder = "nobody";
        Map<String, String> accepted = zk.tree(log(resource));
        for (Map.Entry<String, String> entry : accepted.entrySet()) {
            String[] write = entry.getValue().split(" ", -1);
            long next = Long.parseLong(write[0]);
            String where = story + ", " + entry + ", after " + token + " of " + holder;
            assertThat(next).as(where).isGreaterThanOrEqualTo(token);
            if (next == token) {
                assertThat(write[1]).as(where).isEqualTo(holder);
            }
            token = next;
            holder = write[1];
            tokens.add(token);
        }
        return tokens;
    }
}
