// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import java.util.Optional;

/** What a {@link SubtreeFeed} saw of the tree, in the order in which it has to be believed. */
public sealed interface Sighting {

    /**
     * The number of the walk that was under way, or the last one, when this was seen. Numbers grow within one feed and
     * mean nothing outside of it.
     */
    int walk();

    /**
     * A walk has begun: all that is seen until it ends was read after the server had applied a transaction.
     *
     * @param zxid that transaction
     */
    record WalkBegun(int walk, long zxid) implements Sighting {}

    /** One read of one znode; no znode means that there was none. */
    record Observation(String path, Optional<ZNode> znode, int walk) implements Sighting {

        /** This observation for somebody who needs no data. */
        public Observation withoutData() {
            return new Observation(path, znode.map(ZNode::withoutData), walk);
        }
    }

    /** A walk is complete: what was not observed in it is not there. */
    record WalkEnded(int walk, long zxid) implements Sighting {}

    /**
     * All changes that were reported until the last mark of this kind, or the last {@link UpToDate}, have been observed;
     * more were reported since. Only where {@link FeedSettings#rounds} asks for it.
     */
    record RoundEnded(int walk) implements Sighting {}

    /**
     * All changes that were reported until now have been observed.
     *
     * @param watched whether a watch reports; else changes may have been made that nobody has looked for
     * @param provenMillis when it was last proven that none went unreported, in milliseconds since the epoch by this
     *     machine's clock; 0 if that was not asked for
     */
    record UpToDate(int walk, boolean watched, long provenMillis) implements Sighting {}
}
