// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import java.io.Serializable;
import java.time.Duration;

/**
 * How a {@link SubtreeFeed} looks at a tree.
 *
 * @param pollInterval from the end of one walk to the begin of the next, where changes are noticed by polling
 * @param keysOnly whether it is enough to know which znodes there are; then only children are listed, and a znode has
 *     neither data nor Stat
 * @param aliveInterval how often to prove with a {@code sync} that nothing was missed while nothing changes; zero for
 *     never
 */
public record FeedSettings(WatchMode watchMode, Duration pollInterval, boolean keysOnly, Duration aliveInterval)
        implements Serializable {

    /** A feed that reads everything and does as the server can. */
    public static final FeedSettings DEFAULT =
            new FeedSettings(WatchMode.AUTO, Duration.ofSeconds(30), false, Duration.ZERO);
}
