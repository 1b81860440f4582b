// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import io.zkflink.client.ZNode;
import io.zkflink.subtree.SubtreeFeed;
import java.util.Optional;
import org.apache.flink.annotation.Internal;

/** What a {@link SubtreeFeed} saw of the tree, in the order in which it has to be believed. */
@Internal
public sealed interface FeedEvent {

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
    record WalkBegun(int walk, long zxid) implements FeedEvent {}

    /**
     * One read of one znode; no znode means that there was none.
     *
     * @param sentMillis when the read was sent, in milliseconds since the epoch by this machine's clock
     * @param zxid a transaction that the tree is known to include, among them the one that deleted a znode which was
     *     not found, if the server has told it
     */
    record Observation(String path, Optional<ZNode> znode, int walk, long sentMillis, long zxid) implements FeedEvent {

        /** This observation for somebody who needs no data. */
        public Observation withoutData() {
            return new Observation(path, znode.map(ZNode::withoutData), walk, sentMillis, zxid);
        }
    }

    /**
     * A walk is complete: what was not observed in it is not there.
     *
     * @param zxid what it includes
     * @param begunMillis when it began, in milliseconds since the epoch by this machine's clock
     */
    record WalkEnded(int walk, long zxid, long begunMillis) implements FeedEvent {}

    /**
     * A round has ended, and the next one begins: all changes that had been reported at the last mark of this kind, or
     * at the last {@link UpToDate} or {@link WalkEnded}, have been observed. More may have been reported since.
     *
     * @param provenMillis as of {@link UpToDate}, when the round began
     */
    record RoundEnded(int walk, long provenMillis) implements FeedEvent {}

    /**
     * All changes that were reported until now have been observed.
     *
     * @param watched whether a watch reports; else changes may have been made that nobody has looked for
     * @param provenMillis when it was last proven that none went unreported, in milliseconds since the epoch by this
     *     machine's clock; 0 if that was not asked for
     */
    record UpToDate(int walk, boolean watched, long provenMillis) implements FeedEvent {}
}
