// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Content;
import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each change of a feed's phase, by each message in each phase; no answer comes before the test says so. */
class FeedPhasesTest {

    private static final String SYNC = "sync /";
    private static final String LIST = "children /r";
    private static final String READ = "read /r/a";

    private final FakeZooKeeper zk = new FakeZooKeeper();
    /** Whom the session tells of events. */
    private WatchListener listener;

    private SubtreeFeed feed;

    @BeforeEach
    void create() {
        zk.create("/r/a", "1");
        zk.holdReads();
        feed = feed(Duration.ZERO);
    }

    private SubtreeFeed feed(Duration proofInterval) {
        ZooKeeperClient client = (ZooKeeperClient) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ZooKeeperClient.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("watch")) {
                        listener = (WatchListener) arguments[1];
                    }
                    return method.invoke(zk, arguments);
                });
        return new SubtreeFeed(
                client,
                PathTemplate.parse("/r/{k}", PathEncoding.NONE, name -> SegmentType.STRING),
                path -> true,
                0,
                new FeedSettings(true, false, Duration.ZERO, Content.DATA, proofInterval, false));
    }

    @AfterEach
    void close() {
        feed.close();
        assertThat(zk.held()).isEmpty();
    }

    // ---- The straight way.

    @Test
    void withoutAConnectionNothingIsAskedFor() throws Exception {
        zk.lose();
        feed.open();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).isEmpty();
        assertThat(feed.lostSince()).isEmpty();
        zk.reconnect();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    @Test
    void fromTheSyncToTheEndOfTheWalk() throws Exception {
        feed.open();
        assertThat(poll()).isEmpty();
        answer(SYNC);
        assertThat(poll()).containsExactly("WalkBegun 1");
        answer(LIST);
        assertThat(poll()).isEmpty();
        answer(READ);
        assertThat(poll()).containsExactly("Observation /r/a", "WalkEnded 1", "UpToDate 1");
        assertThat(zk.held()).isEmpty();
    }

    // ---- Lost, in each phase.

    @Test
    void lostBeforeTheSyncIsAnswered() throws Exception {
        syncing();
        zk.lose();
        assertThat(poll()).isEmpty();
        assertThat(feed.lostSince()).isPresent();
        zk.reconnect();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    @Test
    void lostInAWalk() throws Exception {
        walking();
        zk.lose();
        assertThat(poll()).isEmpty();
        assertThat(feed.lostSince()).isPresent();
        assertThat(feed.statistics().pending()).isZero();
        zk.reconnect();
        poll();
        answer(SYNC);
        assertThat(poll()).containsExactly("WalkBegun 2");
        assertThat(feed.lostSince()).isPresent();
        answer(LIST);
        poll();
        answer(READ);
        assertThat(poll()).containsExactly("Observation /r/a", "WalkEnded 2", "UpToDate 2");
        assertThat(feed.lostSince()).isEmpty();
    }

    @Test
    void lostWhileEventsAreFollowed() throws Exception {
        following();
        zk.set("/r/a", "2");
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(READ);
        zk.lose();
        assertThat(poll()).isEmpty();
        zk.reconnect();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    @Test
    void aReadThatWasAnsweredBeforeTheLossIsNotBelievedAfterIt() throws Exception {
        walking();
        answer(LIST);
        poll();
        answer(READ);
        zk.lose();
        zk.reconnect();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    @Test
    void anEventFromBeforeTheLossProvesNothingAfterIt() throws Exception {
        feed.close();
        feed = feed(Duration.ofMillis(1));
        following();
        Await.until("a proof is asked for", () -> {
            poll();
            return zk.held().contains(SYNC);
        });
        zk.set("/r/a", "2");
        answer(SYNC);
        zk.lose();
        assertThat(poll()).isEmpty();
    }

    // ---- Connected, in each phase.

    @Test
    void connectedAgainBeforeAnybodyPolls() throws Exception {
        feed.open();
        zk.lose();
        zk.reconnect();
        zk.expire();
        zk.reconnect();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    @Test
    void connectedAgainInEachPhase() throws Exception {
        syncing();
        listener.established();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
        answer(SYNC);
        assertThat(poll()).containsExactly("WalkBegun 2");
        listener.established();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
        zk.answerNext();
        finishWalk(3);
        listener.established();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    // ---- Another walk is wanted, in each phase.

    @Test
    void anotherWalkIsWanted() throws Exception {
        zk.lose();
        feed.open();
        feed.walkAgain(0);
        assertThat(zk.held()).isEmpty();
        zk.reconnect();
        poll();
        feed.walkAgain(0);
        assertThat(zk.held()).containsExactly(SYNC);
        answer(SYNC);
        assertThat(poll()).containsExactly("WalkBegun 2");
        feed.walkAgain(0);
        assertThat(zk.held()).containsExactly(SYNC);
        zk.answerNext();
        finishWalk(3);
        feed.walkAgain(0);
        assertThat(zk.held()).containsExactly(SYNC);
    }

    @Test
    void anotherWalkOfAReaderThatHasSeenMore() throws Exception {
        following();
        feed.walkAgain(1_000);
        answer(SYNC);
        assertThatThrownBy(this::poll).hasMessageContaining("has already seen 0x3e8");
        assertThatThrownBy(this::poll).as("again").hasMessageContaining("has already seen 0x3e8");
    }

    // ---- Events, in each phase.

    @Test
    void eventsWhileTheSyncIsWaitedFor() throws Exception {
        syncing();
        zk.create("/r/b", "1");
        answer(SYNC);
        assertThat(poll()).containsExactly("WalkBegun 1");
        assertThat(zk.held()).containsExactly("read /r/b", LIST);
    }

    /** The sync was sent before the transaction of such an event: it need not include it. */
    @Test
    void anEventBehindTheSyncDoesNotMakeTheEnsembleOneThatIsBehind() throws Exception {
        syncing();
        answer(SYNC);
        zk.create("/r/b", "1");
        assertThat(poll()).containsExactly("WalkBegun 1");
    }

    @Test
    void eventsInAWalk() throws Exception {
        walking();
        zk.create("/r/b", "1");
        zk.set("/r/b", "2");
        poll();
        assertThat(zk.held()).containsExactly(LIST, "read /r/b");
        answer(LIST);
        answer("read /r/b");
        assertThat(poll()).containsExactly("Observation /r/b");
        zk.answerAll();
        assertThat(poll()).containsExactly("Observation /r/a", "Observation /r/b", "WalkEnded 1", "UpToDate 1");
    }

    @Test
    void eventsThatAreFollowed() throws Exception {
        following();
        zk.set("/r/a", "2");
        zk.set("/r/a", "3");
        assertThat(poll()).isEmpty();
        answer(READ);
        zk.set("/r/a", "4");
        assertThat(poll()).containsExactly("Observation /r/a", "RoundEnded 1");
        answer(READ);
        assertThat(poll()).containsExactly("Observation /r/a", "UpToDate 1");
    }

    @Test
    void tooManyEventsWhileTheyAreFollowedBeginAWalk() throws Exception {
        following();
        tellTooMany();
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
        zk.answerNext();
        finishWalk(2);
    }

    @Test
    void tooManyEventsInAWalkHaveAnotherOneFollow() throws Exception {
        walking();
        tellTooMany();
        assertThat(poll()).isEmpty();
        answer(LIST);
        assertThat(poll()).isEmpty();
        answer(READ);
        // What was dropped has not been read, so nobody is told that all was.
        assertThat(poll()).containsExactly("Observation /r/a", "WalkEnded 1");
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).containsExactly(SYNC);
        zk.answerNext();
        finishWalk(2);
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).isEmpty();
    }

    @Test
    void tooManyEventsBeforeTheWalkReads() throws Exception {
        syncing();
        tellTooMany();
        assertThat(poll()).isEmpty();
        zk.answerNext();
        finishWalk(1);
        assertThat(poll()).isEmpty();
        assertThat(zk.held()).isEmpty();
    }

    private void tellTooMany() {
        for (int i = 0; i <= FeedInbox.MAX_PATHS; i++) {
            listener.changed("/r/" + i, 1);
        }
    }

    // ---- The end.

    @Test
    void aWatchThatIsRefusedEndsAll() throws Exception {
        syncing();
        listener.failed(new ZooKeeperException(Failure.AUTHENTICATION_FAILED, "no"));
        listener.failed(new ZooKeeperException(Failure.CLOSED, "later"));
        assertThatThrownBy(this::poll).hasMessage("no");
        assertThatThrownBy(this::poll).hasMessage("no");
    }

    @Test
    void aReadThatFailsForGoodEndsAll() throws Exception {
        walking();
        zk.failReads("/r", Failure.OTHER);
        answer(LIST);
        assertThatThrownBy(this::poll).hasMessageContaining("'/r'");
    }

    @Test
    void afterTheEndNothingIsAskedFor() throws Exception {
        walking();
        feed.close();
        assertThat(zk.held()).isEmpty();
        listener.established();
        assertThat(poll()).isEmpty();
        feed.walkAgain(0);
        assertThat(zk.held()).isEmpty();
    }

    private void syncing() throws Exception {
        feed.open();
        poll();
        assertThat(zk.held()).containsExactly(SYNC);
    }

    private void walking() throws Exception {
        syncing();
        answer(SYNC);
        assertThat(poll()).containsExactly("WalkBegun 1");
        assertThat(zk.held()).containsExactly(LIST);
    }

    private void following() throws Exception {
        syncing();
        zk.answerNext();
        finishWalk(1);
    }

    /** Answers the reads of a walk whose sync was answered. */
    private void finishWalk(int number) throws Exception {
        assertThat(poll()).containsExactly("WalkBegun " + number);
        answer(LIST);
        assertThat(poll()).isEmpty();
        answer(READ);
        assertThat(poll()).containsExactly("Observation /r/a", "WalkEnded " + number, "UpToDate " + number);
    }

    private void answer(String expected) {
        assertThat(zk.answerNext()).isEqualTo(expected);
    }

    private List<String> poll() throws Exception {
        return feed.poll(0).stream().map(FeedPhasesTest::describe).toList();
    }

    private static String describe(FeedEvent event) {
        String kind = event.getClass().getSimpleName();
        if (event instanceof Observation observation) {
            return kind + " " + observation.path();
        }
        return kind + " " + event.walk();
    }
}
