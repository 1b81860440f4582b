// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.client.ZNode;
import org.apache.flink.annotation.Internal;

/**
 * What a row says of an owner, or of a single contender.
 *
 * @param znode of the contender that speaks
 * @param position of its znode in the queue, from 0; -1 where nobody asks
 */
@Internal
public record QueueRow(ZNode znode, String owner, boolean granted, int position) {

    /** This row with another time of its znode, in milliseconds since the epoch. */
    public QueueRow withMtime(long mtime) {
        ZNode changed = new ZNode(znode.path(), znode.data(), znode.stat().withMtime(mtime));
        return new QueueRow(changed, owner, granted, position);
    }

    /**
     * A difference between two moments.
     *
     * @param before null if there was no row
     * @param now null if there is none any more
     */
    public record Change(QueueRow before, QueueRow now) {

        /** Whether something is lost that was granted. */
        boolean isLoss() {
            return before != null && before.granted && (now == null || !now.granted);
        }

        /** Whether something is granted, if in place of something else. */
        boolean isGrant() {
            return now != null && now.granted;
        }
    }
}
