// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.annotation.Internal;

/**
 * What the connector asks of ZooKeeper: one user's view of a session that may be shared with others.
 *
 * <p>Paths are absolute and relative to chroot and namespace. No method blocks. Futures complete, and listeners are
 * called, on the session's event thread, in the order in which the server answered; whoever continues there must not
 * block. Futures fail with {@link ZooKeeperException} only. A read is sent while the session is connected and waits
 * otherwise; it is not repeated after a failure, because only its caller knows whether its answer still matters. A
 * future that was cancelled before its read was sent costs nothing.
 */
@Internal
public interface ZooKeeperClient extends AutoCloseable {

    /** Reads data and Stat of a znode; empty if there is none. */
    CompletableFuture<Optional<ZNode>> read(String path);

    /**
     * As {@link #read}, without the data, which need not have been transferred. Where it was not, servers before 3.10
     * do not ask for the READ permission.
     */
    CompletableFuture<Optional<ZNode>> stat(String path);

    /** Lists the names of a znode's children in no particular order; empty if there is no such znode. */
    CompletableFuture<Optional<List<String>>> children(String path);

    /**
     * Asks whether there is a znode, without reading its data or its children. Such requests are not gathered into one,
     * so this costs the server more than a read of a small znode among others. Servers from 3.10 on want the READ
     * permission.
     */
    CompletableFuture<Boolean> exists(String path);

    /**
     * Brings the server that this session is connected to up to date with the leader.
     *
     * @return the zxid of the newest transaction that the server has applied since, so that reads sent after this
     *     future completes see that transaction or a later state
     */
    CompletableFuture<Long> sync();

    /**
     * The newest transaction that the server we are connected to has told of, with any answer or event; 0 before the
     * first one. What a read finds is not newer than this once it is answered, also where servers (before 3.9) do not
     * say which transaction an event is of.
     */
    long newestZxid();

    /**
     * Makes all of some writes in one transaction, or none.
     *
     * <p>It is sent at once, or fails at once while there is no connection. It is not repeated: when the connection
     * breaks, nobody knows whether it was made, and only the caller knows whether it may be made twice. What was lost
     * that way is never made after a later write of this session.
     *
     * @param writes at least one; made in this order, each seeing those before it
     * @return empty if all were made, else why none was
     */
    default CompletableFuture<Optional<WriteRefusal>> write(List<ZNodeWrite> writes) {
        return writeAndTell(writes).thenApply(WriteResult::refusal);
    }

    /** As {@link #write}, and tells the names of what was created. */
    CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes);

    /**
     * Creates the znodes of the namespace that are missing. The chroot is not ours to create: without it this fails.
     */
    CompletableFuture<Void> createNamespace(Acl acl);

    /**
     * Puts a persistent recursive watch on a znode, which need not exist, and keeps it there over reconnects and new
     * sessions until the returned handle or this client is closed.
     */
    Watch watch(String root, WatchListener listener);

    /**
     * Tells of the connection as {@link #watch} does, without watching anything: {@code established} and {@code lost},
     * never {@code changed}. For servers that have no recursive watches.
     */
    Watch listen(WatchListener listener);

    /** How the session has fared; a snapshot. */
    Statistics statistics();

    /**
     * How a session has fared.
     *
     * @param connected whether requests can be sent now
     * @param reconnects how often the connection came back, with the same session or a new one
     * @param expiries how often the session expired
     */
    record Statistics(boolean connected, long reconnects, long expiries) {}

    /**
     * Gives the session back: fails this user's waiting reads and ends its watches. Its last user waits a few seconds
     * for its end.
     */
    @Override
    void close();

    /** A watch that is in place until it is closed. Closing never blocks. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
