// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;

/**
 * Writes that wait to be sent, so that the tree ends as if they had been made one at a time in their order.
 *
 * <p>Of a path, the last write that waits makes those before it superfluous, unless each of them counts, and none
 * leaves while another one of the same path is in flight. Paths of which one is above the other depend on each other,
 * too:
 *
 * <ul>
 *   <li>A put leaves after what came before it for a znode above, since that creates, keeps or removes its parent.
 *   <li>A removal leaves after the puts below its znode that came before it, and together with the removals below.
 * <li>A removal whose znode turned out to have children is <em>parked</em> until something below was written, or until
 * somebody asks for another try. Puts below it do not wait for that, but for removals below that came before them.
 * </ul>
 *
 * <p>Most tables have paths of one depth only. Nothing is known of the znodes above as long as that is so.
 *
 * <p>Owned by one thread.
 *
 * @param <T> the writes
 */
@Internal
public final class PathQueue<T extends PathQueue.Entry> {

    private static final Comparator<Entry> PARENTS_FIRST = Comparator.comparingInt(Entry::depth);

    /** Whether a removal takes with it what is below. */
    private final boolean deleteChildren;

    private final Map<String, Node> nodes = new HashMap<>();
    /** Nodes that have waiting entries and none in flight, by the number of the first. */
    private final TreeMap<Long, Node> ready = new TreeMap<>();

    private final Set<Node> parked = new LinkedHashSet<>();

    /** The depth of all paths, while that is the same. */
    private int depth;
    /** Whether paths of several depths have come, so that nodes know what is above them. */
    private boolean linked;

    private long lastNumber;
    private long turn;
    private int size;
    private long bytes;

    /** A write that can be queued, once at a time. */
    public abstract static class Entry {
        private Node node;
        /** Grows in the order in which entries came. */
        private long number;

        public abstract String path();

        /** How many segments the path has. */
        public abstract int depth();

        /** How much of a request it takes at most. */
        public abstract long bytes();

        public abstract boolean removes();

        /** Whether a later write of the same path makes this one superfluous. */
        public abstract boolean isCollapsible();

        /** Something that came after this removal was put below its znode, so that it is a parent now and stays. */
        public abstract void isPutBelow();

        /** Whether it may leave together with the one of its path that came right before it. */
        public abstract boolean leavesWith(Entry before);
    }

    /** A path that has entries, or is above one that has. */
    private static final class Node {
        private final String path;
        private Node parent;
        private Entry first;
        private ArrayDeque<Entry> others;
        private int inFlight;
        private Entry parked;
        /** How many entries of this path are removals, wherever they are. */
        private int removals;

        private int nodesBelow;
        private int inFlightBelow;
        /** The turn at which an entry below could not leave. */
        private long blockedBelow;
        /** The turn at which a put below leaves. */
        private long putLeavesBelow;
        /** The turn at which a removal below was left for the next one. */
        private long removalStaysBelow;
        /** The turn at which a removal below was met. */
        private long removalBelow;

        Node(String path) {
            this.path = path;
        }

        Entry last() {
            return others == null || others.isEmpty() ? first : others.peekLast();
        }

        void add(Entry entry) {
            if (first == null) {
                first = entry;
            } else {
                if (others == null) {
                    others = new ArrayDeque<>(4);
                }
                others.add(entry);
            }
        }

        void addFirst(Entry entry) {
            Entry second = first;
            first = entry;
            if (second != null) {
                if (others == null) {
                    others = new ArrayDeque<>(4);
                }
                others.addFirst(second);
            }
        }

        void removeFirst() {
            first = others == null ? null : others.poll();
        }

        void replaceLast(Entry entry) {
            if (others == null || others.isEmpty()) {
                first = entry;
            } else {
                others.pollLast();
                others.add(entry);
            }
        }

        boolean isIdle() {
            return first == null && inFlight == 0 && parked == null && nodesBelow == 0;
        }
    }

    /** @param deleteChildren whether a removal takes with it what is below its znode */
    public PathQueue(boolean deleteChildren) {
        this.deleteChildren = deleteChildren;
    }

    /** Entries that wait, parked ones too; not those in flight. */
    public int size() {
        return size + parked.size();
    }

    /** How much of requests those that wait take at most. */
    public long bytes() {
        return bytes;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** Whether this many wait that only take time; parked ones may need what is yet to come. */
    public boolean holds(int entries) {
        return size >= entries;
    }

    public boolean hasReady() {
        return !ready.isEmpty();
    }

    /** Whether a full request could leave. */
    public boolean fills(int maxEntries, long maxBytes) {
        return size >= maxEntries || bytes >= maxBytes;
    }

    public void add(T entry) {
        if (!linked && entry.depth() != depth) {
            if (nodes.isEmpty()) {
                depth = entry.depth();
            } else {
                linked = true;
                List.copyOf(nodes.values()).forEach(this::link);
            }
        }
        Node node = node(entry.path());
        Entry last = node.last();
        ((Entry) entry).node = node;
        if (last == null || !isReplaced(last, entry, node)) {
            ((Entry) entry).number = ++lastNumber;
            node.add(entry);
        } else {
            // A put may take the place of what it replaces; a removal comes after what was put below meanwhile.
            ((Entry) entry).number = entry.removes() ? ++lastNumber : last.number;
            node.replaceLast(entry);
            ready.remove(last.number, node);
            count(last, -1);
        }
        count(entry, 1);
        if (node.inFlight == 0) {
            ready.put(node.first.number, node);
        }
    }

    private boolean isReplaced(Entry last, Entry entry, Node node) {
        return last.isCollapsible()
                && entry.isCollapsible()
                && !(deleteChildren && last.removes() && !entry.removes())
                && !isBelowARemoval(node);
    }

    private static boolean isBelowARemoval(Node node) {
        for (Node above = node.parent; above != null; above = above.parent) {
            if (above.removals > 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Takes what may leave together; their paths are in flight until {@link #release}.
     *
     * @return parents before what is below them, behind all puts the removals, deepest first; empty if all that waits
     *     has to wait for what is in flight
     */
    public List<T> take(int maxEntries, long maxBytes) {
        turn++;
        List<T> taken = new ArrayList<>(Math.min(maxEntries, size));
        List<Node> removals = new ArrayList<>();
        long space = maxBytes;
        boolean full = false;
        for (var next = ready.values().iterator(); next.hasNext() && !full; ) {
            Node node = next.next();
            int chosen = taken.size() + removals.size();
            full = chosen >= maxEntries || (chosen > 0 && node.first.bytes() > space);
            if (linked && node.first.removes()) {
                forAllAbove(node, above -> above.removalBelow = turn);
            }
            if (full) {
                noteStayingRemovals(removals, node.first.number);
            } else if (linked && isBlocked(node)) {
                forAllAbove(node, above -> above.blockedBelow = turn);
                if (node.first.removes()) {
                    forAllAbove(node, above -> above.removalStaysBelow = turn);
                }
            } else if (linked && node.first.removes()) {
                space -= node.first.bytes();
                removals.add(node);
                if (node.last() != node.first) {
                    forAllAbove(node, above -> above.blockedBelow = turn);
                }
            } else {
                space = takeFirsts(node, taken, maxEntries - removals.size(), space);
                next.remove();
                if (node.first != null) {
                    forAllAbove(node, above -> above.blockedBelow = turn);
                }
            }
        }
        if (linked) {
            taken.sort(PARENTS_FIRST);
            takeRemovals(removals, taken);
        }
        taken.forEach(this::leaves);
        return taken;
    }

    private boolean isBlocked(Node node) {
        boolean removes = node.first.removes();
        if (removes && (node.inFlightBelow > 0 || node.blockedBelow == turn || node.putLeavesBelow == turn)) {
            return true;
        }
        if (!removes && isUndecided(node)) {
            return true;
        }
        for (Node above = node.parent; above != null; above = above.parent) {
            boolean isBehind = above.first != null && above.first.number < node.first.number;
            if (above.inFlight > 0 || (!removes && (isBehind || isUndecided(above)))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a parked removal may be possible when what is removed below now is gone, as it was when a put came. */
    private boolean isUndecided(Node node) {
        return node.parked != null && (node.inFlightBelow > 0 || node.removalBelow == turn);
    }

    /** Takes the first entry of a node, and those that leave with it; returns how many bytes are left. */
    private long takeFirsts(Node node, List<T> taken, int maxEntries, long space) {
        long left = space;
        boolean more;
        do {
            Entry entry = takeFirst(node, taken);
            left -= entry.bytes();
            more = node.first != null
                    && node.first.leavesWith(entry)
                    && taken.size() < maxEntries
                    && node.first.bytes() <= left;
        } while (more);
        forAllAbove(node, above -> above.putLeavesBelow = turn);
        return left;
    }

    @SuppressWarnings("unchecked") // what was added as a T
    private Entry takeFirst(Node node, List<T> taken) {
        if (node.parked != null) {
            dropParked(node);
        }
        Entry entry = node.first;
        node.removeFirst();
        count(entry, -1);
        taken.add((T) entry);
        return entry;
    }

    /** Removals that do not fit any more had better be made before those above them. */
    private void noteStayingRemovals(List<Node> chosen, long from) {
        if (!chosen.isEmpty()) {
            for (Node node : ready.tailMap(from).values()) {
                if (node.first.removes()) {
                    forAllAbove(node, above -> above.removalStaysBelow = turn);
                }
            }
        }
    }

    private void takeRemovals(List<Node> chosen, List<T> taken) {
        chosen.sort((a, b) -> Integer.compare(b.first.depth(), a.first.depth()));
        boolean none = taken.isEmpty() && chosen.stream().allMatch(node -> node.removalStaysBelow == turn);
        for (Node node : chosen) {
            if (none || node.removalStaysBelow != turn) {
                ready.remove(node.first.number);
                takeFirst(node, taken);
            }
        }
    }

    private void leaves(Entry entry) {
        Node node = entry.node;
        node.inFlight++;
        if (entry.removes()) {
            node.removals++;
        }
        forAllAbove(node, above -> above.inFlightBelow++);
    }

    /**
     * These entries are made, or need not be made any more.
     *
     * @param notEmpty those of them that could not be made because their znode has children: they are parked
     */
    public void release(List<T> entries, List<T> notEmpty) {
        for (Entry entry : entries) {
            Node node = entry.node;
            node.inFlight--;
            if (entry.removes()) {
                node.removals--;
            }
            forAllAbove(node, above -> above.inFlightBelow--);
        }
        notEmpty.forEach(this::park);
        for (Entry entry : entries) {
            Node node = entry.node;
            if (node.inFlight == 0 && node.first != null) {
                ready.put(node.first.number, node);
            }
            if (node.parked != entry) {
                forAllAbove(node, above -> changedBelow(above, entry));
            }
            discardIfIdle(node);
        }
    }

    private void changedBelow(Node above, Entry entry) {
        Entry removal = above.parked != null ? above.parked : above.first;
        if (removal != null && removal.removes() && removal.number < entry.number && !entry.removes()) {
            removal.isPutBelow();
        }
        if (above.parked != null && above.inFlightBelow == 0) {
            unpark(above);
        }
    }

    private void park(T parkedEntry) {
        Entry entry = parkedEntry;
        Node node = entry.node;
        node.parked = entry;
        node.removals++;
        parked.add(node);
    }

    private void dropParked(Node node) {
        node.parked = null;
        node.removals--;
        parked.remove(node);
    }

    private void unpark(Node node) {
        Entry entry = node.parked;
        dropParked(node);
        if (node.first != null) {
            ready.remove(node.first.number);
        }
        node.addFirst(entry);
        count(entry, 1);
        ready.put(entry.number, node);
    }

    /** Has all that are parked tried again. */
    public void unparkAll() {
        List.copyOf(parked).forEach(this::unpark);
    }

    public boolean hasParked() {
        return !parked.isEmpty();
    }

    /** Removals that wait for their znode to be empty, in the order in which they were parked. */
    @SuppressWarnings("unchecked") // what was added as a T
    public List<T> parked() {
        List<T> entries = new ArrayList<>();
        parked.forEach(node -> entries.add((T) node.parked));
        return entries;
    }

    private void count(Entry entry, int sign) {
        size += sign;
        bytes += sign * entry.bytes();
        if (entry.removes()) {
            entry.node.removals += sign;
        }
    }

    // ---- Nodes.

    private Node node(String path) {
        Node node = nodes.get(path);
        if (node == null) {
            node = new Node(path);
            nodes.put(path, node);
            if (linked) {
                link(node);
            }
        }
        return node;
    }

    /** Tells a node what is above it. */
    private void link(Node node) {
        int end = node.path.lastIndexOf('/');
        if (end > 0 && node.parent == null) {
            node.parent = node(node.path.substring(0, end));
            link(node.parent);
            node.parent.nodesBelow++;
            forAllAbove(node, above -> above.inFlightBelow += node.inFlight);
        }
    }

    private static void forAllAbove(Node node, Consumer<Node> action) {
        for (Node above = node.parent; above != null; above = above.parent) {
            action.accept(above);
        }
    }

    private void discardIfIdle(Node node) {
        for (Node idle = node; idle != null && idle.isIdle(); idle = idle.parent) {
            if (nodes.remove(idle.path, idle) && idle.parent != null) {
                idle.parent.nodesBelow--;
            }
        }
    }
}
