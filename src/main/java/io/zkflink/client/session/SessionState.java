// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.SessionIdentity;
import io.zkflink.client.ZooKeeperException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** All that changes of a {@link Session}; immutable, and swapped whole. */
sealed interface SessionState {

    /** What there has been so far. */
    Past past();

    /** Whether requests can be sent now. */
    default boolean isConnected() {
        return this instanceof Open open && open.connected;
    }

    /** Whether a connection is the one that is listened to. */
    default boolean isWith(Connection connection) {
        return this instanceof Open open && open.connection == connection;
    }

    /**
     * What there has been so far.
     *
     * @param negotiatedTimeout of the newest session that was connected; zero if none was yet
     */
    record Past(long connects, long expiries, Duration negotiatedTimeout) {
        static final Past NOTHING = new Past(0, 0, Duration.ZERO);

        boolean wasConnected() {
            return connects > 0;
        }
    }

    /**
     * There is no connection; one is made soon.
     *
     * @param resume the session that it is to go on with; null for a new one
     * @param reason why there is none
     * @param shutdown completes with the end of the last connection, or null
     */
    record Unconnected(Past past, SessionIdentity resume, String reason, CompletableFuture<SessionShutdown> shutdown)
            implements SessionState {

        Open made(Connection connection) {
            return new Open(past, connection, resume, false);
        }

        Unconnected notMade(String why) {
            return new Unconnected(past, resume, why, shutdown);
        }
    }

    /**
     * There is a client of ZooKeeper's.
     *
     * @param identity who it is, or last was, to the servers; null for a new one before its first connection
     */
    record Open(Past past, Connection connection, SessionIdentity identity, boolean connected) implements SessionState {

        Open connected(SessionIdentity as, Duration timeout) {
            return new Open(new Past(past.connects + 1, past.expiries, timeout), connection, as, true);
        }

        Open disconnected() {
            return new Open(past, connection, identity, false);
        }

        /** @param isCertain whether the session is gone; else the next connection asks for it */
        Unconnected expired(boolean isCertain, CompletableFuture<SessionShutdown> shutdown) {
            Past then = new Past(past.connects, past.expiries + (isCertain ? 1 : 0), past.negotiatedTimeout);
            return new Unconnected(then, isCertain ? null : identity, "the session has ended", shutdown);
        }
    }

    /**
     * Nothing can be asked any more.
     *
     * @param shutdown completes with the end of the last connection, or null
     */
    record Ended(Past past, ZooKeeperException cause, CompletableFuture<SessionShutdown> shutdown)
            implements SessionState {}
}
