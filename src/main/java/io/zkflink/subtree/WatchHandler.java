// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import java.util.function.Predicate;

/**
 * Puts what the session tells of the tree and of the connection into a feed's inbox. Called by the session's event
 * thread; keeps nothing itself.
 */
final class WatchHandler implements WatchListener {

    private final PathTemplate template;
    private final Predicate<String> wanted;
    private final FeedInbox inbox;

    WatchHandler(PathTemplate template, Predicate<String> wanted, FeedInbox inbox) {
        this.template = template;
        this.wanted = wanted;
        this.inbox = inbox;
    }

    @Override
    public void established() {
        inbox.connected();
    }

    @Override
    public void changed(String path, long zxid) {
        boolean isRow = template.match(path) != null;
        if (isRow && wanted.test(path)) {
            inbox.changed(path, zxid);
        } else {
            inbox.passedOver(zxid, !isRow && template.isUnconvertible(path));
        }
    }

    @Override
    public void lost() {
        inbox.lost();
    }

    @Override
    public void failed(ZooKeeperException cause) {
        inbox.refused(cause);
    }
}
