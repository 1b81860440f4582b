// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.SourceSplit;

/**
 * A bucket of the tree with what is known of its znodes.
 *
 * @param newestZxid the highest zxid seen when the state was saved; no older tree is accepted
 * @param baseZxid with {@code latest-offset} the zxid of the start, or {@link #BASE_LEARNT}; else {@link #NO_BASE}
 * @param known encoded by {@link ZNodeStateCodec}, the oldest block first; a later entry replaces an earlier one.
 *     Blocks are shared with the reader's memory and not to be modified
 */
@Internal
public record SubtreeSplit(int bucket, long newestZxid, long baseZxid, List<byte[]> known) implements SourceSplit {

    public static final long NO_BASE = -1;

    /** The base where zxids are not read: those that there were at the start have been learnt, all others are told. */
    public static final long BASE_LEARNT = Long.MIN_VALUE;

    public SubtreeSplit {
        known = List.copyOf(known);
    }

    public static SubtreeSplit fresh(int bucket) {
        return new SubtreeSplit(bucket, 0, NO_BASE, List.of());
    }

    @Override
    public String splitId() {
        return Buckets.splitId(bucket);
    }

    /** Without the state, which may be large and hold secrets. */
    @Override
    public String toString() {
        return "SubtreeSplit[bucket " + bucket + ", newest zxid 0x" + Long.toHexString(newestZxid) + "]";
    }
}
