// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.TreeSet;

/**
 * The paths of a {@link PathQueue} that have waiting entries and none in flight: in the order in which they became so,
 * or in that of their first entries as soon as paths depend on each other.
 */
final class ReadyPaths implements Iterable<QueuedPath> {

    private static final Comparator<QueuedPath> OLDEST_FIRST =
            Comparator.comparingLong(path -> path.first().number());

    private Collection<QueuedPath> paths = new ArrayDeque<>();
    private boolean sorted;

    boolean isEmpty() {
        return paths.isEmpty();
    }

    /** Has the order be that of the first entries from now on. */
    void sort() {
        Collection<QueuedPath> inOrder = new TreeSet<>(OLDEST_FIRST);
        inOrder.addAll(paths);
        paths = inOrder;
        sorted = true;
    }

    /** Adds a path, unless it is here already or has entries in flight. */
    void offer(QueuedPath path) {
        if (path.inFlight == 0 && !path.ready) {
            path.ready = true;
            paths.add(path);
        }
    }

    /** Has a path whose first entry is about to change give up its place, if that depends on the entry. */
    void withdraw(QueuedPath path) {
        if (path.ready && sorted) {
            remove(path);
        }
    }

    void remove(QueuedPath path) {
        path.ready = false;
        paths.remove(path);
    }

    /** Paths that it removes are to be marked by who takes their entries: {@link PathQueue#takeFirst}. */
    @Override
    public Iterator<QueuedPath> iterator() {
        return paths.iterator();
    }
}
