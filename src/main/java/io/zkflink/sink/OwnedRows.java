// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * The rows of a writer by their znode or resource, and which of them need work. What is under way of one path ends before
 * anything else of it begins. Owned by one thread.
 */
final class OwnedRows {

    private final Map<OwnedRow.Id, OwnedRow> rows = new LinkedHashMap<>();
    private final Map<String, Place> places = new LinkedHashMap<>();
    /** Those that have work and none under way, in the order in which it came. */
    private final LinkedHashSet<Place> ready = new LinkedHashSet<>();

    /** All that needs work of one path. */
    private static final class Place {
        private final LinkedHashSet<OwnedRow> dirty = new LinkedHashSet<>();
        private boolean busy;
    }

    Collection<OwnedRow> all() {
        return rows.values();
    }

    OwnedRow getOrAdd(OwnedRow.Id id) {
        return rows.computeIfAbsent(id, OwnedRow::new);
    }

    /** Notes that a row may need work now, or nothing more may be left of it. */
    void review(OwnedRow row) {
        if (row.isUnderWay()) {
            return;
        }
        Place place = places.computeIfAbsent(row.path(), path -> new Place());
        if (row.needsWork()) {
            place.dirty.add(row);
        } else {
            place.dirty.remove(row);
        }
        if (row.isGone()) {
            rows.remove(row.id());
        }
        settle(row.path(), place);
    }

    private void settle(String path, Place place) {
        if (place.busy) {
            return;
        }
        if (place.dirty.isEmpty()) {
            ready.remove(place);
            places.remove(path);
        } else {
            ready.add(place);
        }
    }

    boolean hasReady() {
        return !ready.isEmpty();
    }

    /** The rows of a path that need work and are not under way. */
    Collection<OwnedRow> dirty(String path) {
        Place place = places.get(path);
        return place == null ? List.of() : List.copyOf(place.dirty);
    }

    int waiting() {
        return places.size();
    }

    /**
     * Takes what may leave together; it is under way until {@link #release}. Of one path it takes whatever is to go, and
     * one row that is to come: two sequential znodes of one parent that come in one transaction cannot be told apart by
     * their czxid.
     */
    List<OwnedRow> take(int maxRows, long maxBytes) {
        List<OwnedRow> taken = new ArrayList<>();
        long bytes = 0;
        for (var next = ready.iterator(); next.hasNext() && taken.size() < maxRows && bytes < maxBytes; ) {
            Place place = next.next();
            OwnedRow coming =
                    place.dirty.stream().filter(OwnedRow::isWanted).findFirst().orElse(null);
            bytes += coming == null ? 0 : coming.bytes();
            if (bytes > maxBytes && !taken.isEmpty()) {
                break;
            }
            next.remove();
            place.busy = true;
            place.dirty.stream()
                    .filter(row -> !row.isWanted())
                    .limit(maxRows - taken.size())
                    .forEach(taken::add);
            if (coming != null) {
                taken.add(coming);
            }
        }
        for (OwnedRow row : taken) {
            row.underWay(true);
            places.get(row.path()).dirty.remove(row);
        }
        return taken;
    }

    /** These rows are not under way any more. */
    void release(List<OwnedRow> taken) {
        for (OwnedRow row : taken) {
            row.underWay(false);
            places.get(row.path()).busy = false;
        }
        taken.forEach(this::review);
    }
}
