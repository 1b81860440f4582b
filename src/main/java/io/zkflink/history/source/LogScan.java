// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/**
 * Which transactions of a history to read.
 *
 * @param start with which one to begin, where there is no state
 * @param pollInterval how often to look for new ones; null to end with what is there
 * @param zxids none outside of these are wanted
 * @param times none outside of these are wanted, in milliseconds since the epoch
 */
@Internal
public record LogScan(Start start, Duration pollInterval, Range zxids, Range times) implements Serializable {

    private static final long serialVersionUID = 1L;

    /** Where a scan without state begins. */
    public sealed interface Start extends Serializable {

        /** With the first transaction that is there. */
        record Earliest() implements Start {}

        /** Behind the last transaction that is there. */
        record Latest() implements Start {}

        /**
         * With the first transaction that is not earlier.
         *
         * @param millis since the epoch
         */
        record AtTime(long millis) implements Start {}

        /** With a transaction, or the one after it. */
        record AtZxid(long zxid) implements Start {}
    }

    /**
     * Numbers from one to another.
     *
     * @param last inclusive
     */
    public record Range(long first, long last) implements Serializable {

        private static final long serialVersionUID = 1L;
        public static final Range ALL = new Range(Long.MIN_VALUE, Long.MAX_VALUE);

        public Range and(Range other) {
            return new Range(Math.max(first, other.first), Math.min(last, other.last));
        }

        boolean contains(long number) {
            return first <= number && number <= last;
        }
    }

    public LogScan(Start start, Duration pollInterval) {
        this(start, pollInterval, Range.ALL, Range.ALL);
    }

    public boolean isBounded() {
        return pollInterval == null;
    }

    /** This scan, of which nothing outside of some ranges is wanted. */
    public LogScan narrowed(Range zxids, Range times) {
        return new LogScan(start, pollInterval, this.zxids.and(zxids), this.times.and(times));
    }
}
