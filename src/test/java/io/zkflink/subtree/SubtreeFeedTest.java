// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Content;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The traps that a watched tree sets, each step decided by the test. */
class SubtreeFeedTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final Reconciler reconciler = new Reconciler(false);
    private final Map<String, String> table = new TreeMap<>();
    private final List<String> changes = new ArrayList<>();

    private SubtreeFeed feed = feed("/r/{*k}", 0);

    private SubtreeFeed feed(String template, long newestZxid) {
        return feed(template(template), newestZxid, settings(true, true, false));
    }

    private SubtreeFeed feed(PathTemplate template, long newestZxid, FeedSettings settings) {
        return new SubtreeFeed(zk, template, path -> true, newestZxid, settings);
    }

    private static PathTemplate template(String text) {
        return PathTemplate.parse(text, PathEncoding.NONE, name -> SegmentType.STRING);
    }

    private static FeedSettings settings(boolean mayWatch, boolean mayPoll, boolean keysOnly) {
        return new FeedSettings(
                mayWatch, mayPoll, Duration.ofMillis(1), keysOnly ? Content.KEYS : Content.DATA, Duration.ZERO, false);
    }

    @AfterEach
    void close() {
        feed.close();
        assertThat(zk.watchCount()).isZero();
    }

    @Test
    void aSnapshotThenChanges() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.create("/r/a/b", "2");
        feed.open();
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "1", "/r/a/b", "2"));
        changes.clear();
        zk.set("/r/a", "3");
        zk.delete("/r/a/b");
        zk.create("/r/c", "4");
        settle();
        assertThat(changes).containsExactly("Changed /r/a", "Deleted /r/a/b", "Created /r/c");
    }

    @Test
    void aZNodeRecreatedAtTheSameVersionWithANewChildWhileTheConnectionIsCut() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.create("/r/a/x", "old");
        feed.open();
        settle();
        changes.clear();
        zk.lose();
        zk.deleteTree("/r/a");
        zk.create("/r/a", "1");
        zk.create("/r/a/y", "new");
        zk.reconnect();
        settle();
        assertThat(changes).containsExactlyInAnyOrder("Recreated /r/a", "Created /r/a/y", "Deleted /r/a/x");
        assertThat(table).isEqualTo(zkTable());
    }

    @Test
    void eventsThatArriveWhileTheWalkRuns() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.create("/r/b", "1");
        zk.holdReads();
        feed.open();
        pollOnce();
        zk.answerNext(); // the sync
        pollOnce();
        zk.answerNext(); // the list of /r, with a and b
        pollOnce();
        zk.create("/r/c", "1"); // never listed in this walk
        zk.set("/r/a", "2");
        zk.delete("/r/b");
        zk.create("/r/b", "2"); // listed, and another one when it is read
        zk.releaseReads();
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "2", "/r/b", "2", "/r/c", "1"));
    }

    @Test
    void aChildListThatChangesBetweenListingAndReading() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.create("/r/a/x", "1");
        zk.holdReads();
        feed.open();
        for (int i = 0; i < 3; i++) {
            pollOnce();
            zk.answerNext(); // the sync, the list of /r, the data of /r/a
        }
        pollOnce();
        zk.deleteTree("/r/a"); // its list is asked for and no longer there
        zk.releaseReads();
        settle();
        assertThat(table).isEmpty();
    }

    @Test
    void aWalkThatIsCutInTheMiddleStartsOverAndDeletesNothing() throws Exception {
        zk.create("/r", "");
        for (int i = 0; i < 10; i++) {
            zk.create("/r/" + i, "1");
        }
        feed.open();
        settle();
        changes.clear();
        zk.lose();
        zk.holdReads();
        zk.reconnect();
        for (int i = 0; i < 5; i++) {
            pollOnce();
            zk.answerNext();
        }
        pollOnce();
        zk.lose();
        zk.delete("/r/3");
        zk.reconnect();
        zk.releaseReads();
        settle();
        assertThat(changes).containsExactly("Deleted /r/3");
        assertThat(table).isEqualTo(zkTable());
    }

    @Test
    void twoExpiriesInARow() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        feed.open();
        settle();
        zk.expire();
        zk.set("/r/a", "2");
        zk.reconnect();
        pollOnce();
        zk.expire();
        zk.delete("/r/a");
        zk.create("/r/b", "1");
        zk.reconnect();
        settle();
        assertThat(table).isEqualTo(Map.of("/r/b", "1"));
    }

    @Test
    void aRestoredReaderNeverAcceptsAnOlderTree() {
        zk.create("/r", "");
        feed = feed("/r/{*k}", 0x500);
        zk.setZxid(0x42);
        feed.open();
        assertThatThrownBy(this::settle)
                .isInstanceOfSatisfying(
                        ZooKeeperException.class, e -> assertThat(e.failure()).isEqualTo(Failure.ENSEMBLE_BEHIND))
                .hasMessage("The ZooKeeper ensemble is behind this reader of '/r/{*k}': its newest zxid after a sync is"
                        + " 0x42, but the reader has already seen 0x500. The ensemble was rebuilt or restored from an"
                        + " older backup, or 'connect-string' names another one. Start the job without its state to"
                        + " read the tree anew.");
    }

    @Test
    void aReconnectToAnEnsembleThatWasRebuiltIsRefused() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        feed.open();
        settle();
        zk.expire();
        zk.setZxid(1);
        zk.reconnect();
        assertThatThrownBy(this::settle).hasMessageContaining("is behind this reader");
    }

    @Test
    void changesThatNobodyPollsForAreConflatedByPath() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "0");
        feed.open();
        settle();
        int before = zk.answered().size();
        for (int i = 1; i <= 1000; i++) {
            zk.set("/r/a", Integer.toString(i));
        }
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "1000"));
        assertThat(zk.answered().size() - before).isEqualTo(1);
    }

    @Test
    void readsUnderWayAreBounded() throws Exception {
        zk.create("/r", "");
        for (int i = 0; i < 5_000; i++) {
            zk.create("/r/" + i, "1");
        }
        zk.holdReads();
        feed.open();
        for (int i = 0; i < 2; i++) {
            pollOnce();
            zk.answerNext();
        }
        pollOnce();
        pollOnce();
        assertThat(zk.held()).hasSizeLessThanOrEqualTo(2_000);
        zk.releaseReads();
        settle();
        assertThat(table).hasSize(5_000);
    }

    @Test
    void aWalkThatIsAbandonedTakesItsUnsentReadsBack() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.create("/r/b", "1");
        zk.holdReads();
        feed.open();
        for (int i = 0; i < 2; i++) {
            pollOnce();
            zk.answerNext(); // the sync, the list of /r
        }
        pollOnce();
        assertThat(zk.held()).containsExactlyInAnyOrder("read /r/a", "read /r/b");
        feed.walkAgain(0);
        assertThat(zk.held()).containsExactly("sync /");
        assertThat(feed.statistics().pending()).isZero();
        zk.releaseReads();
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "1", "/r/b", "1"));
    }

    @Test
    void aDenialFailsAndNamesThePath() {
        zk.create("/r", "");
        zk.create("/r/secret", "1");
        zk.failReads("/r/secret", Failure.NO_PERMISSION);
        feed.open();
        assertThatThrownBy(this::settle).hasMessageContaining("/r/secret");
    }

    private static FeedSettings skipping(boolean keysOnly) {
        return new FeedSettings(
                true, false, Duration.ofMillis(1), keysOnly ? Content.KEYS : Content.DATA, Duration.ZERO, true);
    }

    @Test
    void whatIsDeniedIsNoRowNorIsWhatIsBelowIt() throws Exception {
        feed = feed(template("/r/{*k}"), 0, skipping(false));
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.create("/r/secret", "1");
        zk.create("/r/secret/x", "1");
        zk.failReads("/r/secret", Failure.NO_PERMISSION);
        feed.open();
        settle();
        zk.set("/r/secret/x", "2"); // is told, and could be read, but a walk would not find it
        zk.create("/r/b", "1");
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "1", "/r/b", "1"));
        assertThat(feed.statistics().unreadable()).isEqualTo(2);

        zk.healReads("/r/secret");
        zk.set("/r/secret/x", "3");
        while (!table.containsKey("/r/secret/x")) {
            pollOnce();
        }
        settle();
        assertThat(table).isEqualTo(zkTable());

        zk.failReads("/r/secret", Failure.NO_PERMISSION);
        zk.lose();
        zk.reconnect();
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "1", "/r/b", "1"));
        assertThat(changes).endsWith("Deleted /r/secret/x");
    }

    @Test
    void aRowFoundByAnEventBeforeItsParentIsDeniedGoesAgain() throws Exception {
        feed = feed(template("/r/{j}/{k}"), 0, skipping(false));
        zk.create("/r", "");
        zk.create("/r/secret", "");
        zk.create("/r/secret/x", "1");
        zk.failReads("/r/secret", Failure.NO_PERMISSION);
        zk.holdReads();
        feed.open();
        pollOnce();
        zk.answerNext(); // the sync
        pollOnce();
        zk.set("/r/secret/x", "2");
        pollOnce();
        zk.releaseReads();
        while (feed.statistics().walks() < 2) {
            pollOnce();
        }
        settle();
        assertThat(changes).containsExactly("Created /r/secret/x", "Deleted /r/secret/x");
    }

    @Test
    void keysNeedNoPermission() throws Exception {
        feed = feed(template("/r/{k}"), 0, skipping(true));
        zk.create("/r", "");
        zk.create("/r/secret", "1");
        zk.failReads("/r/secret", Failure.NO_PERMISSION);
        feed.open();
        settle();
        zk.set("/r/secret", "2");
        settle();
        assertThat(table).containsOnlyKeys("/r/secret");
        assertThat(feed.statistics().unreadable()).isZero();
    }

    @Test
    void theRootMustBeReadable() {
        feed = feed(template("/r/{k}"), 0, skipping(false));
        zk.create("/r", "");
        zk.failReads("/r", Failure.NO_PERMISSION);
        feed.open();
        assertThatThrownBy(this::settle).hasMessageContaining("'/r'");
    }

    @Test
    void aPassingFailureOfOneReadLosesNothing() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.failReads("/r/a", Failure.CONNECTION_LOST);
        feed.open();
        pollOnce();
        pollOnce();
        zk.healReads("/r/a");
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a", "1"));
    }

    @Test
    void anOlderObservationIsIgnored() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        ZNode old = zk.znode("/r/a").orElseThrow();
        zk.set("/r/a", "2");
        feed.open();
        settle();
        changes.clear();
        apply(new Observation("/r/a", Optional.of(old), 1, 0, 0));
        assertThat(changes).isEmpty();
    }

    @Test
    void aFilterNarrowsTheReads() throws Exception {
        for (String path : List.of("/r", "/r/a", "/r/a/x", "/r/a/y", "/r/b", "/r/b/x", "/r/c", "/r/c/x")) {
            zk.create(path, "1");
        }
        PathTemplate narrow = template("/r/{s}/{t}")
                .restrict(Map.of("s", List.of("a", "b", "none", ""), "t", List.of("x", "..", "a/b")));
        feed = feed(narrow, 0, settings(true, true, false));
        feed.open();
        settle();
        assertThat(table.keySet()).containsExactly("/r/a/x", "/r/b/x");
        assertThat(zk.answered()).noneMatch(read -> read.contains("/r/c") || read.contains("/r/a/y"));
        zk.set("/r/a/x", "2");
        zk.set("/r/a/y", "2");
        settle();
        assertThat(table).isEqualTo(Map.of("/r/a/x", "2", "/r/b/x", "1"));
        assertThat(template("/r/{s}/{t}").restrict(Map.of("s", List.of("a"))).root())
                .isEqualTo("/r/a");
    }

    @Test
    void whereKeysAreEnoughOnlyChildrenAreListed() throws Exception {
        for (String path : List.of("/r", "/r/a", "/r/a/x", "/r/b")) {
            zk.create(path, "1");
        }
        feed = feed(template("/r/{*k}"), 0, settings(true, false, true));
        feed.open();
        settle();
        assertThat(table.keySet()).containsExactly("/r/a", "/r/a/x", "/r/b");
        changes.clear();
        zk.set("/r/b", "2");
        zk.create("/r/c", "");
        zk.delete("/r/a/x");
        settle();
        assertThat(changes).containsExactly("Created /r/c", "Deleted /r/a/x");
        assertThat(zk.answered()).noneMatch(read -> read.startsWith("read"));
    }

    @Test
    void whatAListSaysIsNotBelievedOfAZNodeThatChangedSince() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        feed = feed(template("/r/{k}"), 0, settings(true, false, true));
        zk.holdReads();
        feed.open();
        pollOnce();
        zk.answerNext(); // the sync
        pollOnce();
        zk.answerNext(); // the list of /r, with a
        zk.delete("/r/a");
        zk.releaseReads();
        settle();
        assertThat(table).isEmpty();
    }

    @Test
    void aServerWithoutRecursiveWatchesIsPolled() throws Exception {
        zk.create("/r", "");
        zk.create("/r/a", "1");
        zk.failWatch("/r", Failure.UNSUPPORTED);
        feed = feed(template("/r/{k}"), 0, settings(true, true, false));
        feed.open();
        settle();
        zk.set("/r/a", "2");
        Await.until("the change is polled", () -> {
            pollOnce();
            return table.equals(Map.of("/r/a", "2"));
        });
        zk.lose();
        zk.delete("/r/a");
        zk.reconnect();
        Await.until("the deletion is polled", () -> {
            pollOnce();
            return table.isEmpty();
        });
    }

    @Test
    void aServerWithoutRecursiveWatchesIsRefusedIfTheyAreAskedFor() {
        zk.failWatch("/r", Failure.UNSUPPORTED);
        feed = feed(template("/r/{k}"), 0, settings(true, false, false));
        feed.open();
        assertThatThrownBy(this::settle).isInstanceOfSatisfying(ZooKeeperException.class, e -> assertThat(e.failure())
                .isEqualTo(Failure.UNSUPPORTED));
    }

    @Test
    void betweenTwoPollsNothingIsProven() throws Exception {
        zk.create("/r", "");
        feed = feed(
                template("/r/{k}"),
                0,
                new FeedSettings(false, true, Duration.ofHours(1), Content.DATA, Duration.ofMillis(1), false));
        long before = System.currentTimeMillis();
        feed.open();
        List<UpToDate> marks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            feed.poll(1).forEach(event -> {
                if (event instanceof UpToDate mark) {
                    marks.add(mark);
                }
            });
        }
        assertThat(marks).hasSize(1);
        assertThat(marks.get(0).watched()).isFalse();
        assertThat(marks.get(0).provenMillis()).isBetween(before, System.currentTimeMillis());
    }

    @Test
    void noWalkBeginsAfterTheEnd() throws Exception {
        zk.holdReads();
        feed.open();
        feed.close();
        pollOnce(); // what it has not come to before says that the watch is in place
        assertThat(zk.held()).isEmpty();
        assertThat(feed.statistics().pending()).isZero();
    }

    @Test
    void aPollThatWaitsCanBeWokenUp() throws Exception {
        feed.open();
        settle();
        feed.wakeUp();
        assertThat(feed.poll(Long.MAX_VALUE / 2_000_000)).isEmpty();
    }

    private Map<String, String> zkTable() {
        Map<String, String> expected = new TreeMap<>(zk.tree("/r"));
        expected.remove("/r");
        return expected;
    }

    private void pollOnce() throws Exception {
        feed.poll(0).forEach(this::apply);
    }

    /** Polls until nothing more comes. */
    private void settle() throws Exception {
        for (int idle = 0; idle < 3; ) {
            List<FeedEvent> seen = feed.poll(0);
            seen.forEach(this::apply);
            idle = seen.isEmpty() ? idle + 1 : 0;
        }
    }

    private void apply(FeedEvent event) {
        if (event instanceof Observation observation) {
            reconciler.observe(observation).ifPresent(this::apply);
        } else if (event instanceof WalkEnded ended) {
            reconciler.walkEnded(ended, this::apply);
        }
    }

    private void apply(Change change) {
        changes.add(change.getClass().getSimpleName() + " " + change.path());
        if (change instanceof Change.Deleted) {
            table.remove(change.path());
        } else {
            table.put(change.path(), new String(znode(change).data(), StandardCharsets.UTF_8));
        }
    }

    private static ZNode znode(Change change) {
        if (change instanceof Change.Created created) {
            return created.znode();
        }
        return change instanceof Change.Changed changed ? changed.znode() : ((Change.Recreated) change).znode();
    }
}
