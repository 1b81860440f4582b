// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.HashMap;
import java.util.Map;

/**
 * The sessions of this class loader, one for each distinct {@link ConnectionSettings}, closed when their last user
 * leaves. Static, because the tasks that share a session know nothing of each other; Flink loads a job's classes once
 * per job and process, or once per process for jars in {@code lib/}.
 */
public final class SessionPool {

    private static final Map<ConnectionSettings, Shared> SESSIONS = new HashMap<>();

    private SessionPool() {}

    /** Gives a client without waiting for a connection. */
    public static ZooKeeperClient open(ConnectionSettings settings) {
        ConnectionSettings key = settings.withoutNamespace();
        Shared shared;
        synchronized (SESSIONS) {
            shared = SESSIONS.get(key);
            if (shared == null || !shared.session.isUsable()) {
                shared = new Shared(new Session(key));
                SESSIONS.put(key, shared);
                shared.session.open();
            }
            shared.users++;
        }
        Shared mine = shared;
        return new SessionClient(shared.session, settings.namespace(), new Release(key, mine));
    }

    /** How many sessions are open; for tests that look for leaks. */
    public static int size() {
        synchronized (SESSIONS) {
            return SESSIONS.size();
        }
    }

    private static final class Shared {
        private final Session session;
        private int users;

        Shared(Session session) {
            this.session = session;
        }
    }

    private static final class Release implements Runnable {
        private final ConnectionSettings key;
        private final Shared shared;
        private boolean done;

        Release(ConnectionSettings key, Shared shared) {
            this.key = key;
            this.shared = shared;
        }

        @Override
        public void run() {
            synchronized (SESSIONS) {
                if (done) {
                    return;
                }
                done = true;
                if (--shared.users > 0) {
                    return;
                }
                SESSIONS.remove(key, shared);
            }
            shared.session.close();
        }
    }
}
