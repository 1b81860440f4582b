// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ZooKeeperClient;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.Watcher;

/** What {@link WatchRegistry} asks of a connection. Futures complete on the event thread, in order with the events. */
interface WatchConnection {

    /** Puts a persistent recursive watch on a znode. Where it already is, that changes nothing. */
    CompletableFuture<Void> addWatch(String root, Watcher watcher);

    /** Takes the watch off a znode, and off the client's own list even if the connection breaks. */
    CompletableFuture<Void> removeWatch(String root);

    /** As {@link ZooKeeperClient#sync}. */
    CompletableFuture<Long> sync();

    /** Whether the watches of an earlier connection of this session are in place when it is said to be connected. */
    boolean keepsWatches();

    /** Who is, or was last, connected. */
    String server();
}
