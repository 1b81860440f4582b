// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import io.zkflink.path.PathTemplate;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Takes the steps of a walk. Touched by the polling thread only. */
final class WalkRunner {

    private final PathTemplate template;
    private final Predicate<String> wanted;
    private final FeedSettings settings;
    private final FeedState state;
    private final ZNodeReads reads;

    /** Of the walk that is under way, or the last one. */
    private SubtreeWalk walk;

    private int underWay;

    WalkRunner(
            PathTemplate template, Predicate<String> wanted, FeedSettings settings, FeedState state, ZNodeReads reads) {
        this.template = template;
        this.wanted = wanted;
        this.settings = settings;
        this.state = state;
        this.reads = reads;
    }

    /** Begins with the root; what was under way before has been abandoned. */
    void begin() {
        walk = new SubtreeWalk(template);
        underWay = 0;
    }

    /** Whether none of its reads are under way. */
    boolean isIdle() {
        return underWay == 0;
    }

    boolean isComplete() {
        return underWay == 0 && walk.isExhausted();
    }

    /** How many names were no canonical text of a value of their column's type. */
    int skipped() {
        return walk.skipped();
    }

    /** Takes some more steps. */
    void advance(int max) {
        for (int left = max; left > 0 && reads.hasRoom(); left--) {
            SubtreeWalk.Step step = walk.next();
            if (step == null) {
                break;
            }
            take(step);
        }
    }

    private void take(SubtreeWalk.Step step) {
        boolean mine = step.isRow() && wanted.test(step.path());
        boolean isKnown =
                settings.keysOnly() && step.isListed() && !state.reported().isTouched(step.path());
        if (mine && !isKnown) {
            read(step);
            return;
        }
        if (mine) {
            reads.observed(step.path(), Optional.of(ZNode.existing(step.path())), System.currentTimeMillis());
        }
        if (!step.isRow() || walk.childrenAreRows()) {
            list(step);
        }
    }

    private void read(SubtreeWalk.Step step) {
        long sent = System.currentTimeMillis();
        Consumer<Optional<ZNode>> arrive = znode -> {
            underWay--;
            reads.observed(step.path(), znode, sent);
            boolean hasChildren = znode.isPresent()
                    && (settings.keysOnly() || znode.get().stat().numChildren() > 0);
            if (hasChildren && walk.childrenAreRows()) {
                walk.foundChildren(step);
            }
        };
        underWay++;
        reads.read(step.path(), arrive, () -> again(step));
    }

    private void list(SubtreeWalk.Step step) {
        Consumer<Optional<List<String>>> listed = names -> {
            underWay--;
            names.ifPresent(found -> walk.listed(step, found));
        };
        underWay++;
        reads.list(step.path(), listed, () -> underWay--, () -> again(step));
    }

    private void again(SubtreeWalk.Step step) {
        underWay--;
        walk.again(step);
    }
}
