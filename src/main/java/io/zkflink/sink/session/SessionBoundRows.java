// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * The rows of a writer by their znode or resource, and which of them need work. What is under way of one path ends
 * before anything else of it begins. Owned by one thread.
 */
final class SessionBoundRows {

    private final Map<SessionBoundRow.Id, SessionBoundRow> rows = new LinkedHashMap<>();
    private final Map<String, Place> places = new HashMap<>();
    /** Those that have work and none under way, in the order in which it came. */
    private final LinkedHashSet<Place> ready = new LinkedHashSet<>();

    private int busy;

    /** All rows of one path. */
    static final class Place {
        private final LinkedHashSet<SessionBoundRow> dirty = new LinkedHashSet<>();
        private int rows;
        private boolean busy;
    }

    Collection<SessionBoundRow> all() {
        return rows.values();
    }

    SessionBoundRow getOrAdd(SessionBoundRow.Id id) {
        return rows.computeIfAbsent(id, added -> {
            Place place = places.computeIfAbsent(added.path(), path -> new Place());
            place.rows++;
            return new SessionBoundRow(added, place);
        });
    }

    /** Notes that a row may need work now, or nothing more may be left of it. */
    void review(SessionBoundRow row) {
        if (row.isUnderWay()) {
            return;
        }
        Place place = row.place();
        if (row.needsWork()) {
            place.dirty.add(row);
        } else {
            place.dirty.remove(row);
        }
        if (!place.busy) {
            if (place.dirty.isEmpty()) {
                ready.remove(place);
            } else {
                ready.add(place);
            }
        }
        if (row.isGone() && rows.remove(row.id(), row) && --place.rows == 0) {
            places.remove(row.path());
        }
    }

    boolean hasReady() {
        return !ready.isEmpty();
    }

    /** The rows of a path that need work and are not under way. */
    Collection<SessionBoundRow> dirty(String path) {
        Place place = places.get(path);
        return place == null ? List.of() : List.copyOf(place.dirty);
    }

    /** How many paths have work that is not done. */
    int waiting() {
        return ready.size() + busy;
    }

    /**
     * Takes what may leave together; it is under way until {@link #release}. Of one path it takes whatever is to go,
     * and one row that is to come: two sequential znodes of one parent that come in one transaction cannot be told
     * apart by their czxid.
     */
    List<SessionBoundRow> take(int maxRows, long maxBytes) {
        List<SessionBoundRow> taken = new ArrayList<>();
        long bytes = 0;
        for (var next = ready.iterator(); next.hasNext() && taken.size() < maxRows && bytes < maxBytes; ) {
            Place place = next.next();
            int before = taken.size();
            SessionBoundRow coming = null;
            for (SessionBoundRow row : place.dirty) {
                if (!row.isWanted() && taken.size() < maxRows && bytes < maxBytes) {
                    taken.add(row);
                    bytes += row.requestBytes();
                } else if (row.isWanted() && coming == null) {
                    coming = row;
                }
            }
            bytes += coming == null ? 0 : coming.requestBytes();
            if (bytes > maxBytes && before > 0) {
                taken.subList(before, taken.size()).clear();
                break;
            }
            if (coming != null) {
                taken.add(coming);
            }
            next.remove();
            place.busy = true;
            busy++;
        }
        for (SessionBoundRow row : taken) {
            row.underWay(true);
            row.place().dirty.remove(row);
        }
        return taken;
    }

    /** These rows are not under way any more. */
    void release(List<SessionBoundRow> taken) {
        for (SessionBoundRow row : taken) {
            row.underWay(false);
            if (row.place().busy) {
                row.place().busy = false;
                busy--;
            }
        }
        taken.forEach(this::review);
    }
}
