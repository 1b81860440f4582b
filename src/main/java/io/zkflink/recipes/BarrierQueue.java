// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.subtree.state.ZNodeState;

/**
 * A barrier. It is open while there is the znode {@code ready}, which whoever saw the last member come has created, and
 * which the last to leave deletes.
 *
 * <p>A round that crashed leaves {@code ready} behind, and nobody of the next round must take it for its own. Members
 * of the round that a {@code ready} was created for are older than it, so it counts while one of them is there, and
 * those who come late are let in, too. When only younger ones are there, it counts once they are enough by
 * themselves. Who has been let in stays in, whoever else leaves.
 *
 * <p>Several children say together whether it is open, so an evaluation counts only if all that is known is of one
 * moment, or if nothing has changed since the evaluation before, and so was like that at some moment in between.
 */
final class BarrierQueue extends ResourceQueue {

    private final RecipeSettings settings;
    private ZNodeState ready;
    private boolean isUnsure;

    BarrierQueue(RecipeSettings settings, boolean perOwner, boolean withPositions) {
        super(Claim.BY_ARRIVAL, perOwner, withPositions);
        this.settings = settings;
    }

    @Override
    Claim claim(String name, ZNodeState known) {
        if (name.equals(Layout.READY)) {
            known.hide();
            ready = known;
            return null;
        }
        return Claim.of(settings.parse(name).orElseThrow(), known);
    }

    @Override
    void gone(String name) {
        if (name.equals(Layout.READY)) {
            ready = null;
        }
    }

    @Override
    public boolean isEmpty() {
        return super.isEmpty() && ready == null;
    }

    @Override
    public boolean isUndecided() {
        return super.isUndecided() || isUnsure;
    }

    @Override
    void decide(Evaluation evaluation) {
        isUnsure = !isCertain(evaluation);
        if (isUnsure) {
            evaluation.open.forEach(evaluation::leaveOpen);
        } else if (isOpen()) {
            queue().forEach(claim -> evaluation.show(claim, true));
        } else {
            evaluation.open.forEach(
                    claim -> evaluation.show(claim, claim.known().granted()));
        }
    }

    private boolean isOpen() {
        return ready != null
                && !queue().isEmpty()
                && (queue().first().known().czxid() <= ready.czxid() || queue().size() >= settings.members());
    }

    private static boolean isCertain(Evaluation evaluation) {
        return switch (evaluation.completeness) {
            case EXACT -> true;
            case ROUND -> evaluation.changes.isEmpty();
            case LISTED -> evaluation.changes.stream().noneMatch(each -> each.what() == ContenderChange.What.GONE);
        };
    }
}
