// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.recipes.QueueRow.Change;
import io.zkflink.subtree.state.ZNodeState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;

/**
 * Those who contend for one resource, and what their rows say. Takes what was seen of them since the last time and
 * gives the changes of rows: losses first, grants last, so that no more is granted at any time than there is to give.
 *
 * <p><b>No false grant.</b> The znodes of a queue are read one by one and in no order, so the lowest one that is known
 * need not be the first in line. A contender that is first among the known (or among the first, where several are
 * served) is granted only if it is certain that it was first at some moment of the server. Below, A stands for any
 * contender before B, who came before B did, since the server numbers them.
 *
 * <ul>
 *   <li>{@link Completeness#EXACT}: what is known is the queue of one moment. An answer that shows a later moment would
 *       have been preceded by the events in between, and they would wait to be read.
 *   <li>{@link Completeness#ROUND}: let h be the newest moment that was seen when the queue was looked at the time
 *       before. B was known then. If some A lived at h, its creation had been reported, so it has been read since: it
 *       is still known, and B is not first, or it was found gone, and B waits for the next time. So no A lived at h. If
 *       B itself had been gone at h, that had been reported, and would have been read since. So B was first at h. Who
 *       is new, or has seen one before it go, waits for one more round.
 *   <li>{@link Completeness#LISTED}: the list shows one moment. Whoever is known was on it, and if no A of that list
 *       was found gone when it was read, there was none.
 * </ul>
 *
 * Nobody is granted anything while the tree is walked, because nobody looks at a queue then; what was known before
 * stays as it is until the walk has ended. A grant is taken back when its znode is gone, or when one before it turns
 * up, which no server does.
 *
 * <p>What is shown, and as what, is kept with the znode's {@link ZNodeState}, so that it is saved with the rest of the
 * state.
 *
 * <p>Pure state, owned by one thread. A change costs O(log n) time and O(1) rows, unless positions are asked for.
 */
@Internal
public abstract class ResourceQueue {

    private final boolean withPositions;
    private final ClaimIndex claims;

    /** Who may be first, which is not certain yet; and whoever else has no row. */
    private final Set<Claim> undecided = new LinkedHashSet<>();

    ResourceQueue(Comparator<Claim> order, boolean perOwner, boolean withPositions) {
        this.withPositions = withPositions;
        this.claims = new ClaimIndex(order, perOwner);
    }

    /**
     * The queue of a resource of which nothing is known yet.
     *
     * @param perOwner whether the contenders of one owner are one row, for which the first of them speaks
     * @param withPositions whether positions are asked for
     */
    public static ResourceQueue of(RecipeSettings settings, boolean perOwner, boolean withPositions) {
        return settings.recipe() == Recipe.BARRIER
                ? new BarrierQueue(settings, perOwner, withPositions)
                : new LockQueue(settings, perOwner, withPositions);
    }

    /** Puts back what was known when the state was saved. */
    public final void restore(String name, ZNodeState known) {
        Claim claim = claim(name, known);
        if (claim != null) {
            add(claim);
            if (!claim.isShown()) {
                undecided.add(claim);
            }
        }
    }

    /** Whether nothing is known of the resource, so that its queue can be forgotten. */
    public boolean isEmpty() {
        return queue().isEmpty();
    }

    /** Whether this is to be looked at again, although nothing more may be seen. */
    public boolean isUndecided() {
        return !undecided.isEmpty();
    }

    /**
     * Looks at the queue.
     *
     * @param changes what was seen since the last time, at most once of each child
     * @param touched told the name of each child of which something else is remembered
     * @return the changes of rows, in the order in which they are to be told
     */
    public final List<Change> evaluate(
            Collection<ContenderChange> changes, Completeness completeness, Consumer<String> touched) {
        Rows before = new Rows();
        if (withPositions) {
            before.all();
        }
        Evaluation evaluation =
                new Evaluation(completeness, changes, new HashSet<>(), new LinkedHashSet<>(undecided), before, touched);
        undecided.clear();
        for (ContenderChange each : changes) {
            Claim old = claims.named(each.name());
            if (old != null) {
                before.remember(old);
                remove(old);
                evaluation.open.remove(old);
            }
            Claim now = each.known() == null ? null : claim(each.name(), each.known());
            if (each.known() == null) {
                gone(each.name());
            } else if (now != null) {
                before.remember(now);
                arrive(old, now, each.what() == ContenderChange.What.NEW, evaluation);
            }
        }
        decide(evaluation);
        return before.differences();
    }

    private void arrive(Claim old, Claim now, boolean isNew, Evaluation evaluation) {
        if (old != null && !isNew && old.isShown()) {
            now.known().grant(old.known().granted());
        } else {
            now.known().hide();
            evaluation.open.add(now);
        }
        if (isNew) {
            evaluation.newcomers.add(now);
        }
        add(now);
    }

    /** What there is to judge by, and what comes of it. */
    final class Evaluation {
        final Completeness completeness;
        final Collection<ContenderChange> changes;
        /** Who has come since the last time. */
        final Set<Claim> newcomers;
        /** Of whom it was left open the last time, and who has no row. */
        final Set<Claim> open;

        private final Rows before;
        private final Consumer<String> touched;

        private Evaluation(
                Completeness completeness,
                Collection<ContenderChange> changes,
                Set<Claim> newcomers,
                Set<Claim> open,
                Rows before,
                Consumer<String> touched) {
            this.completeness = completeness;
            this.changes = changes;
            this.newcomers = newcomers;
            this.open = open;
            this.before = before;
            this.touched = touched;
        }

        /** Gives a claim a row that says whether it is granted. */
        void show(Claim claim, boolean granted) {
            if (!claim.isShown() || claim.known().granted() != granted) {
                before.remember(claim);
                claim.known().show();
                claim.known().grant(granted);
                touched.accept(claim.contender().name());
            }
        }

        /**
         * Leaves open whether a claim is granted; where nobody reports, it may stay so for long, and is told as not.
         */
        void leaveOpen(Claim claim) {
            if (completeness == Completeness.LISTED) {
                show(claim, claim.known().granted());
            }
            undecided.add(claim);
        }
    }

    /** Grants, takes back, and gives everybody a row of whom it is certain what it says. */
    abstract void decide(Evaluation evaluation);

    /** The claim that a child makes; null if it plays another role, which this notes. */
    abstract Claim claim(String name, ZNodeState known);

    /** A child is gone. */
    void gone(String name) {}

    final NavigableSet<Claim> queue() {
        return claims.queue();
    }

    void add(Claim claim) {
        claims.add(claim);
    }

    void remove(Claim claim) {
        claims.remove(claim);
    }

    /** The rows as they were, of those keys whose rows may change. */
    private final class Rows {
        private final Map<String, Optional<QueueRow>> before = new LinkedHashMap<>();

        /** Remembers the row that a claim is part of, unless that has been done; to be called before it changes. */
        void remember(Claim claim) {
            String key = claims.key(claim);
            if (!before.containsKey(key)) {
                before.put(key, Optional.ofNullable(claims.row(key)));
            }
        }

        void all() {
            claims.rows().forEach((key, row) -> before.put(key, Optional.of(row)));
        }

        List<Change> differences() {
            Map<String, QueueRow> now = new LinkedHashMap<>();
            if (withPositions) {
                now.putAll(claims.rows());
            } else {
                before.keySet().forEach(key -> now.put(key, claims.row(key)));
            }
            before.keySet().forEach(key -> now.putIfAbsent(key, null));
            List<Change> losses = new ArrayList<>();
            List<Change> others = new ArrayList<>();
            List<Change> grants = new ArrayList<>();
            now.forEach((key, row) -> {
                Change change =
                        new Change(before.getOrDefault(key, Optional.empty()).orElse(null), row);
                if (!Objects.equals(change.before(), change.now())) {
                    (change.isLoss() ? losses : change.isGrant() ? grants : others).add(change);
                }
            });
            losses.addAll(others);
            losses.addAll(grants);
            return losses;
        }
    }
}
