// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.zookeeper.server.EphemeralType;

/**
 * The ephemeral znodes of each session, as the transactions so far leave them. Servers before 3.6 do not log which of them
 * go with a session. What was there before the first transaction is read when it is first asked for, since newer servers'
 * logs never ask. Used by one thread.
 */
final class EphemeralZNodes {

    /** Finds what was there before. */
    @FunctionalInterface
    interface Past {

        /**
         * The ephemeral znodes right before a transaction.
         *
         * @throws MissingEphemeralsException if it cannot be found out
         */
        EphemeralZNodes before(long zxid, long session) throws IOException;
    }

    /** How a TTL znode is marked; {@link EphemeralType} tells only in servers that allow such znodes. */
    private static final int TTL_SHIFT = 40;

    private static final long TTL_MARK = 0xff0000;

    private final Map<Long, Set<String>> bySession = new HashMap<>();
    private final Map<String, Long> owners = new HashMap<>();
    /** Null when all is known. */
    private Past past;

    private EphemeralZNodes(Past past) {
        this.past = past;
    }

    /** Begins in the middle. */
    static EphemeralZNodes after(Past past) {
        return new EphemeralZNodes(past);
    }

    /** Begins with none. */
    static EphemeralZNodes none() {
        return new EphemeralZNodes(null);
    }

    /** The paths of a session's znodes when a transaction ends it, in their order. */
    Set<String> of(long session, long zxid) throws IOException {
        if (past != null) {
            EphemeralZNodes known = past.before(zxid, session);
            bySession.clear();
            bySession.putAll(known.bySession);
            owners.clear();
            owners.putAll(known.owners);
            past = null;
        }
        return new TreeSet<>(bySession.getOrDefault(session, Set.of()));
    }

    /** Whether transactions must not be left out. */
    boolean isTracking() {
        return past == null;
    }

    void add(String path, long owner) {
        if (owner != 0) {
            owners.put(path, owner);
            bySession.computeIfAbsent(owner, session -> new HashSet<>()).add(path);
        }
    }

    /** The session that a stored {@code ephemeralOwner} names; 0 for none, as of containers and TTL znodes. */
    static long sessionOf(long stored) {
        boolean isNone = stored == EphemeralType.CONTAINER_EPHEMERAL_OWNER || stored >>> TTL_SHIFT == TTL_MARK;
        return isNone ? 0 : stored;
    }

    void apply(Operation operation) {
        if (past != null) {
            return;
        }
        if (operation.createMode() == Operation.CreatedAs.EPHEMERAL) {
            add(operation.path(), operation.owner());
        } else if (operation.kind() == Operation.Kind.DELETE) {
            remove(operation.path());
        }
    }

    private void remove(String path) {
        Long owner = owners.remove(path);
        if (owner != null) {
            Set<String> paths = bySession.get(owner);
            paths.remove(path);
            if (paths.isEmpty()) {
                bySession.remove(owner);
            }
        }
    }
}
