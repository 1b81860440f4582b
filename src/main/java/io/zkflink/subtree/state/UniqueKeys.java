// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.state.FeedEvent.Observation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.annotation.Internal;

/**
 * Holds back all but one of the znodes that have the same key, where a key's text may have several names.
 *
 * <p>A znode of a key that another one is known to have waits: that one may have been deleted, and its deletion not
 * been read yet, as when somebody renames a znode. When it is gone, the next one has the key. If both turn out to be
 * there, at the end of a walk that has seen both or when all that was reported has been read, the table cannot have
 * both.
 *
 * <p>Belongs to a {@link Reconciler} and its thread. What waits is not part of any state: after a restore the walk sees
 * it again.
 */
@Internal
public final class UniqueKeys {

    private final PathTemplate template;
    private final Map<String, ZNodeState> known;
    /** By canonical path, the znode that has the key, where it is another one; may be gone by now. */
    private final Map<String, String> holderByKey = new HashMap<>();
    /** By canonical path, the last observation of each znode that waits. */
    private final Map<String, Map<String, Observation>> waiting = new LinkedHashMap<>();

    public UniqueKeys(PathTemplate template, Reconciler reconciler) {
        this.template = template;
        this.known = reconciler.known();
        known.keySet().forEach(path -> admit(template.canonical(path), path));
    }

    /** What is to be observed now that this was seen, in this order. */
    public List<Observation> admit(Observation seen) {
        String path = seen.path();
        String key = template.canonical(path);
        String holder = holder(key);
        boolean holds = path.equals(holder);
        if (seen.znode().isPresent()) {
            if (holder != null && !holds) {
                waiting.computeIfAbsent(key, any -> new LinkedHashMap<>()).put(path, seen);
                return List.of();
            }
            admit(key, path);
            return List.of(seen);
        }
        Map<String, Observation> others = waiting.get(key);
        if (others != null) {
            others.remove(path);
        }
        List<Observation> admitted = new ArrayList<>(List.of(seen));
        if (holds) {
            admitNext(key, admitted);
        }
        return admitted;
    }

    /**
     * What is to be observed now that a walk has ended, and what it has not seen was deleted.
     *
     * @throws ZooKeeperException if it has seen two znodes of one key
     */
    public List<Observation> walkEnded(int walk) throws ZooKeeperException {
        List<Observation> admitted = new ArrayList<>();
        for (String key : List.copyOf(waiting.keySet())) {
            waiting.get(key).values().removeIf(seen -> seen.walk() != walk);
            if (holder(key) == null) {
                admitNext(key, admitted);
            }
        }
        check();
        return admitted;
    }

    /**
     * All that was reported has been read.
     *
     * @throws ZooKeeperException if there are two znodes of one key
     */
    public void check() throws ZooKeeperException {
        for (Iterator<Map.Entry<String, Map<String, Observation>>> keys =
                        waiting.entrySet().iterator();
                keys.hasNext(); ) {
            Map.Entry<String, Map<String, Observation>> others = keys.next();
            if (others.getValue().isEmpty()) {
                keys.remove();
                continue;
            }
            String other = others.getValue().keySet().iterator().next();
            throw new ZooKeeperException(Failure.OTHER, template.conflict(holder(others.getKey()), other));
        }
    }

    private void admitNext(String key, List<Observation> admitted) {
        Map<String, Observation> others = waiting.getOrDefault(key, Map.of());
        Iterator<Observation> next = others.values().iterator();
        if (next.hasNext()) {
            Observation seen = next.next();
            next.remove();
            admit(key, seen.path());
            admitted.add(seen);
        }
        if (others.isEmpty()) {
            waiting.remove(key);
        }
    }

    private void admit(String key, String path) {
        if (!path.equals(key)) {
            holderByKey.put(key, path);
        }
    }

    /** The path of the znode that has a key, or null. */
    private String holder(String key) {
        String other = holderByKey.get(key);
        if (other != null && !known.containsKey(other)) {
            holderByKey.remove(key);
            other = null;
        }
        return other != null ? other : known.containsKey(key) ? key : null;
    }
}
