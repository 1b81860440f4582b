// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.subtree.state.ZNodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A lock, or an election: the first few of the queue have what all of them want. How many are served depends on who is
 * first: readers together with the readers right behind, a writer alone, others as many as there are leases.
 *
 * <p>So whether a contender is served depends only on those before it, and fewer of them can only help: what
 * {@link ResourceQueue} says of being first holds for being among those who are served. A change costs O(1) time for
 * each reader that is served.
 */
final class LockQueue extends ResourceQueue {

    private final RecipeSettings settings;
    private final Set<Claim> granted = new TreeSet<>(Claim.BY_SEQUENCE);

    LockQueue(RecipeSettings settings, boolean perOwner, boolean withPositions) {
        super(Claim.BY_SEQUENCE, perOwner, withPositions);
        this.settings = settings;
    }

    @Override
    Claim claim(String name, ZNodeState known) {
        return settings.parse(name)
                .map(contender -> Claim.of(contender, known))
                .orElseThrow(() -> new IllegalArgumentException("'" + name + "' is no contender"));
    }

    @Override
    void add(Claim claim) {
        super.add(claim);
        if (claim.known().granted()) {
            granted.add(claim);
        }
    }

    @Override
    void remove(Claim claim) {
        super.remove(claim);
        granted.remove(claim);
    }

    @Override
    void decide(Evaluation evaluation) {
        List<Claim> first = first();
        Set<Claim> served = new TreeSet<>(Claim.BY_SEQUENCE);
        served.addAll(first);
        List<Claim> overtaken =
                granted.stream().filter(claim -> !served.contains(claim)).toList();
        overtaken.forEach(claim -> {
            granted.remove(claim);
            evaluation.show(claim, false);
        });
        evaluation.open.stream()
                .filter(claim -> !served.contains(claim))
                .forEach(claim -> evaluation.show(claim, false));
        Optional<Contender> lowestGone = lowestGone(evaluation);
        for (Claim claim : first) {
            if (granted.contains(claim)) {
                continue;
            }
            if (isCertain(claim, evaluation, lowestGone)) {
                granted.add(claim);
                evaluation.show(claim, true);
            } else {
                evaluation.leaveOpen(claim);
            }
        }
    }

    /** Those who are served together. */
    private List<Claim> first() {
        List<Claim> first = new ArrayList<>();
        for (Claim claim : queue()) {
            Layout.Sharing sharing = claim.contender().layout().sharing();
            if (!first.isEmpty()
                    && (first.size() == most(sharing)
                            || first.get(0).contender().layout().sharing() != sharing)) {
                break;
            }
            first.add(claim);
        }
        return first;
    }

    private int most(Layout.Sharing sharing) {
        return switch (sharing) {
            case LEASES -> settings.maxLeases();
            case SHARED -> Integer.MAX_VALUE;
            case ALONE -> 1;
        };
    }

    private static boolean isCertain(Claim claim, Evaluation evaluation, Optional<Contender> lowestGone) {
        boolean sawOneGo = lowestGone
                .filter(gone -> Contender.ORDER.compare(gone, claim.contender()) < 0)
                .isPresent();
        return switch (evaluation.completeness) {
            case EXACT -> true;
            case ROUND -> !sawOneGo && !evaluation.newcomers.contains(claim);
            case LISTED -> !sawOneGo;
        };
    }

    private Optional<Contender> lowestGone(Evaluation evaluation) {
        return evaluation.changes.stream()
                .filter(each -> each.what() == ContenderChange.What.GONE)
                .flatMap(each -> settings.parse(each.name()).stream())
                .min(Contender.ORDER);
    }
}
