// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.time.Duration;

/**
 * How a {@link SubtreeFeed} looks at a tree.
 *
 * @param mayWatch whether to put a recursive watch on it
 * @param mayPoll whether to walk it over and over where it is not watched
 * @param pollInterval from the end of one such walk to the begin of the next
 * @param keysOnly whether it is enough to know which znodes there are; then only children are listed, and a znode has
 *     neither data nor Stat
 * @param proofInterval how often to prove with a {@code sync} that nothing was missed while nothing changes; zero for
 *     never
 * @param skipUnreadable whether znodes whose ACL denies the READ permission are passed over; else the feed fails
 */
public record FeedSettings(
        boolean mayWatch,
        boolean mayPoll,
        Duration pollInterval,
        boolean keysOnly,
        Duration proofInterval,
        boolean skipUnreadable) {}
