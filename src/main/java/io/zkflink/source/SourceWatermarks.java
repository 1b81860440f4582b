// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.subtree.Sighting.UpToDate;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;

/**
 * How far event time, the {@code mtime} of znodes, has come in one reader.
 *
 * <p>While a walk runs nothing is said, since it finds old and new in any order. Once all that was reported has been
 * read, whatever comes is a later transaction, and its time by the leader's clock is no earlier than the newest seen. A
 * tree that nobody edits gets no further by that; where it is asked for, a proof that the connection misses nothing
 * moves time on, by the interval of the proofs behind this machine's clock. Where the tree is polled, only what was seen
 * before a walk began is older than what the next one may find. Used by the task thread.
 */
final class SourceWatermarks {

    private final boolean enabled;
    private final long proofMargin;
    private long newest = Long.MIN_VALUE;
    private long newestBeforeWalk = Long.MIN_VALUE;
    private boolean idle;

    /**
     * @param enabled whether rows move time on, and not only proofs
     * @param proofMargin milliseconds that a proof is taken back by
     */
    SourceWatermarks(boolean enabled, long proofMargin) {
        this.enabled = enabled;
        this.proofMargin = proofMargin;
    }

    /**
     * Notes the time of a row that is about to be emitted.
     *
     * @param mtime by the server's clock, in milliseconds since the epoch
     */
    void row(long mtime, SourceOutput<?> output) {
        newest = Math.max(newest, mtime);
        if (idle) {
            idle = false;
            output.markActive();
        }
    }

    /** What was seen until now is older than whatever this walk, or a later one, may still find. */
    void walkBegun() {
        newestBeforeWalk = newest;
    }

    void upToDate(UpToDate mark, SourceOutput<?> output) {
        long proven = mark.provenMillis() == 0 ? Long.MIN_VALUE : mark.provenMillis() - proofMargin;
        long seen = mark.watched() ? newest : newestBeforeWalk;
        long time = Math.max(enabled && seen != Long.MIN_VALUE ? seen - 1 : Long.MIN_VALUE, proven);
        if (time != Long.MIN_VALUE) {
            output.emitWatermark(new Watermark(time));
        } else if (enabled && newest == Long.MIN_VALUE && !idle) {
            // A reader that has no znodes must not hold back those that have.
            idle = true;
            output.markIdle();
        }
    }
}
