// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import io.zkflink.client.ZNode;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;

/**
 * The state machine that turns observations into changes: unknown is created, another czxid is deleted and created
 * again, a higher mzxid is changed, an absent one is deleted, and anything else is nothing. An observation that is
 * older than what is known is ignored, so that versions never go backwards.
 *
 * <p>Nor does the time of what is told of a path: a znode carries its {@code mtime}, or the time of what was told
 * before if that is later, as it is where the clocks of servers, or of a server and this machine, differ.
 *
 * <p>Owned by one thread.
 */
@Internal
public final class Reconciler {

    private final boolean keepLast;
    private final Map<String, ZNodeState> known = new HashMap<>();
    private final DeletionTimes deletions = new DeletionTimes();
    /** Null until somebody has saved the state for the first time: until then, all of it is unsaved. */
    private Set<String> touched;

    /**
     * @param keepLast whether {@link ZNodeState#last} is kept, for changelogs with before-images
     */
    public Reconciler(boolean keepLast) {
        this.keepLast = keepLast;
    }

    public Optional<Change> observe(Observation observation) {
        return observe(observation, Long.MIN_VALUE);
    }

    /**
     * As {@link #observe(Observation)}, of something that may have been told before under another path.
     *
     * @param earliest the time, in milliseconds since the epoch, that what is told of it has at least
     */
    public Optional<Change> observe(Observation observation, long earliest) {
        String path = observation.path();
        if (observation.znode().isEmpty()) {
            return forget(path, observation.sentMillis());
        }
        ZNode found = observation.znode().get();
        deletions.serverShows(found.stat().mtime());
        ZNodeState before = known.get(path);
        if (before == null) {
            ZNode znode = notBefore(found, Math.max(earliest, deletions.take(path)));
            return Optional.of(new Change.Created(path, znode, learn(znode, observation.walk())));
        }
        before.seenIn(observation.walk());
        boolean sameNode = found.stat().czxid() == before.czxid();
        if (found.stat().czxid() < before.czxid() || (sameNode && found.stat().mzxid() <= before.mzxid())) {
            return Optional.empty();
        }
        ZNode znode = notBefore(found, Math.max(earliest, before.mtime()));
        ZNodeState now = learn(znode, observation.walk());
        return Optional.of(
                sameNode
                        ? new Change.Changed(path, before, znode, now)
                        : new Change.Recreated(path, before, znode, now));
    }

    private static ZNode notBefore(ZNode znode, long millis) {
        return znode.stat().mtime() < millis ? znode.withMtime(millis) : znode;
    }

    private ZNodeState learn(ZNode znode, int walk) {
        ZNodeState now = ZNodeState.of(znode, keepLast);
        now.seenIn(walk);
        learn(now);
        return now;
    }

    /** A znode is known from now on. */
    public void learn(ZNodeState now) {
        known.put(now.path(), now);
        touch(now.path());
    }

    /** Deletes whatever a walk that is complete did not see. */
    public void walkEnded(WalkEnded end, Consumer<Change> changes) {
        Iterator<Map.Entry<String, ZNodeState>> entries = known.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, ZNodeState> entry = entries.next();
            if (!entry.getValue().wasSeenIn(end.walk())) {
                entries.remove();
                changes.accept(deleted(entry.getKey(), entry.getValue(), end.begunMillis()));
            }
        }
    }

    private Optional<Change> forget(String path, long sentMillis) {
        ZNodeState before = known.remove(path);
        return before == null ? Optional.empty() : Optional.of(deleted(path, before, sentMillis));
    }

    private Change deleted(String path, ZNodeState before, long sentMillis) {
        long millis = Math.max(sentMillis, before.mtime());
        deletions.put(path, millis);
        touch(path);
        return new Change.Deleted(path, before, millis);
    }

    /** Remembers when something was told as gone that several znodes may stand for; its key is no path. */
    public void gone(String key, long millis) {
        deletions.put(key, millis);
        touch(key);
    }

    /** When it was told as gone, or a time before all others. */
    public long goneAt(String key) {
        return deletions.all().getOrDefault(key, Long.MIN_VALUE);
    }

    /** All paths of which something is to be saved. */
    public Collection<String> paths() {
        if (deletions.all().isEmpty()) {
            return known.keySet();
        }
        List<String> paths = new ArrayList<>(deletions.all().keySet());
        paths.addAll(known.keySet());
        return paths;
    }

    /** What is kept with an entry has changed. */
    public void touch(String path) {
        if (touched != null) {
            touched.add(path);
        }
    }

    /** Puts back what was known when the state was saved. */
    public void restore(ZNodeState entry) {
        known.put(entry.path(), entry);
        deletions.take(entry.path());
    }

    /** Puts back that a znode was gone when the state was saved. */
    public void restoreGone(String path) {
        known.remove(path);
        deletions.take(path);
    }

    /** Puts back when a znode was told as deleted. */
    public void restoreGone(String path, long millis) {
        known.remove(path);
        deletions.put(path, millis);
    }

    /** When znodes that are gone were told as deleted, as far as that matters; unmodifiable. */
    public Map<String, Long> deletions() {
        return deletions.all();
    }

    /** Forgets the znodes that are no rows: what is observed of them next is new. */
    public void forgetHidden() {
        known.entrySet().removeIf(entry -> {
            if (entry.getValue().hidden()) {
                touch(entry.getKey());
            }
            return entry.getValue().hidden();
        });
    }

    /** All that is known, unmodifiable. */
    public Map<String, ZNodeState> known() {
        return Collections.unmodifiableMap(known);
    }

    /**
     * The paths whose entry came, went or was replaced since the last call, all of them at the first one; whoever saves
     * the state asks. Of no use after the next observation.
     */
    public Collection<String> takeTouched() {
        Collection<String> result = touched == null ? paths() : touched;
        touched = new HashSet<>();
        return result;
    }
}
