// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.SessionIdentity;
import java.util.TreeMap;

/** Which session a writer that Flink starts next would go on with. */
final class CheckpointedSessions {

    /** Of checkpoints that have not completed yet. */
    private final TreeMap<Long, SessionIdentity> pending = new TreeMap<>();

    private SessionIdentity completed;

    /**
     * @param restored the session of the checkpoint that was restored; null for none
     */
    CheckpointedSessions(SessionIdentity restored) {
        this.completed = restored;
    }

    /** A checkpoint is to say which session it is; null if there is none to tell of. */
    void snapshot(long checkpoint, SessionIdentity session) {
        if (session != null) {
            pending.put(checkpoint, session);
        }
    }

    void complete(long checkpoint) {
        SessionIdentity session = pending.remove(checkpoint);
        pending.headMap(checkpoint).clear();
        if (session != null) {
            completed = session;
        }
    }

    /** The session of the last checkpoint that has completed; null if there is none. */
    SessionIdentity completed() {
        return completed;
    }

    /** Whether it is this one. */
    boolean know(SessionIdentity session) {
        return completed != null && completed.id() == session.id();
    }
}
