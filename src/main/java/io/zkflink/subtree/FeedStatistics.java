// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import org.apache.flink.annotation.Internal;

/**
 * What a {@link SubtreeFeed} has done so far.
 *
 * @param events of rows of its reader
 * @param conflated events that were dropped because a read of their path was still to be made
 * @param walks that were completed
 * @param lastWalkMillis how long the last one took, from its begin to its end
 * @param skipped names that a walk or an event found where the template wants a value of another type
 * @param unreadable znodes whose ACL denied a read, each time that was met
 * @param pending reads that are to be made or under way
 * @param newestZxid the highest zxid seen
 */
@Internal
public record FeedStatistics(
        long events,
        long conflated,
        long walks,
        long lastWalkMillis,
        long skipped,
        long unreadable,
        long pending,
        long newestZxid) {

    public static final FeedStatistics NOTHING = new FeedStatistics(0, 0, 0, 0, 0, 0, 0, 0);

    FeedStatistics plus(FeedInbox.Counts inbox) {
        return new FeedStatistics(
                events + inbox.events(),
                conflated + inbox.conflated(),
                walks,
                lastWalkMillis,
                skipped + inbox.unconvertible(),
                unreadable,
                pending + inbox.waiting(),
                Math.max(newestZxid, inbox.newestZxid()));
    }
}
