// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.annotation.Internal;
import org.apache.zookeeper.server.EphemeralType;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * The ephemeral znodes of each session, as the transactions so far leave them. Servers before 3.6 do not log which of
 * them go with a session. What was there before the first transaction is read when it is first asked for, since newer
 * servers' logs never ask. Used by one thread.
 */
@Internal
public final class EphemeralZNodes {

    /** Finds what was there before. */
    @FunctionalInterface
    interface Past {

        /**
         * The ephemeral znodes right before a transaction that ends a session; at least those of that session.
         *
         * @throws MissingEphemeralsException if it cannot be found out
         */
        EphemeralZNodes before(TxnHeader closing) throws IOException;
    }

    /** How a TTL znode is marked; {@link EphemeralType} tells only in servers that allow such znodes. */
    private static final int TTL_SHIFT = 40;

    private static final long TTL_MARK = 0xff0000;

    private final Map<Long, Set<String>> bySession = new HashMap<>();
    private final Map<String, Long> owners = new HashMap<>();
    private final Past past;
    /** Sessions that began while this was tracking; of the others all is known only if {@link #isComplete}. */
    private final Set<Long> begun = new HashSet<>();

    private boolean isComplete;
    private boolean isTracking;

    private EphemeralZNodes(Past past, boolean isComplete, boolean isTracking) {
        this.past = past;
        this.isComplete = isComplete;
        this.isTracking = isTracking;
    }

    /** Begins in the middle. */
    static EphemeralZNodes after(Past past) {
        return new EphemeralZNodes(past, false, false);
    }

    /** Begins with none. */
    static EphemeralZNodes none() {
        return new EphemeralZNodes(null, true, true);
    }

    /** Begins in the middle, and knows nothing of what was there. */
    static EphemeralZNodes unknown() {
        return new EphemeralZNodes(null, false, true);
    }

    /** The paths of a session's znodes when a transaction ends it, in their order. */
    Set<String> of(TxnHeader closing) throws IOException {
        if (past != null && !knows(closing.getClientId())) {
            EphemeralZNodes known = past.before(closing);
            bySession.clear();
            bySession.putAll(known.bySession);
            owners.clear();
            owners.putAll(known.owners);
            begun.clear();
            begun.addAll(known.begun);
            isComplete = known.isComplete;
            isTracking = true;
        }
        return new TreeSet<>(bySession.getOrDefault(closing.getClientId(), Set.of()));
    }

    /** Whether none of a session's znodes can be missing here. */
    boolean knows(long session) {
        return isComplete || begun.contains(session);
    }

    /** Whether transactions must not be left out. */
    boolean isTracking() {
        return isTracking;
    }

    void begin(long session) {
        if (isTracking && !isComplete) {
            begun.add(session);
        }
    }

    void end(long session) {
        begun.remove(session);
    }

    void add(String path, long owner) {
        if (owner != 0) {
            owners.put(path, owner);
            bySession.computeIfAbsent(owner, session -> new HashSet<>()).add(path);
        }
    }

    /** The session that a stored {@code ephemeralOwner} names; 0 for none, as of containers and TTL znodes. */
    public static long sessionOf(long stored) {
        boolean isNone = stored == EphemeralType.CONTAINER_EPHEMERAL_OWNER || stored >>> TTL_SHIFT == TTL_MARK;
        return isNone ? 0 : stored;
    }

    void apply(Operation operation) {
        if (!isTracking) {
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
