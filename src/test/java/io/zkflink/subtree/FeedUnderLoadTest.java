// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Content;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.RoundEnded;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a feed tells, and when, while changes outrun whoever polls it. */
class FeedUnderLoadTest {

    private static final PathTemplate TEMPLATE =
            PathTemplate.parse("/r/{k}", PathEncoding.NONE, name -> SegmentType.STRING);

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final List<FeedEvent> seen = new ArrayList<>();
    private final Map<String, Long> read = new HashMap<>();
    private SubtreeFeed feed;

    private void open(boolean keysOnly, Duration proofInterval) {
        zk.create("/r", "");
        FeedSettings settings = new FeedSettings(
                true, false, Duration.ZERO, keysOnly ? Content.KEYS : Content.DATA, proofInterval, false);
        feed = new SubtreeFeed(zk, TEMPLATE, path -> true, 0, settings);
        feed.open();
    }

    @AfterEach
    void close() {
        if (feed != null) {
            feed.close();
        }
    }

    @Test
    void anObservationCarriesTheTimeAtWhichItsReadWasSent() throws Exception {
        open(false, Duration.ZERO);
        zk.create("/r/a", "1");
        settle();
        zk.holdReads();
        zk.delete("/r/a");
        poll();
        long sent = System.currentTimeMillis();
        awaitClockAfter(sent);
        zk.releaseReads();
        settle();
        Observation gone = last(Observation.class);
        assertThat(gone.znode()).isEmpty();
        assertThat(gone.sentMillis()).isLessThanOrEqualTo(sent);
    }

    @Test
    void theEndOfAWalkCarriesTheTimeOfItsBegin() throws Exception {
        zk.holdReads();
        open(false, Duration.ZERO);
        poll();
        long begun = System.currentTimeMillis();
        awaitClockAfter(begun);
        zk.releaseReads();
        settle();
        assertThat(last(WalkEnded.class).begunMillis()).isLessThanOrEqualTo(begun);
    }

    @Test
    void anAbsentZNodeCarriesTheTransactionThatDeletedIt() throws Exception {
        for (boolean keysOnly : new boolean[] {false, true}) {
            open(keysOnly, Duration.ZERO);
            settle();
            long created = zk.create("/r/a", "1");
            settle();
            assertThat(last(Observation.class).zxid()).isGreaterThanOrEqualTo(created);
            long deleted = zk.delete("/r/a");
            settle();
            assertThat(last(Observation.class).zxid()).isGreaterThanOrEqualTo(deleted);
            feed.close();
            zk.delete("/r");
        }
    }

    /** Before 3.9 no event says which transaction it is of; the answer to the read that finds nothing does. */
    @Test
    void anAbsentZNodeCarriesItsTransactionWhereEventsDoNot() throws Exception {
        zk.hideZxidsOfEvents();
        anAbsentZNodeCarriesTheTransactionThatDeletedIt();
    }

    @Test
    void aWalkEndsWhileChangesOutrunTheReads() throws Exception {
        open(false, Duration.ZERO);
        for (int i = 0; i < 5_000; i++) {
            zk.create("/r/" + i, "1");
        }
        feed.walkAgain(0);
        long walks = feed.statistics().walks();
        for (int round = 0; round < 40 && feed.statistics().walks() == walks; round++) {
            for (int i = 0; i < 2_500; i++) {
                zk.set("/r/" + (round * 2_500 + i) % 5_000, "2");
            }
            poll();
        }
        assertThat(feed.statistics().walks()).isGreaterThan(walks);
    }

    @Test
    void aWalkDoesNotBeginAnewAsOftenAsTooManyPathsAreReported() {
        FeedState state =
                new FeedState(new FeedSettings(true, false, Duration.ZERO, Content.DATA, Duration.ZERO, false), 0);
        state.begin();
        state.synced(1);
        assertThat(state.changed(tooMany())).isFalse();
        state.walkEnded(0);
        // What was dropped is not read, so that the table is not said to be complete before another walk has ended.
        assertThat(state.hasMissed()).isTrue();
        assertThat(state.clock().takeWalkDue()).isTrue();
        state.begin();
        state.synced(1);
        state.walkEnded(0);
        assertThat(state.hasMissed()).isFalse();
        assertThat(state.clock().takeWalkDue()).isFalse();
        assertThat(state.changed(tooMany())).isTrue();
    }

    private static Set<String> tooMany() {
        Set<String> paths = new LinkedHashSet<>();
        for (int i = 0; i <= FeedInbox.MAX_PATHS; i++) {
            paths.add("/r/" + i);
        }
        return paths;
    }

    @Test
    void marksAndProofsGoOnWhileChangesNeverCease() throws Exception {
        open(false, Duration.ofMillis(1));
        settle();
        seen.clear();
        long begun = System.currentTimeMillis();
        for (int i = 0; marks() < 3 || last(RoundEnded.class).provenMillis() <= begun; i++) {
            // Something is always under way.
            zk.set("/r", Integer.toString(i));
            for (int k = 0; k < 5; k++) {
                change("/r/" + k);
            }
            poll();
            assertThat(i).as("rounds without a mark that proves").isLessThan(20_000);
        }
        assertThat(seen).noneMatch(FeedEvent.UpToDate.class::isInstance);
    }

    private long marks() {
        return seen.stream().filter(RoundEnded.class::isInstance).count();
    }

    /** Whoever has seen a round end has seen all that had been reported when it began. */
    @Test
    void aRoundThatEndedHidesNothingFromBeforeItBegan() throws Exception {
        open(false, Duration.ZERO);
        settle();
        seen.clear();
        long newest = zk.zxid();
        long before = newest;
        int rounds = 0;
        for (int i = 0; i < 200; i++) {
            zk.holdReads();
            change("/r/" + i % 7);
            change("/r/" + i % 3);
            poll();
            change("/r/" + i % 5);
            zk.releaseReads();
            poll();
            for (FeedEvent event : seen) {
                if (event instanceof Observation observation) {
                    long told = observation.znode().orElseThrow().stat().mzxid();
                    assertThat(told).isGreaterThan(0);
                    newest = Math.max(newest, told);
                } else if (event instanceof RoundEnded) {
                    assertThat(unread(before)).isEmpty();
                    before = newest;
                    rounds++;
                }
            }
            seen.clear();
        }
        assertThat(rounds).isGreaterThan(20);
    }

    private List<String> unread(long until) {
        List<String> unread = new ArrayList<>();
        zk.tree("/r").keySet().forEach(path -> {
            long mzxid = zk.znode(path).orElseThrow().stat().mzxid();
            if (mzxid <= until && read.getOrDefault(path, 0L) < mzxid) {
                unread.add(path);
            }
        });
        return unread;
    }

    @Test
    void fewReadsAreSentUntilTheirSizeIsKnown() throws Exception {
        byte[] large = new byte[300_000];
        zk.create("/r", "");
        for (int i = 0; i < 400; i++) {
            zk.createRaw("/r/" + i, large);
        }
        assertThat(mostUnderWay()).isBetween(16, 64);
    }

    @Test
    void manyReadsAreSentOfSmallZNodes() throws Exception {
        zk.create("/r", "");
        for (int i = 0; i < 6_000; i++) {
            zk.create("/r/" + i, "1");
        }
        assertThat(mostUnderWay()).isBetween(1_000, 2_000);
    }

    /** Many small ones that were read after them do not make them small. */
    @Test
    void fewReadsAreSentOfZNodesThatAreKnownToBeLarge() throws Exception {
        String large = "x".repeat(300_000);
        open(false, Duration.ZERO);
        for (int i = 0; i < 300; i++) {
            zk.create("/r/" + i, large);
        }
        settle();
        for (int i = 0; i < 3_000; i++) {
            zk.create("/r/small" + i, "1");
        }
        settle();
        zk.holdReads();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 300; i++) {
                zk.set("/r/" + i, large);
            }
            zk.set("/r/small0", "1");
            int most = 0;
            for (int answered = 0; answered < 301; ) {
                poll();
                most = Math.max(most, zk.held().size());
                zk.answerNext();
                answered++;
            }
            assertThat(most).as("16 MB").isBetween(16, 60);
        }
    }

    private int mostUnderWay() throws Exception {
        zk.holdReads();
        FeedSettings settings = new FeedSettings(true, false, Duration.ZERO, Content.DATA, Duration.ZERO, false);
        feed = new SubtreeFeed(zk, TEMPLATE, path -> true, 0, settings);
        feed.open();
        int most = 0;
        for (boolean ended = false; !ended; ) {
            poll();
            int held = zk.held().size();
            most = Math.max(most, held);
            for (int i = 0; i < held; i++) {
                zk.answerNext();
            }
            ended = seen.stream().anyMatch(WalkEnded.class::isInstance);
            seen.clear();
        }
        return most;
    }

    private void change(String path) {
        if (zk.znode(path).isPresent()) {
            zk.set(path, "2");
        } else {
            zk.create(path, "1");
        }
    }

    private void poll() throws Exception {
        for (FeedEvent event : feed.poll(0)) {
            seen.add(event);
            if (event instanceof Observation observation) {
                observation
                        .znode()
                        .ifPresent(found -> read.put(found.path(), found.stat().mzxid()));
            }
        }
    }

    private void settle() throws Exception {
        for (int idle = 0; idle < 3; ) {
            int before = seen.size();
            poll();
            idle = seen.size() == before ? idle + 1 : 0;
        }
    }

    private <T extends FeedEvent> T last(Class<T> kind) {
        return seen.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .reduce((a, b) -> b)
                .orElseThrow();
    }

    private static void awaitClockAfter(long millis) {
        Await.until("the clock goes on", () -> System.currentTimeMillis() > millis);
    }
}
