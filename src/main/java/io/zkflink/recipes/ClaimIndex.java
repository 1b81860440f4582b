// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** The claims of one resource, in the order of the queue, and the rows that they make. */
final class ClaimIndex {

    private final Comparator<Claim> order;
    private final boolean perOwner;
    private final NavigableSet<Claim> queue;
    private final Map<String, Claim> byName = new HashMap<>();
    /** The claims of each owner, in order; not used where each contender is a row of its own. */
    private final Map<String, NavigableSet<Claim>> byOwner = new HashMap<>();

    /** @param perOwner whether the contenders of one owner are one row, for which the first of them speaks */
    ClaimIndex(Comparator<Claim> order, boolean perOwner) {
        this.order = order;
        this.perOwner = perOwner;
        this.queue = new TreeSet<>(order);
    }

    NavigableSet<Claim> queue() {
        return queue;
    }

    /** Null if there is none. */
    Claim named(String name) {
        return byName.get(name);
    }

    void add(Claim claim) {
        byName.put(claim.contender().name(), claim);
        queue.add(claim);
        if (perOwner) {
            byOwner.computeIfAbsent(claim.owner(), owner -> new TreeSet<>(order))
                    .add(claim);
        }
    }

    void remove(Claim claim) {
        byName.remove(claim.contender().name());
        queue.remove(claim);
        if (perOwner) {
            NavigableSet<Claim> others = byOwner.get(claim.owner());
            others.remove(claim);
            if (others.isEmpty()) {
                byOwner.remove(claim.owner());
            }
        }
    }

    /** The key of the row that a claim is part of. */
    String key(Claim claim) {
        return perOwner ? claim.owner() : claim.contender().name();
    }

    /** The row of a key, without its position; null if there is none. */
    QueueRow row(String key) {
        Collection<Claim> claims = perOwner
                ? byOwner.getOrDefault(key, Collections.emptyNavigableSet())
                : Optional.ofNullable(byName.get(key)).map(List::of).orElse(List.of());
        for (Claim claim : claims) {
            if (claim.isShown()) {
                return row(claim, -1);
            }
        }
        return null;
    }

    /** All rows by their keys, with their positions. */
    Map<String, QueueRow> rows() {
        Map<String, QueueRow> all = new LinkedHashMap<>();
        int position = 0;
        for (Claim claim : queue) {
            if (claim.isShown()) {
                all.putIfAbsent(key(claim), row(claim, position));
            }
            position++;
        }
        return all;
    }

    private static QueueRow row(Claim claim, int position) {
        return new QueueRow(claim.znode(), claim.owner(), claim.known().granted(), position);
    }
}
