// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.SessionIdentity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which znodes the session owns, whenever that is not known: after each connect, and when a request was lost.
 * Each belongs to a row, or is an orphan. Everything happens on the task thread.
 */
final class SessionInventory {

    private static final Logger LOG = LoggerFactory.getLogger(SessionInventory.class);

    private final ZNodeStrategy strategy;
    private final ZNodeStrategy.Context context;
    private final SessionBoundWriter.WriterContext writer;
    private final CheckpointedSessions sessions;
    private final Runnable onKnown;
    /**
     * The znodes that the session owns and no row asks for, by what a row would recognise them by: Flink may replay the
     * rows yet. Others than the task thread only look.
     */
    private final Map<String, String> orphans = new ConcurrentHashMap<>();

    private boolean known;
    private boolean asking;
    /** Whether the connection broke while it was asked what is there. */
    private boolean outdated;
    /** The session of which it was last found out what it owns; null before that. */
    private SessionIdentity current;
    /** The session before the current one; null if there was none. */
    private SessionIdentity predecessor;
    /** When the rows of znodes that the writer before this one left behind have had the time to be replayed. */
    private long replayedBy;

    /** @param onKnown hears when it is known again which znodes the session owns */
    SessionInventory(
            ZNodeStrategy strategy,
            ZNodeStrategy.Context context,
            SessionBoundWriter.WriterContext writer,
            CheckpointedSessions sessions,
            Runnable onKnown) {
        this.strategy = strategy;
        this.context = context;
        this.writer = writer;
        this.sessions = sessions;
        this.onKnown = onKnown;
    }

    /** Whether it is known what the session owns, so that it may be changed. */
    boolean isKnown() {
        return known;
    }

    boolean hasOrphans() {
        return !orphans.isEmpty();
    }

    /** By any thread. */
    boolean isOrphan(String path) {
        return orphans.containsValue(path);
    }

    void deleted(String path) {
        orphans.values().remove(path);
    }

    /** A row may have a znode already, which the writer before this one created. */
    void adopt(SessionBoundRow row) {
        if (hasOrphans() && row.node() == null) {
            String orphan = orphans.remove(strategy.key(row, context.sessionId()));
            if (orphan != null) {
                context.rows().move(row, () -> row.foundAt(orphan));
            }
        }
    }

    /** Has what no row asks for deleted. */
    void removeOrphans() {
        for (String node : orphans.values()) {
            SessionBoundRow row = context.rows().getOrAdd(strategy.idOf(node));
            context.rows().move(row, () -> row.foundAt(node));
            context.rows().review(row);
        }
        orphans.clear();
    }

    /** As {@link #removeOrphans}, unless their rows may be replayed yet. */
    void removeOldOrphans() {
        if (known && writer.time().getCurrentProcessingTime() >= replayedBy) {
            removeOrphans();
        }
    }

    /** Something may have changed unnoticed. */
    void invalidate() {
        outdated = true;
        forget();
        ask();
    }

    /** It is not known any more what is there. */
    void forget() {
        known = false;
        context.rows().writable(false);
    }

    /** Finds out what is there, unless that is known or cannot be asked now. */
    void ask() {
        boolean connected = context.session().statistics().connected();
        if (known || asking || context.answers().requests() > 0 || !connected) {
            return;
        }
        asking = true;
        outdated = false;
        CompletableFuture<List<String>> ephemerals =
                context.fence().establish().thenCompose(now -> context.session().ephemerals());
        context.answers()
                .onAnswer(
                        ephemerals,
                        found -> {
                            asking = false;
                            if (outdated) {
                                ask();
                            } else {
                                compare(found);
                            }
                        },
                        () -> asking = false);
    }

    private void compare(List<String> found) {
        noteSession();
        Map<String, String> nodes = new HashMap<>();
        for (String node : found) {
            if (!context.fence().isEpoch(node)) {
                strategy.key(node).ifPresent(key -> nodes.put(key, node));
            }
        }
        SessionBoundRows rows = context.rows();
        for (SessionBoundRow row : rows.all()) {
            String node = nodes.remove(strategy.key(row, current.id()));
            if (node == null) {
                rows.move(row, row::notFound);
            } else if (!node.equals(row.node())) {
                rows.move(row, () -> row.foundAt(node));
            }
            rows.review(row);
        }
        orphans.clear();
        orphans.putAll(nodes);
        known = true;
        if (!writer.checkpointed()) {
            removeOrphans();
        }
        strategy.onCompared(predecessor);
        onKnown.run();
    }

    private void noteSession() {
        SessionIdentity before = current;
        current = context.fence().established();
        if (before == null) {
            replayedBy = writer.time().getCurrentProcessingTime()
                    + context.session().negotiatedTimeout().toMillis();
        }
        if (before != null && before.id() == current.id()) {
            return;
        }
        SessionIdentity last = before == null ? sessions.completed() : before;
        if (last != null && last.id() != current.id()) {
            predecessor = last;
        }
        if (sessions.know(current)) {
            LOG.info("Going on with the ZooKeeper session {}.", current.name());
        } else {
            LOG.info(
                    "Rows are written as the ZooKeeper session {}{}.",
                    current.name(),
                    writer.checkpointed() ? ", from the next completed checkpoint on" : "");
        }
    }
}
