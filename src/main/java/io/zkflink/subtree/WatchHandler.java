// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of the tree and of the connection, and begins walks: on every (re)connect, and when told to. Falls back to
 * polling where the server has no recursive watches. The listener's methods run on the session's event thread and only
 * note what they hear; all others may be called by any thread.
 */
final class WatchHandler implements WatchListener {

    private static final Logger LOG = LoggerFactory.getLogger(WatchHandler.class);

    private final ZooKeeperClient client;
    private final PathTemplate template;
    private final Predicate<String> wanted;
    private final FeedSettings settings;
    private final FeedState state;
    private final SharedLists.Member lists;

    // Guarded by this.
    private ZooKeeperClient.Watch watch;
    private boolean closed;

    WatchHandler(
            ZooKeeperClient client,
            PathTemplate template,
            Predicate<String> wanted,
            FeedSettings settings,
            FeedState state,
            SharedLists.Member lists) {
        this.client = client;
        this.template = template;
        this.wanted = wanted;
        this.settings = settings;
        this.state = state;
        this.lists = lists;
    }

    /** Asks to be told of the connection, and of changes too unless they are polled for. */
    void follow(boolean byPolling) {
        synchronized (this) {
            state.poll(byPolling);
        }
        ZooKeeperClient.Watch next = byPolling ? client.listen(this) : client.watch(template.root(), this);
        ZooKeeperClient.Watch superfluous;
        synchronized (this) {
            // The event thread may have gone over to polling while the first watch was being asked for.
            boolean outdated = closed || state.isPolling() != byPolling;
            superfluous = outdated ? next : watch;
            watch = outdated ? watch : next;
        }
        if (superfluous != null) {
            superfluous.close();
        }
    }

    void close() {
        ZooKeeperClient.Watch last;
        synchronized (this) {
            closed = true;
            last = watch;
        }
        if (last != null) {
            last.close();
        }
        state.abandon();
        lists.close();
    }

    /** Begins a walk, unless this is closed. */
    void walk() {
        int begun;
        synchronized (this) {
            if (closed) {
                return;
            }
            begun = state.begin();
            // Only now: what changes after a list that is believed must not be among the reports that were just
            // forgotten.
            lists.begun();
        }
        client.sync()
                .whenComplete((zxid, error) ->
                        state.synced(begun, zxid, error == null ? null : ZooKeeperException.wrap(error)));
    }

    @Override
    public void established() {
        walk();
    }

    @Override
    public void changed(String path, long zxid) {
        boolean isRow = template.match(path) != null;
        boolean isMine = isRow && wanted.test(path);
        boolean tooMany = state.changed(path, zxid, isRow, isMine);
        if (tooMany) {
            // Nobody keeps up; a walk covers them all and remembers none.
            walk();
        }
    }

    @Override
    public void lost() {
        state.lost();
        lists.ended();
    }

    @Override
    public void failed(ZooKeeperException cause) {
        boolean unable = cause.failure() == Failure.UNSUPPORTED && settings.mayPoll();
        if (unable) {
            LOG.debug(
                    "The server has no recursive watches; '{}' is polled every {} ms.",
                    template,
                    settings.pollInterval().toMillis());
            follow(true);
        } else {
            state.requests().fail(cause);
        }
    }
}
