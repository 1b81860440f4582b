// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.ZNodePath;
import io.zkflink.recipes.Claim;
import io.zkflink.recipes.Completeness;
import io.zkflink.recipes.ContenderChange;
import io.zkflink.recipes.ContenderChange.What;
import io.zkflink.recipes.QueueRow;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.recipes.ResourceQueue;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.Reconciler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * The queues of the resources of one bucket, with what was seen of them and not yet looked at. That is kept out of the
 * state: until the queues are looked at, the state knows exactly what the rows say. After a restore the walk sees it
 * again.
 */
final class BucketQueues {

    private final BucketState state;
    private final Reconciler reconciler;
    private final RecipeSettings settings;
    private final boolean perOwner;
    private final boolean withPositions;

    /** By the path of the resource; the root's is empty. */
    private final Map<String, ResourceQueue> queues = new HashMap<>();

    /** The last feed event of each path since the queues were looked at. */
    private Map<String, Observation> pending = new LinkedHashMap<>();

    /** The resources to look at, whether or not more is seen of them. */
    private Set<String> undecided = new LinkedHashSet<>();

    /** A walk that ended since; null if none did. */
    private WalkEnded ended;

    BucketQueues(BucketState state, RecipeSettings settings, boolean perOwner, boolean withPositions) {
        this.state = state;
        this.reconciler = state.reconciler();
        this.settings = settings;
        this.perOwner = perOwner;
        this.withPositions = withPositions;
        reconciler.known().forEach((path, known) -> queue(ZNodePath.parentPrefix(path))
                .restore(ZNodePath.name(path), known));
        // Whatever was decided by other settings.
        undecided.addAll(queues.keySet());
    }

    void observe(Observation observation) {
        pending.put(observation.path(), observation);
    }

    void walkBegun() {
        ended = null;
    }

    void walkEnded(WalkEnded end) {
        ended = end;
    }

    /** Whether there is something to look at. */
    boolean haveNews() {
        return !pending.isEmpty() || !undecided.isEmpty() || ended != null;
    }

    /**
     * Looks at the queues that may have changed.
     *
     * @param changes told the changes of rows, those of one resource one after the other, each that takes a row away
     *     with the time of that: when the read was sent that found it gone, or the row's own if that is later
     */
    public void evaluate(Completeness completeness, ObjLongConsumer<QueueRow.Change> changes) {
        Map<String, Long> times = new HashMap<>();
        Map<String, List<ContenderChange>> changed = new LinkedHashMap<>();
        undecided.forEach(resource -> changed.put(resource, new ArrayList<>()));
        undecided = new LinkedHashSet<>();
        Map<String, Observation> news = pending;
        pending = new LinkedHashMap<>();
        Map<String, ContenderChange> children = new LinkedHashMap<>();
        news.forEach((path, observation) -> {
            state.includes(observation.zxid());
            times.put(path, observation.sentMillis());
            ContenderChange child = changeOf(observation);
            if (child != null) {
                children.put(path, child);
            }
        });
        if (ended != null) {
            reconciler.walkEnded(ended, change -> {
                children.put(change.path(), new ContenderChange(ZNodePath.name(change.path()), What.UNLISTED, null));
                times.put(change.path(), ((Change.Deleted) change).millis());
            });
            state.includes(ended.zxid());
            ended = null;
        }
        children.forEach(
                (path, child) -> changed.computeIfAbsent(ZNodePath.parentPrefix(path), any -> new ArrayList<>())
                        .add(child));
        Consumer<QueueRow.Change> timed = change -> changes.accept(change, goneMillis(change, times));
        changed.forEach((resource, seen) -> evaluate(resource, seen, completeness, timed));
    }

    /**
     * Refuses two resources of one key, with contenders for each: who holds the one need not hold the other.
     *
     * @param template of the contenders
     * @throws ZooKeeperException naming both
     */
    void checkKeys(PathTemplate template) throws ZooKeeperException {
        if (!template.isAmbiguous()) {
            return;
        }
        Map<String, String> resources = new HashMap<>();
        for (Map.Entry<String, ResourceQueue> queue : queues.entrySet()) {
            String resource = queue.getKey();
            // The template is one of what lies below.
            String key = ZNodePath.parentPrefix(template.canonical(resource + "/any"));
            String other = queue.getValue().isEmpty() ? null : resources.put(key, resource);
            if (other != null) {
                throw new ZooKeeperException(Failure.OTHER, template.conflict(other, resource));
            }
        }
    }

    /**
     * The time of a row that is gone. An owner who comes back does so as another znode, whose time is the server's and
     * may be earlier.
     *
     * @param times when the reads were sent that found znodes gone, by path
     */
    private long goneMillis(QueueRow.Change change, Map<String, Long> times) {
        if (change.now() != null) {
            return 0;
        }
        ZNode last = change.before().znode();
        long millis = Math.max(times.getOrDefault(last.path(), 0L), last.stat().mtime());
        if (perOwner) {
            reconciler.gone(key(last), millis);
        }
        return millis;
    }

    /** Of the row of a contender's owner; no path, which has no empty names. */
    private static String key(ZNode contender) {
        return ZNodePath.parentPrefix(contender.path()) + "//" + Claim.owner(contender);
    }

    private void evaluate(
            String resource, List<ContenderChange> news, Completeness completeness, Consumer<QueueRow.Change> changes) {
        ResourceQueue queue = queue(resource);
        queue.evaluate(news, completeness, name -> reconciler.touch(resource + "/" + name))
                .forEach(changes);
        if (queue.isUndecided()) {
            undecided.add(resource);
        } else if (queue.isEmpty()) {
            queues.remove(resource);
        }
    }

    /** What an observation says that is new; null if nothing is. */
    private ContenderChange changeOf(Observation observation) {
        String name = ZNodePath.name(observation.path());
        long earliest = observation
                .znode()
                .filter(any -> perOwner)
                .map(znode -> reconciler.goneAt(key(znode)))
                .orElse(Long.MIN_VALUE);
        Change change = reconciler.observe(observation, earliest).orElse(null);
        if (change instanceof Change.Created created) {
            return new ContenderChange(name, What.NEW, created.now());
        }
        if (change instanceof Change.Recreated recreated) {
            return new ContenderChange(name, What.NEW, recreated.now());
        }
        if (change instanceof Change.Changed changed) {
            return new ContenderChange(name, What.CHANGED, changed.now());
        }
        return observation.znode().isEmpty() ? new ContenderChange(name, What.GONE, null) : null;
    }

    private ResourceQueue queue(String resource) {
        return queues.computeIfAbsent(resource, any -> ResourceQueue.of(settings, perOwner, withPositions));
    }
}
