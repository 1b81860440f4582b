// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.path.PathTemplate;
import io.zkflink.path.Segment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * What is left to visit of a template's subtree. Gives the next step, and is told what a step found; segments whose
 * names are known are stepped over without asking the server. Children are kept as names and become paths only when
 * their turn comes.
 *
 * <p>Owned by one thread.
 */
final class SubtreeWalk {

    private final PathTemplate template;
    private final List<Segment> segments;
    private final boolean childrenAreRows;
    /**
     * Deepest first, so that what is left stays small however large the tree; then by path, so that the order is the
     * same each time.
     */
    private final PriorityQueue<Siblings> unvisited = new PriorityQueue<>(
            Comparator.comparingInt(Siblings::depth).reversed().thenComparing(Siblings::parent));

    private final ArrayDeque<Step> ready = new ArrayDeque<>();
    private int skipped;

    SubtreeWalk(PathTemplate template) {
        this.template = template;
        this.segments = template.segments();
        this.childrenAreRows = !segments.isEmpty()
                && segments.get(segments.size() - 1) instanceof Segment.Rest rest
                && rest.only() == null;
        arrive("", 0, false);
    }

    /**
     * A place to look at.
     *
     * @param depth how many segments of the template its path has taken
     * @param isRow whether it is a row, else only the names of its children are wanted
     * @param isListed whether a server has listed it in this walk
     */
    record Step(String path, int depth, boolean isRow, boolean isListed) {}

    private record Siblings(String parent, int depth, Iterator<String> names, boolean areListed) {}

    /** The next step, or null if none is left for now. */
    Step next() {
        while (ready.isEmpty() && !unvisited.isEmpty()) {
            Siblings siblings = unvisited.peek();
            if (!siblings.names().hasNext()) {
                unvisited.poll();
                continue;
            }
            String name = siblings.names().next();
            String path = siblings.parent() + "/" + name;
            if (template.isHidden(path)) {
                continue;
            }
            if (!accepts(siblings.depth(), name)) {
                skipped += segments.get(siblings.depth()).converts(name) ? 0 : 1;
            } else {
                arrive(path, siblings.depth() + 1, siblings.areListed());
            }
        }
        return ready.poll();
    }

    boolean isExhausted() {
        return ready.isEmpty() && unvisited.isEmpty();
    }

    /** How many names were no canonical text of a value of their column's type. */
    int skipped() {
        return skipped;
    }

    /** Whether the children of a row are rows too. */
    boolean childrenAreRows() {
        return childrenAreRows;
    }

    /** Has a step taken again whose read failed for a passing reason. */
    void again(Step step) {
        ready.add(step);
    }

    /** A step found the names of a znode's children. */
    void listed(Step step, Collection<String> names) {
        descend(step.path().equals("/") ? "" : step.path(), step.depth(), names, true);
    }

    /** A row of an open end turned out to have children. */
    void foundChildren(Step step) {
        ready.add(new Step(step.path(), step.depth(), false, true));
    }

    private void descend(String parent, int depth, Collection<String> names, boolean areListed) {
        if (!names.isEmpty()) {
            unvisited.add(new Siblings(parent, depth, names.iterator(), areListed));
        }
    }

    private boolean accepts(int depth, String name) {
        return depth >= segments.size() || segments.get(depth).accepts(name);
    }

    /**
     * Stops at a place, or goes on to those below it whose names are known.
     *
     * @param path empty for the root
     */
    private void arrive(String path, int depth, boolean isListed) {
        boolean isRow = depth >= segments.size();
        Set<String> candidates = isRow ? null : segments.get(depth).candidates();
        if (candidates == null) {
            ready.add(new Step(path.isEmpty() ? "/" : path, depth, isRow, isRow && isListed));
        } else {
            descend(path, depth, candidates, false);
        }
    }
}
