// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.subtree.state.FeedEvent.RoundEnded;
import io.zkflink.subtree.state.FeedEvent.UpToDate;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;

/**
 * How far event time, the {@code mtime} of znodes, has come in one reader.
 *
 * <p>While a walk runs no watermark is emitted, since it finds old and new znodes in any order. Afterwards znodes are
 * read in rounds. What a later round reads was written after everything that had been seen when the round before it
 * began, and the leader's clock gives it no earlier time. So the end of a round moves the watermark to the newest znode
 * seen before the round began, and to the newest seen of all where nothing is left to be read. A tree that nobody edits
 * gets no further by that; where it is asked for, a proof that the connection misses nothing moves time on, by the
 * interval of the proofs behind this machine's clock. Where the tree is polled, only what was seen before a walk began
 * is older than what the next one may find. Used by the task thread.
 */
final class SourceWatermarks {

    private static final long NOTHING = Long.MIN_VALUE;

    private final boolean enabled;
    private final long proofMargin;
    private long newest = NOTHING;
    private long newestBeforeWalk = NOTHING;
    private long newestBeforeRound = NOTHING;
    private boolean idle;

    /**
     * @param enabled whether znodes move time on, and not only proofs
     * @param proofMargin milliseconds that a proof is taken back by
     */
    SourceWatermarks(boolean enabled, long proofMargin) {
        this.enabled = enabled;
        this.proofMargin = proofMargin;
    }

    /**
     * Notes the time of a znode that was read, before anything of it is emitted.
     *
     * @param mtime by the server's clock, in milliseconds since the epoch
     */
    void seen(long mtime, SourceOutput<?> output) {
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

    /** A round begins. */
    void walkEnded() {
        newestBeforeRound = newest;
    }

    void roundEnded(RoundEnded mark, SourceOutput<?> output) {
        advance(newestBeforeRound, mark.provenMillis(), output);
        newestBeforeRound = newest;
    }

    void upToDate(UpToDate mark, SourceOutput<?> output) {
        boolean advanced = advance(mark.watched() ? newest : newestBeforeWalk, mark.provenMillis(), output);
        newestBeforeRound = newest;
        if (!advanced && enabled && newest == NOTHING && !idle) {
            // A reader that has no znodes must not hold back those that have.
            idle = true;
            output.markIdle();
        }
    }

    private boolean advance(long seen, long provenMillis, SourceOutput<?> output) {
        long proven = provenMillis == 0 ? NOTHING : provenMillis - proofMargin;
        long time = Math.max(enabled && seen != NOTHING ? seen - 1 : NOTHING, proven);
        if (time != NOTHING) {
            output.emitWatermark(new Watermark(time));
        }
        return time != NOTHING;
    }
}
