// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.ArrayDeque;

/**
 * A path that has entries in a {@link PathQueue}, or lies above one that has.
 *
 * <p>What goes on below it is known only while paths of several depths are in the queue: most tables have none, and
 * their rows are many.
 */
final class QueuedPath {

    private final String path;
    private PathQueue.Entry first;
    /** Those that wait behind the first; null if there never were any. */
    private ArrayDeque<PathQueue.Entry> others;
    /** Whether it is among the {@link ReadyPaths}. */
    boolean ready;

    int inFlight;
    /** A removal that waits for the znode to be empty. */
    PathQueue.Entry parked;
    /** How many entries of this path are removals, wherever they are. */
    int removals;

    /** The path right above; null for that of the root, and while paths of one depth are in the queue. */
    private QueuedPath parent;

    private Subtree below = Subtree.EMPTY;

    /** What goes on below a path. A turn is the number of a {@link DependentPaths#take}. */
    static final class Subtree {
        /** Of paths below which there is nothing; never changed. */
        private static final Subtree EMPTY = new Subtree();

        /** How many paths lie right below. */
        private int children;

        int inFlight;
        /** The turn at which an entry below could not leave. */
        long blocked;
        /** The turn at which a put below leaves. */
        long putLeaves;
        /** The turn at which a removal below was left for the next one. */
        long removalStays;
        /** The turn at which a removal below was met. */
        long removalMet;
    }

    QueuedPath(String path) {
        this.path = path;
    }

    String path() {
        return path;
    }

    QueuedPath parent() {
        return parent;
    }

    Subtree below() {
        return below;
    }

    /** Notes which path is right above it. */
    void linkTo(QueuedPath above) {
        parent = above;
        if (above.below == Subtree.EMPTY) {
            above.below = new Subtree();
        }
        above.below.children++;
    }

    /** Has the path right above forget it. */
    void unlink() {
        if (parent != null) {
            parent.below.children--;
        }
    }

    PathQueue.Entry first() {
        return first;
    }

    PathQueue.Entry last() {
        return others == null || others.isEmpty() ? first : others.peekLast();
    }

    void add(PathQueue.Entry entry) {
        if (first == null) {
            first = entry;
        } else {
            others().add(entry);
        }
    }

    void addFirst(PathQueue.Entry entry) {
        if (first != null) {
            others().addFirst(first);
        }
        first = entry;
    }

    private ArrayDeque<PathQueue.Entry> others() {
        if (others == null) {
            others = new ArrayDeque<>(4);
        }
        return others;
    }

    void removeFirst() {
        first = others == null ? null : others.poll();
    }

    void replaceLast(PathQueue.Entry entry) {
        if (others == null || others.isEmpty()) {
            first = entry;
        } else {
            others.pollLast();
            others.add(entry);
        }
    }

    /** Whether nothing is known of it that would have to be remembered. */
    boolean isIdle() {
        return first == null && inFlight == 0 && parked == null && below.children == 0;
    }
}
