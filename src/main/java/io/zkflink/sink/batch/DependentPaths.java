// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** Finds out which writes of a {@link PathQueue} may leave together while some of its paths lie above others. */
final class DependentPaths<T extends PathQueue.Entry> {

    private static final Comparator<PathQueue.Entry> PARENTS_FIRST = Comparator.comparingInt(PathQueue.Entry::depth);
    private static final Comparator<QueuedPath> DEEPEST_FIRST =
            Comparator.comparing(QueuedPath::first, PARENTS_FIRST.reversed());

    private final PathQueue<T> queue;
    private long turn;

    DependentPaths(PathQueue<T> queue) {
        this.queue = queue;
    }

    /** As {@link PathQueue#take}, from paths in the order in which their first entries came. */
    List<T> take(ReadyPaths ready, int maxEntries, long maxBytes) {
        turn++;
        List<T> taken = new ArrayList<>();
        List<QueuedPath> removals = new ArrayList<>();
        long space = maxBytes;
        boolean full = false;
        for (Iterator<QueuedPath> next = ready.iterator(); next.hasNext() && !full; ) {
            QueuedPath path = next.next();
            boolean removes = path.first().removes();
            int chosen = taken.size() + removals.size();
            full = chosen >= maxEntries || (chosen > 0 && path.first().bytes() > space);
            if (removes) {
                forAllAbove(path, above -> above.below().removalMet = turn);
            }
            if (full) {
                if (!removals.isEmpty()) {
                    noteStayingRemovals(path, next);
                }
            } else if (isBlocked(path)) {
                forAllAbove(path, above -> above.below().blocked = turn);
                if (removes) {
                    forAllAbove(path, above -> above.below().removalStays = turn);
                }
            } else {
                if (removes) {
                    space -= path.first().bytes();
                    removals.add(path);
                } else {
                    next.remove();
                    space = queue.takeFirsts(path, taken, maxEntries - removals.size(), space);
                    forAllAbove(path, above -> above.below().putLeaves = turn);
                }
                if (removes ? path.last() != path.first() : path.first() != null) {
                    forAllAbove(path, above -> above.below().blocked = turn);
                }
            }
        }
        taken.sort(PARENTS_FIRST);
        takeRemovals(removals, ready, taken);
        return taken;
    }

    private boolean isBlocked(QueuedPath path) {
        boolean removes = path.first().removes();
        QueuedPath.Subtree below = path.below();
        if (removes ? below.inFlight > 0 || below.blocked == turn || below.putLeaves == turn : isUndecided(path)) {
            return true;
        }
        for (QueuedPath above = path.parent(); above != null; above = above.parent()) {
            boolean isBehind = above.first() != null
                    && above.first().number() < path.first().number();
            if (above.inFlight > 0 || (!removes && (isBehind || isUndecided(above)))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a parked removal may be possible when what is removed below now is gone, as it was when a put came. */
    private boolean isUndecided(QueuedPath path) {
        return path.parked != null && (path.below().inFlight > 0 || path.below().removalMet == turn);
    }

    /** Removals that do not fit any more had better be made before those above them. */
    private void noteStayingRemovals(QueuedPath first, Iterator<QueuedPath> others) {
        for (QueuedPath path = first; path != null; path = others.hasNext() ? others.next() : null) {
            if (path.first().removes()) {
                forAllAbove(path, above -> above.below().removalStays = turn);
            }
        }
    }

    private void takeRemovals(List<QueuedPath> chosen, ReadyPaths ready, List<T> taken) {
        chosen.sort(DEEPEST_FIRST);
        boolean none = taken.isEmpty() && chosen.stream().allMatch(path -> path.below().removalStays == turn);
        for (QueuedPath path : chosen) {
            if (none || path.below().removalStays != turn) {
                ready.remove(path);
                queue.takeFirst(path, taken);
            }
        }
    }

    static void forAllAbove(QueuedPath path, Consumer<QueuedPath> action) {
        for (QueuedPath above = path.parent(); above != null; above = above.parent()) {
            action.accept(above);
        }
    }
}
