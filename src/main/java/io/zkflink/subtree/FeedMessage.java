// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZooKeeperException;
import java.util.LinkedHashSet;

/** What the session's event thread tells the thread that polls a {@link SubtreeFeed}, by its {@link FeedInbox}. */
sealed interface FeedMessage
        permits FeedMessage.Lost,
                FeedMessage.Connected,
                FeedMessage.Refused,
                FeedMessage.TooManyChanged,
                FeedMessage.Changed,
                OutstandingReads.Answered {

    /**
     * The connection is lost: what changes from now on goes unreported.
     *
     * @param nanos when, as of {@link System#nanoTime}
     */
    record Lost(long nanos) implements FeedMessage {}

    /** The watch is in place: what changes from now on is reported. */
    record Connected() implements FeedMessage {}

    /** The watch cannot be put in place. */
    record Refused(ZooKeeperException cause) implements FeedMessage {}

    /** Events named more paths than are kept, and these have been forgotten. */
    record TooManyChanged() implements FeedMessage {}

    /**
     * Events named paths of the reader's rows.
     *
     * @param paths each once, in the order of their first events; for the receiver to keep
     */
    record Changed(LinkedHashSet<String> paths) implements FeedMessage {}
}
