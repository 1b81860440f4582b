// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.path.PathTemplate;
import io.zkflink.path.Segment;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;

/**
 * What is left to visit of a template's subtree. Gives the next step, and is told what a step found; literal segments
 * are stepped over without asking the server. Children are kept as names and become paths only when their turn comes.
 *
 * <p>Owned by one thread.
 */
final class SubtreeWalk {

    private final List<Segment> segments;
    /** Deepest first, so that what is left stays small however large the tree. */
    private final ArrayDeque<Siblings> stack = new ArrayDeque<>();

    private final ArrayDeque<Step> repeated = new ArrayDeque<>();

    SubtreeWalk(PathTemplate template) {
        this.segments = template.segments();
        repeated.add(step("", 0));
    }

    /**
     * A place to look at.
     *
     * @param depth how many segments of the template its path has taken
     * @param isRow whether its data is wanted, else the list of its children
     */
    record Step(String path, int depth, boolean isRow, boolean isOpenEnded) {}

    private record Siblings(String parent, int depth, Iterator<String> names) {}

    /** The next step, or null if none is left for now. */
    Step next() {
        if (!repeated.isEmpty()) {
            return repeated.poll();
        }
        while (!stack.isEmpty()) {
            Siblings siblings = stack.peek();
            while (siblings.names().hasNext()) {
                String name = siblings.names().next();
                String path = siblings.parent() + "/" + name;
                if (accepts(siblings.depth(), name) && !PathTemplate.isReserved(path)) {
                    return step(path, siblings.depth() + 1);
                }
            }
            stack.pop();
        }
        return null;
    }

    boolean isExhausted() {
        return repeated.isEmpty() && stack.isEmpty();
    }

    /** Has a step taken again whose read failed for a passing reason. */
    void again(Step step) {
        repeated.add(step);
    }

    /** A step found the names of a znode's children. */
    void listed(Step step, List<String> names) {
        if (!names.isEmpty()) {
            stack.push(new Siblings(step.path().equals("/") ? "" : step.path(), step.depth(), names.iterator()));
        }
    }

    /** A step found a znode with data; below an open end its children are rows too. */
    void found(Step step, int numChildren) {
        if (step.isOpenEnded() && numChildren > 0) {
            repeated.add(new Step(step.path(), step.depth(), false, true));
        }
    }

    private boolean accepts(int depth, String name) {
        return depth >= segments.size()
                || !(segments.get(depth) instanceof Segment.Variable variable)
                || variable.parse(name) != null;
    }

    /** The step at a path, or at the next place below it that is more than a literal away. */
    private Step step(String path, int depth) {
        StringBuilder full = new StringBuilder(path);
        int at = depth;
        while (at < segments.size() && segments.get(at) instanceof Segment.Literal literal) {
            full.append('/').append(literal.name());
            at++;
        }
        String place = full.length() == 0 ? "/" : full.toString();
        boolean openEnded =
                at > 0 && at >= segments.size() && segments.get(segments.size() - 1) instanceof Segment.Rest;
        return new Step(place, at, at >= segments.size(), openEnded);
    }
}
