// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import io.zkflink.subtree.Sighting.Observation;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The state machine that turns observations into changes: unknown is created, another czxid is deleted and created
 * again, a higher mzxid is changed, an absent one is deleted, and anything else is nothing. An observation that is older
 * than what is known is ignored, so that versions never go backwards.
 *
 * <p>Owned by one thread.
 */
public final class Reconciler {

    private final boolean keepLast;
    private final Map<String, Known> known = new HashMap<>();
    /** Null until somebody has saved the state for the first time: until then, all of it is new to him. */
    private Set<String> touched;

    /**
     * @param keepLast whether {@link Known#last} is kept, for changelogs with before-images
     */
    public Reconciler(boolean keepLast) {
        this.keepLast = keepLast;
    }

    public Optional<Change> observe(Observation observation) {
        String path = observation.path();
        if (observation.znode().isEmpty()) {
            return forget(path);
        }
        ZNode znode = observation.znode().get();
        Known now = Known.of(znode, keepLast, observation.walk());
        Known before = known.putIfAbsent(path, now);
        if (before == null) {
            touch(path);
            return Optional.of(new Change.Created(path, znode, now));
        }
        before.seenIn(observation.walk());
        boolean sameNode = znode.stat().czxid() == before.czxid();
        if (znode.stat().czxid() < before.czxid() || (sameNode && znode.stat().mzxid() <= before.mzxid())) {
            return Optional.empty();
        }
        known.put(path, now);
        touch(path);
        return Optional.of(
                before.czxid() == now.czxid()
                        ? new Change.Changed(path, before, znode, now)
                        : new Change.Recreated(path, before, znode, now));
    }

    /** Deletes whatever a walk that is complete did not see. */
    public void walkEnded(int walk, Consumer<Change> changes) {
        Iterator<Map.Entry<String, Known>> entries = known.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, Known> entry = entries.next();
            if (entry.getValue().walk() != walk) {
                entries.remove();
                touch(entry.getKey());
                changes.accept(new Change.Deleted(entry.getKey(), entry.getValue()));
            }
        }
    }

    private Optional<Change> forget(String path) {
        Known before = known.remove(path);
        if (before == null) {
            return Optional.empty();
        }
        touch(path);
        return Optional.of(new Change.Deleted(path, before));
    }

    /** What is kept with an entry has changed. */
    public void touch(String path) {
        if (touched != null) {
            touched.add(path);
        }
    }

    /** Puts back what was known when the state was saved. */
    public void restore(String path, Known entry) {
        known.put(path, entry);
    }

    /** Puts back that a znode was gone when the state was saved. */
    public void restoreGone(String path) {
        known.remove(path);
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
    public Map<String, Known> known() {
        return Collections.unmodifiableMap(known);
    }

    /**
     * The paths whose entry came, went or was replaced since the last call, all of them at the first one; whoever saves
     * the state asks. Of no use after the next observation.
     */
    public Collection<String> takeTouched() {
        Collection<String> result = touched == null ? known.keySet() : touched;
        touched = new HashSet<>();
        return result;
    }
}
