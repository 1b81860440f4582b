// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Content;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/**
 * How a {@link SubtreeFeed} looks at a tree.
 *
 * @param mayWatch whether to put a recursive watch on it
 * @param mayPoll whether to walk it over and over where it is not watched
 * @param pollInterval from the end of one such walk to the begin of the next
 * @param content what is read of each znode
 * @param proofInterval how often to prove with a {@code sync} that nothing was missed while nothing changes; zero for
 *     never
 * @param skipUnreadable whether znodes whose ACL denies the READ permission are passed over; else the feed fails
 */
@Internal
public record FeedSettings(
        boolean mayWatch,
        boolean mayPoll,
        Duration pollInterval,
        Content content,
        Duration proofInterval,
        boolean skipUnreadable) {

    /** Whether it is enough to know which znodes there are. */
    boolean keysOnly() {
        return content.isKeys();
    }
}
