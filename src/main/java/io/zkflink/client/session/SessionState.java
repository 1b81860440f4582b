// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.SessionIdentity;
import io.zkflink.client.ZooKeeperException;
import java.util.concurrent.CompletableFuture;

/** What a {@link Session} is at. */
sealed interface SessionState {

    /** Whether requests can be sent now. */
    default boolean isConnected() {
        return this instanceof Open open && open.connected;
    }

    /** Whether a handle is the one that is listened to. */
    default boolean isWith(Connection handle) {
        return this instanceof Open open && open.handle == handle;
    }

    /**
     * There is no handle; one is made soon.
     *
     * @param resume the session that it is to go on with; null for a new one
     * @param reason why there is none
     * @param shutdown completes with the end of the last handle, or null
     */
    record Between(SessionIdentity resume, String reason, CompletableFuture<SessionShutdown> shutdown)
            implements SessionState {}

    /**
     * There is a handle.
     *
     * @param identity who it is, or last was, to the servers; null for a new one before its first connection
     */
    record Open(Connection handle, SessionIdentity identity, boolean connected) implements SessionState {}

    /**
     * Nothing can be asked any more.
     *
     * @param shutdown completes with the end of the last handle, or null
     */
    record Ended(ZooKeeperException cause, CompletableFuture<SessionShutdown> shutdown) implements SessionState {}
}
