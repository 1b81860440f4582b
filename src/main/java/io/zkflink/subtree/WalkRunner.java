// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkBegun;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Sends the reads that walks and events ask for, a bounded number at a time, and takes their answers. Touched by the
 * polling thread only.
 */
final class WalkRunner {

    private static final int MAX_POSTPONED = 10_000;
    private static final int MAX_POSTPONED_AT_ONCE = 2_000;

    private final ZooKeeperClient client;
    private final PathTemplate template;
    private final Predicate<String> wanted;
    private final FeedSettings settings;
    private final FeedState state;
    private final OutstandingReads requests;
    private final SharedLists.Member lists;
    private final DeniedLists denied = new DeniedLists();
    private final FeedBuffer seen = new FeedBuffer();
    private final Rounds rounds = new Rounds();
    private final ReadBudget budget = new ReadBudget();

    /** Null unless a walk is under way. */
    private SubtreeWalk frontier;

    private int walk;
    private int walkReads;
    private boolean eventInWalk;
    /** Whether this walk may have missed something. */
    private boolean again;

    WalkRunner(
            ZooKeeperClient client,
            PathTemplate template,
            Predicate<String> wanted,
            FeedSettings settings,
            FeedState state,
            SharedLists.Member lists) {
        this.client = client;
        this.template = template;
        this.wanted = wanted;
        this.settings = settings;
        this.state = state;
        this.requests = state.requests();
        this.lists = lists;
    }

    /** What was seen and not yet handed over. */
    FeedBuffer seen() {
        return seen;
    }

    FeedState.Capacity capacity() {
        int max = budget.maxReads();
        return new FeedState.Capacity(max, max / 2 - rounds.underWay(), walkReads == 0);
    }

    /** Sends as many reads as may be under way, those of events first, and notices the end of the walk. */
    void advance() {
        FeedState.Turn turn = state.turn(capacity(), budget);
        if (turn == null) {
            return;
        }
        if (turn.begins()) {
            frontier = new SubtreeWalk(template);
            walk = turn.walk();
            walkReads = 0;
            eventInWalk = false;
            again = false;
            rounds.clear();
            budget.clear();
            seen.add(new WalkBegun(walk, turn.zxid()));
        }
        for (String path : turn.events()) {
            event(turn.walk(), path);
        }
        if (frontier != null) {
            goOn(turn.walk(), turn.budget());
        }
        if (frontier != null && walkReads == 0 && frontier.isExhausted()) {
            endWalk(turn.walk());
        }
        if (frontier == null) {
            mark(turn.walk());
        }
    }

    /** Says how complete what was seen is. */
    private void mark(int current) {
        if (seen.haveNews() && state.isUpToDate(current)) {
            seen.upToDate(current, !state.isPolling());
            rounds.begin(0);
        } else if (seen.haveNewsInRound() && rounds.areOver() && state.isFollowing(current)) {
            seen.roundEnded(current);
            rounds.begin(state.waiting());
        }
    }

    private void event(int current, String path) {
        String unreadable = denied.above(path);
        if (unreadable == null) {
            eventInWalk |= frontier != null;
            reread(current, path, rounds.send());
        } else {
            // Nobody tells of ACLs that change; if this one has, a walk finds all there is.
            rounds.answered(rounds.send());
            requests.send(
                    current,
                    client.read(unreadable),
                    znode -> readable(unreadable),
                    () -> state.readAgain(path),
                    state::denied);
        }
    }

    /** Reads what an event named until there is an answer. */
    private void reread(int current, String path, long read) {
        long sent = System.currentTimeMillis();
        Consumer<Optional<ZNode>> arrive = znode -> {
            rounds.answered(read);
            observed(path, znode, sent);
        };
        readZNode(current, path, arrive, () -> reread(current, path, read));
    }

    private void goOn(int current, int reads) {
        takeKnown();
        int left = reads;
        while (left > 0 && budget.left() > 0 && frontier.postponed() < MAX_POSTPONED) {
            SubtreeWalk.Step step = frontier.next();
            if (step == null) {
                break;
            }
            take(current, step);
            left--;
        }
        if (walkReads == 0 || frontier.postponed() >= MAX_POSTPONED) {
            takeUnknown(current, left);
        }
    }

    private void endWalk(int ended) {
        FeedState.Ended end = state.endWalk(ended, frontier.skipped());
        if (end != null) {
            frontier = null;
            lists.ended();
            denied.walkEnded(ended);
            if (again) {
                state.walkSoon();
            }
            if (!settings.proofInterval().isZero()) {
                // The sync at the begin of the walk was a proof, and between two polls there is none.
                seen.proven(end.begunMillis());
            }
            seen.add(new WalkEnded(ended, end.zxid(), end.begunMillis()));
            seen.roundBegun();
            rounds.begin(state.waiting());
        }
    }

    /** Proves that nothing was missed until now. */
    void prove() {
        int current = state.walk();
        if (state.isFollowing()) {
            long now = System.currentTimeMillis();
            Consumer<Long> proven = zxid -> {
                state.includes(zxid);
                seen.proven(now);
            };
            requests.send(current, client.sync(), proven, () -> {});
        }
    }

    /** Takes one step of a walk. */
    private void take(int current, SubtreeWalk.Step step) {
        boolean mine = step.isRow() && wanted.test(step.path());
        if (mine && settings.keysOnly() && step.isListed() && !state.isTouched(step.path())) {
            observed(step.path(), Optional.of(ZNode.existing(step.path())), System.currentTimeMillis());
            if (frontier.isOpenEnded()) {
                list(current, step);
            }
        } else if (mine) {
            row(current, step);
        } else if (step.isRow() && frontier.isOpenEnded() && !settings.keysOnly() && !lists.isAlone()) {
            // Whoever reads it will know whether there is anything to list.
            frontier.postpone(step);
        } else if (!step.isRow() || frontier.isOpenEnded()) {
            list(current, step);
        }
    }

    private void row(int current, SubtreeWalk.Step step) {
        SubtreeWalk walking = frontier;
        long sent = System.currentTimeMillis();
        Consumer<Optional<ZNode>> arrive = znode -> {
            walkReads--;
            observed(step.path(), znode, sent);
            boolean hasChildren = znode.isPresent()
                    && (settings.keysOnly() || znode.get().stat().numChildren() > 0);
            if (hasChildren && walking.isOpenEnded()) {
                walking.foundChildren(step);
            }
        };
        walkReads++;
        readZNode(current, step.path(), arrive, () -> takeAgain(walking, step));
    }

    /** Goes on below rows of which others have told by now whether anything is there. */
    private void takeKnown() {
        for (int left = Math.min(MAX_POSTPONED_AT_ONCE, frontier.postponed()); left > 0; left--) {
            SubtreeWalk.Step step = frontier.nextPostponed();
            Optional<List<String>> known = lists.knownChildren(step.path());
            if (known == null) {
                frontier.postpone(step);
            } else {
                frontier.listed(step, known.orElse(List.of()));
            }
        }
    }

    /** Lists what is below rows whose reader is late, or elsewhere; waits for him if he has sent his read. */
    private void takeUnknown(int current, int reads) {
        for (int left = Math.min(reads, frontier.postponed()); left > 0; left--) {
            list(current, frontier.nextPostponed());
        }
    }

    private void list(int current, SubtreeWalk.Step step) {
        SubtreeWalk walking = frontier;
        walkReads++;
        Consumer<Optional<List<String>>> listed = names -> {
            walkReads--;
            budget.grow();
            denied.remove(step.path());
            names.ifPresent(found -> walking.listed(step, found));
        };
        Runnable unreadable = () -> {
            walkReads--;
            state.denied();
            deny(step.path());
        };
        requests.send(
                current,
                lists.children(step.path()),
                listed,
                () -> takeAgain(walking, step),
                mayBeDenied(step.path()) ? unreadable : null);
    }

    private void takeAgain(SubtreeWalk walking, SubtreeWalk.Step step) {
        walkReads--;
        walking.again(step);
    }

    /** Reads a row, or where keys are enough, whether it is there. */
    private void readZNode(int current, String path, Consumer<Optional<ZNode>> arrive, Runnable repeat) {
        if (settings.keysOnly()) {
            Consumer<Optional<List<String>>> exists = names -> {
                readable(path);
                arrive.accept(names.map(any -> ZNode.existing(path)));
            };
            // Whoever is denied it knows that it is there.
            Runnable unreadable = () -> arrive.accept(Optional.of(ZNode.existing(path)));
            requests.send(current, client.children(path), exists, repeat, unreadable);
            return;
        }
        boolean tellsOthers = frontier != null && frontier.isOpenEnded();
        CompletableFuture<Optional<ZNode>> read = tellsOthers
                ? lists.read(path, settings.content())
                : settings.content().read(client, path);
        long held = budget.hold(path);
        Consumer<Optional<ZNode>> found = znode -> {
            budget.release(held);
            readable(path);
            arrive.accept(znode);
        };
        Runnable unreadable = () -> {
            budget.release(held);
            state.denied();
            if (template.isOpenEnded()) {
                deny(path);
            }
            arrive.accept(Optional.empty());
        };
        Runnable again = () -> {
            budget.release(held);
            repeat.run();
        };
        requests.send(current, read, found, again, mayBeDenied(path) ? unreadable : null);
    }

    /** Not the root of the table: without that there would be none, silently. */
    private boolean mayBeDenied(String path) {
        return settings.skipUnreadable() && !path.equals(template.rootOfAll());
    }

    /** What is below a znode is not to be found; events may have found some of it before in this walk. */
    private void deny(String path) {
        again |= denied.add(path, walk) && eventInWalk;
    }

    /** What is below a znode that was denied can be found now. */
    private void readable(String path) {
        if (denied.remove(path)) {
            if (frontier == null) {
                state.walkSoon();
            } else {
                again = true;
            }
        }
    }

    private void observed(String path, Optional<ZNode> znode, long sentMillis) {
        budget.grow();
        if (znode.isEmpty()) {
            budget.gone(path);
        }
        znode.ifPresent(found -> {
            budget.found(found);
            state.includes(found.stat().mzxid());
        });
        seen.add(new Observation(path, znode, walk, sentMillis, state.newestZxid()));
    }
}
