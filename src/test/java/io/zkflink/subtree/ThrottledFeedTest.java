// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Content;
import io.zkflink.client.ZNode;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.UpToDate;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that refuses requests while the connection lives: each is sent again until it is answered. */
class ThrottledFeedTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final SortedMap<String, String> table = new TreeMap<>();
    private final Reconciler reconciler = new Reconciler(false);

    @ParameterizedTest
    @CsvSource({"watch, DATA", "watch, STAT", "watch, KEYS", "poll, DATA", "poll, STAT", "poll, KEYS"})
    void everyRequestIsSentAgainUntilItIsAnswered(String mode, Content content) throws Exception {
        zk.create("/r", "");
        for (int i = 0; i < 20; i++) {
            zk.create("/r/" + i, "");
            zk.create("/r/" + i + "/x", "1");
        }
        Set<String> before = new HashSet<>();
        // Each for the first time, and some of the reads again and again.
        Random random = new Random(1);
        zk.throttle(request -> before.add(request) || (!request.startsWith("sync") && random.nextBoolean()));
        try (SubtreeFeed feed = feed(mode.equals("watch"), content, Duration.ZERO)) {
            feed.open();
            follow(feed, content);
            zk.set("/r/1/x", "2");
            zk.create("/r/2/y", "3");
            zk.delete("/r/3/x");
            before.removeIf(request -> !request.startsWith("sync"));
            follow(feed, content);
        }
    }

    @Test
    void proofThatIsThrottledIsMadeTheNextTime() throws Exception {
        zk.create("/r", "");
        try (SubtreeFeed feed = feed(true, Content.DATA, Duration.ofMillis(1))) {
            feed.open();
            long first = awaitProof(feed, 0);
            List<String> refused = new ArrayList<>();
            zk.throttle(request -> refused.size() < 3 && refused.add(request));
            assertThat(awaitProof(feed, System.currentTimeMillis() + 1)).isGreaterThan(first);
            assertThat(refused).containsOnly("sync /").hasSize(3);
        }
    }

    private SubtreeFeed feed(boolean watch, Content content, Duration proofs) {
        PathTemplate template = PathTemplate.parse("/r/{*k}", PathEncoding.NONE, name -> SegmentType.STRING);
        FeedSettings settings = new FeedSettings(watch, !watch, Duration.ofMillis(1), content, proofs, false);
        return new SubtreeFeed(zk, template, path -> true, 0, settings);
    }

    private void follow(SubtreeFeed feed, Content content) {
        SortedMap<String, String> tree = zk.tree("/r");
        if (content != Content.DATA) {
            tree.replaceAll((path, data) -> "");
        }
        Await.until("the table is the tree", () -> {
            feed.poll(1).forEach(this::apply);
            return table.equals(tree);
        });
    }

    private static long awaitProof(SubtreeFeed feed, long since) {
        long[] proven = new long[1];
        Await.until("it is proven that nothing is missed", () -> {
            for (FeedEvent event : feed.poll(1)) {
                proven[0] = event instanceof UpToDate mark ? mark.provenMillis() : proven[0];
            }
            return proven[0] >= Math.max(1, since);
        });
        return proven[0];
    }

    private void apply(FeedEvent event) {
        if (event instanceof Observation observation) {
            reconciler.observe(observation).ifPresent(this::apply);
        } else if (event instanceof WalkEnded ended) {
            reconciler.walkEnded(ended, this::apply);
        }
    }

    private void apply(Change change) {
        if (change instanceof Change.Deleted) {
            table.remove(change.path());
        } else if (change instanceof Change.Created created) {
            put(created.znode());
        } else if (change instanceof Change.Changed changed) {
            put(changed.znode());
        } else {
            put(((Change.Recreated) change).znode());
        }
    }

    private void put(ZNode znode) {
        table.put(znode.path(), new String(znode.data(), StandardCharsets.UTF_8));
    }
}
