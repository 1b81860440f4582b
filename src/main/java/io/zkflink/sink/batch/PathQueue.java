// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 *   <li>A removal whose znode turned out to have children is <em>parked</em> until something below was written, or
 *       until somebody asks for another try. Puts below it do not wait for that, but for removals below that came
 *       before them.
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

    /** Whether a removal takes with it what is below. */
    private final boolean deleteChildren;

    private final Map<String, QueuedPath> paths = new HashMap<>();
    private final ReadyPaths ready = new ReadyPaths();
    private final Set<QueuedPath> parked = new LinkedHashSet<>();

    /** The depth of all paths, while that is the same. */
    private int depth;
    /** Knows what paths of several depths have to do with each other; null as long as none have come. */
    private DependentPaths<T> dependent;

    private long lastNumber;
    private int size;
    private long bytes;

    /** A write that can be queued, once at a time. */
    public abstract static class Entry {
        private QueuedPath queued;
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
        public abstract void notePutBelow();

        /** Whether it may leave together with the one of its path that came right before it. */
        public abstract boolean leavesWith(Entry before);

        final long number() {
            return number;
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

    public void add(T added) {
        Entry entry = added;
        if (dependent == null && entry.depth() != depth) {
            if (paths.isEmpty()) {
                depth = entry.depth();
            } else {
                relatePaths();
            }
        }
        QueuedPath path = queued(entry.path());
        entry.queued = path;
        Entry last = path.last();
        if (last == null || !isReplaced(last, entry, path)) {
            entry.number = ++lastNumber;
            path.add(entry);
        } else {
            // A put may take the place of what it replaces; a removal comes after what was put below meanwhile.
            entry.number = entry.removes() ? ++lastNumber : last.number;
            ready.withdraw(path);
            path.replaceLast(entry);
            count(last, -1);
        }
        count(entry, 1);
        ready.offer(path);
    }

    private boolean isReplaced(Entry last, Entry entry, QueuedPath path) {
        return last.isCollapsible()
                && entry.isCollapsible()
                && !(deleteChildren && last.removes() && !entry.removes())
                && !isBelowARemoval(path);
    }

    private static boolean isBelowARemoval(QueuedPath path) {
        for (QueuedPath above = path.parent(); above != null; above = above.parent()) {
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
        List<T> taken =
                dependent == null ? takeUnrelated(maxEntries, maxBytes) : dependent.take(ready, maxEntries, maxBytes);
        for (Entry entry : taken) {
            entry.queued.inFlight++;
            if (entry.removes()) {
                entry.queued.removals++;
            }
            DependentPaths.forAllAbove(entry.queued, above -> above.below().inFlight++);
        }
        return taken;
    }

    private List<T> takeUnrelated(int maxEntries, long maxBytes) {
        List<T> taken = new ArrayList<>(Math.min(maxEntries, size));
        long space = maxBytes;
        for (Iterator<QueuedPath> next = ready.iterator(); next.hasNext() && taken.size() < maxEntries; ) {
            QueuedPath path = next.next();
            if (!taken.isEmpty() && path.first().bytes() > space) {
                break;
            }
            next.remove();
            space = takeFirsts(path, taken, maxEntries, space);
        }
        return taken;
    }

    /** Takes the first entry of a path, and those that leave with it; returns how many bytes are left. */
    long takeFirsts(QueuedPath path, List<T> taken, int maxEntries, long space) {
        long left = space;
        boolean more;
        do {
            Entry entry = takeFirst(path, taken);
            left -= entry.bytes();
            Entry next = path.first();
            more = next != null && next.leavesWith(entry) && taken.size() < maxEntries && next.bytes() <= left;
        } while (more);
        return left;
    }

    /** Takes the first entry of a path that is no longer among those that are ready. */
    @SuppressWarnings("unchecked") // what was added as a T
    Entry takeFirst(QueuedPath path, List<T> taken) {
        path.ready = false;
        if (path.parked != null) {
            dropParked(path);
        }
        Entry entry = path.first();
        path.removeFirst();
        count(entry, -1);
        taken.add((T) entry);
        return entry;
    }

    /**
     * These entries are made, or need not be made any more.
     *
     * @param notEmpty those of them that could not be made because their znode has children: they are parked
     */
    public void release(List<T> entries, List<T> notEmpty) {
        for (Entry entry : entries) {
            entry.queued.inFlight--;
            if (entry.removes()) {
                entry.queued.removals--;
            }
            DependentPaths.forAllAbove(entry.queued, above -> above.below().inFlight--);
        }
        notEmpty.forEach(this::park);
        for (Entry entry : entries) {
            QueuedPath path = entry.queued;
            if (path.first() != null) {
                ready.offer(path);
            }
            if (path.parked != entry) {
                DependentPaths.forAllAbove(path, above -> changedBelow(above, entry));
            }
            discardIfIdle(path);
        }
    }

    private void changedBelow(QueuedPath above, Entry entry) {
        Entry removal = above.parked != null ? above.parked : above.first();
        if (removal != null && removal.removes() && removal.number < entry.number && !entry.removes()) {
            removal.notePutBelow();
        }
        if (above.parked != null && above.below().inFlight == 0) {
            unpark(above);
        }
    }

    private void park(T parkedEntry) {
        Entry entry = parkedEntry;
        entry.queued.parked = entry;
        entry.queued.removals++;
        parked.add(entry.queued);
    }

    private void dropParked(QueuedPath path) {
        path.parked = null;
        path.removals--;
        parked.remove(path);
    }

    private void unpark(QueuedPath path) {
        Entry entry = path.parked;
        dropParked(path);
        ready.withdraw(path);
        path.addFirst(entry);
        count(entry, 1);
        ready.offer(path);
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
        parked.forEach(path -> entries.add((T) path.parked));
        return entries;
    }

    private void count(Entry entry, int sign) {
        size += sign;
        bytes += sign * entry.bytes();
        if (entry.removes()) {
            entry.queued.removals += sign;
        }
    }

    private QueuedPath queued(String path) {
        QueuedPath queued = paths.computeIfAbsent(path, QueuedPath::new);
        if (dependent != null) {
            link(queued);
        }
        return queued;
    }

    private void relatePaths() {
        dependent = new DependentPaths<>(this);
        List.copyOf(paths.values()).forEach(this::link);
        ready.sort();
    }

    /** Tells a path what is above it. */
    private void link(QueuedPath path) {
        int end = path.path().lastIndexOf('/');
        if (end > 0 && path.parent() == null) {
            path.linkTo(queued(path.path().substring(0, end)));
            DependentPaths.forAllAbove(path, above -> above.below().inFlight += path.inFlight);
        }
    }

    private void discardIfIdle(QueuedPath path) {
        for (QueuedPath idle = path; idle != null && idle.isIdle(); idle = idle.parent()) {
            if (paths.remove(idle.path(), idle)) {
                idle.unlink();
            }
        }
    }
}
