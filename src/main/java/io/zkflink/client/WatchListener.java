// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import org.apache.flink.annotation.Internal;

/**
 * Hears of a recursive watch. All methods are called on the session's event thread, one at a time, and must not block.
 */
@Internal
public interface WatchListener {

    /**
     * The watch is in place on a live connection: whatever changes from now on is reported. Called again after every
     * reconnect and every new session, because changes made in between were not reported.
     */
    void established();

    /**
     * The znode was created, changed or deleted; what it is now only a read can tell.
     *
     * @param zxid the transaction, or -1 if the server does not say (before 3.9)
     */
    void changed(String path, long zxid);

    /** As {@link #changed}, of a znode that was deleted, though another one may be there by now. */
    default void deleted(String path, long zxid) {
        changed(path, zxid);
    }

    /** The connection is lost: changes go unreported until {@link #established()} is called again. */
    void lost();

    /** The watch can never be (re-)established; nothing further is called. */
    void failed(ZooKeeperException cause);
}
