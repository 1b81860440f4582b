// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.FeedSettings;
import io.zkflink.subtree.SubtreeFeed;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.Reconciler;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/** The znodes below a root as one session sees them, from its opening to its failure. For the mirror's thread. */
final class FollowedSubtree implements AutoCloseable {

    private static final Duration SERVER_POLL = Duration.ofSeconds(5);
    private static final long NOTHING_SEEN = 0;

    private final ZNodeMirror.Key key;
    private final ZooKeeperClient client;
    private final SubtreeFeed feed;
    private final Reconciler reconciler = new Reconciler(false);
    private final Map<String, ZNode> znodes = new HashMap<>();

    private boolean isRead;
    private boolean isOutdated;

    FollowedSubtree(ZNodeMirror.Key key, Function<ConnectionSettings, ZooKeeperClient> open) {
        this.key = key;
        PathTemplate template = PathTemplate.parse(
                key.connection().base(), key.root() + "/{*path}", PathEncoding.NONE, column -> SegmentType.STRING);
        FeedSettings settings = new FeedSettings(true, true, SERVER_POLL, Content.DATA, Duration.ZERO, false);
        client = open.apply(key.connection());
        feed = new SubtreeFeed(client, template, path -> true, NOTHING_SEEN, settings);
    }

    ZooKeeperClient client() {
        return client;
    }

    void open() {
        feed.open();
    }

    /** What is known after the next changes, waited for so long; null if it is what was known before, or too little. */
    MirrorState poll(Duration longest) throws IOException, InterruptedException {
        List<FeedEvent> events = feed.poll(longest.toMillis());
        events.forEach(this::see);
        OptionalLong lost = feed.lostSince();
        boolean wasOutdated = isOutdated;
        isOutdated = lost.isPresent()
                && System.nanoTime() - lost.getAsLong() > key.maxStaleness().toNanos();
        return isRead && (!events.isEmpty() || isOutdated != wasOutdated)
                ? new MirrorState.Complete(client, Map.copyOf(znodes), isOutdated ? outdated() : null)
                : null;
    }

    private void see(FeedEvent event) {
        if (event instanceof Observation observation) {
            reconciler.observe(observation).ifPresent(this::apply);
        } else if (event instanceof WalkEnded ended) {
            reconciler.walkEnded(ended, this::apply);
            isRead = true;
        }
    }

    private void apply(Change change) {
        if (change instanceof Change.Created created) {
            znodes.put(change.path(), created.znode());
        } else if (change instanceof Change.Changed changed) {
            znodes.put(change.path(), changed.znode());
        } else if (change instanceof Change.Recreated recreated) {
            znodes.put(change.path(), recreated.znode());
        } else {
            znodes.remove(change.path());
        }
    }

    private String outdated() {
        return String.format(
                "What is known of '%s' is out of date: the connection to ZooKeeper at '%s' has been lost for more than"
                        + " %d ms. Check that the servers run and can be reached.",
                key.root(), key.connection().connectString(), key.maxStaleness().toMillis());
    }

    @Override
    public void close() {
        feed.close();
        client.close();
    }
}
