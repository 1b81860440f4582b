// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZooKeeperClient;
import org.apache.flink.annotation.Internal;

/**
 * The sessions of this class loader, one for each distinct {@link ConnectionSettings}, closed when their last user
 * leaves.
 */
@Internal
public final class SessionPool {

    private static final SharedResources<ConnectionSettings, Session> SESSIONS =
            new SharedResources<>(Session::isUsable, Session::close);

    private SessionPool() {}

    /** Gives a client without waiting for a connection. */
    public static ZooKeeperClient open(ConnectionSettings settings) {
        ConnectionSettings key = settings.withoutNamespace();
        SharedResources<ConnectionSettings, Session>.Lease lease = SESSIONS.lease(key, () -> new Session(key));
        // Not before, since that starts a thread, and sessions are made under a lock.
        lease.value().open();
        return new SessionClient(lease.value(), settings.namespace(), lease::close);
    }

    /** How many sessions are open; for tests that look for leaks. */
    public static int size() {
        return SESSIONS.size();
    }
}
