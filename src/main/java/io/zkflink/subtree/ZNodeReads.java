// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.path.PathTemplate;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Sends the reads of a feed, as many as its budget allows, and knows what its reader may not read. Touched by the
 * polling thread only.
 */
final class ZNodeReads {

    private final ZooKeeperClient client;
    private final PathTemplate template;
    private final FeedSettings settings;
    private final FeedState state;
    private final OutstandingReads outstanding;
    private final ReadBudget budget = new ReadBudget();
    private final DeniedLists denied = new DeniedLists();

    /** Whether an event has had a znode read in the walk that is under way. */
    private boolean eventInWalk;
    /** Whether what may be read has changed, so that a walk may have missed something. */
    private boolean permissionsChanged;

    private long unreadable;

    ZNodeReads(
            ZooKeeperClient client,
            PathTemplate template,
            FeedSettings settings,
            FeedState state,
            OutstandingReads outstanding) {
        this.client = client;
        this.template = template;
        this.settings = settings;
        this.state = state;
        this.outstanding = outstanding;
    }

    void walkBegun() {
        eventInWalk = false;
        permissionsChanged = false;
        budget.clear();
    }

    void walkEnded() {
        eventInWalk = false;
        denied.walkEnded(state.walk());
    }

    /** How many reads may be under way. */
    int max() {
        return budget.maxReads();
    }

    /** How many more reads may be sent. */
    int free() {
        return budget.maxReads() - outstanding.underWay();
    }

    /** Whether there is room for any more bytes. */
    boolean hasRoom() {
        return budget.left() > 0;
    }

    /** Whether what may be read turned out to have changed since the last call. */
    boolean takePermissionsChanged() {
        boolean changed = permissionsChanged;
        permissionsChanged = false;
        return changed;
    }

    /** How many reads an ACL has denied. */
    long unreadable() {
        return unreadable;
    }

    // ---- What events named.

    /** Takes paths that events named, as far as there is room for them. */
    List<String> takeReported(int max) {
        return state.reported().take(max, budget.left(), budget::largeBytes);
    }

    /** The nearest znode above a path whose children may not be listed, or null. */
    String deniedAbove(String path) {
        return denied.above(path);
    }

    /** Looks whether a znode whose children could not be listed can be read by now. */
    void retryDenied(String path, Runnable again) {
        outstanding.send(client.read(path), znode -> readable(path), again, () -> unreadable++);
    }

    /** Reads what an event named until there is an answer. */
    void readReported(String path, Runnable answered) {
        eventInWalk |= state.phase() == FeedState.Phase.WALKING;
        long sent = System.currentTimeMillis();
        Consumer<Optional<ZNode>> arrive = znode -> {
            answered.run();
            observed(path, znode, sent);
        };
        read(path, arrive, () -> readReported(path, answered));
    }

    // ---- What walks come to.

    /**
     * Lists the children of a znode.
     *
     * @param unlisted what to do instead if that is denied and passed over
     */
    void list(String path, Consumer<Optional<List<String>>> listed, Runnable unlisted, Runnable again) {
        Consumer<Optional<List<String>>> arrive = names -> {
            budget.grow();
            denied.remove(path);
            listed.accept(names);
        };
        Runnable unreadable = () -> {
            this.unreadable++;
            deny(path);
            unlisted.run();
        };
        outstanding.send(client.children(path), arrive, again, mayBeDenied(path) ? unreadable : null);
    }

    /** Reads a row, or where keys are enough, whether it is there. */
    void read(String path, Consumer<Optional<ZNode>> arrive, Runnable again) {
        if (settings.keysOnly()) {
            exists(path, arrive, again);
            return;
        }
        long held = budget.hold(path);
        Consumer<Optional<ZNode>> found = znode -> {
            budget.release(held);
            readable(path);
            arrive.accept(znode);
        };
        Runnable unreadable = () -> {
            budget.release(held);
            this.unreadable++;
            if (template.isOpenEnded()) {
                deny(path);
            }
            arrive.accept(Optional.empty());
        };
        Runnable retry = () -> {
            budget.release(held);
            again.run();
        };
        outstanding.send(settings.content().read(client, path), found, retry, mayBeDenied(path) ? unreadable : null);
    }

    private void exists(String path, Consumer<Optional<ZNode>> arrive, Runnable again) {
        Consumer<Optional<List<String>>> exists = names -> {
            readable(path);
            arrive.accept(names.map(any -> ZNode.existing(path)));
        };
        // Whoever is denied it knows that it is there.
        Runnable unreadable = () -> arrive.accept(Optional.of(ZNode.existing(path)));
        outstanding.send(client.children(path), exists, again, unreadable);
    }

    /** Tells what was found. */
    void observed(String path, Optional<ZNode> znode, long sentMillis) {
        budget.grow();
        znode.ifPresentOrElse(budget::found, () -> budget.gone(path));
        state.observed(path, znode, sentMillis);
    }

    /** Not the root of the table: without that there would be none, silently. */
    private boolean mayBeDenied(String path) {
        return settings.skipUnreadable() && !path.equals(template.tableRoot());
    }

    /** What is below a znode is not to be found; events may have found some of it before in this walk. */
    private void deny(String path) {
        permissionsChanged |= denied.add(path, state.walk()) && eventInWalk;
    }

    /** What is below a znode that was denied can be found now. */
    private void readable(String path) {
        permissionsChanged |= denied.remove(path);
    }
}
