// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.annotation.Internal;

/**
 * A session that nobody shares, because the znodes that it creates belong to the session: ephemeral znodes, locks.
 *
 * <p>Another process may go on with it, if it is {@link #detach detached} and as long as the server keeps it. If the
 * server does not, an expired session is followed by another one; {@link #identity} tells which it is.
 *
 * <p>Two processes may be connected as one session at a time, of which one does not know of the other: ZooKeeper
 * carries out what either asks. To keep them apart is up to their user.
 */
@Internal
public interface DedicatedSession extends ZooKeeperClient {

    /** Who this session is to the server; empty while it is not connected. */
    Optional<SessionIdentity> identity();

    /** For how long the server keeps the session without hearing of it; zero before it has said so. */
    Duration negotiatedTimeout();

    /**
     * The paths of all znodes that end with this session, as of the newest transaction that it has seen. Those outside
     * of chroot and namespace are left out. Servers before 3.6 do not know.
     */
    CompletableFuture<List<String>> ephemerals();

    /**
     * Leaves the session as it is: what it owns stays until the server has not heard of it for its timeout. Waits as
     * {@link #close} does.
     */
    void detach();

    /**
     * Ends the session, and with it all that it owns, as soon as the server hears of it. Waits a few seconds for that,
     * and for the threads of the client.
     */
    @Override
    void close();
}
