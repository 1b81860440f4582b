// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.FeedInbox.Message.Changed;
import io.zkflink.subtree.FeedInbox.Message.Connected;
import io.zkflink.subtree.FeedInbox.Message.Lost;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FeedInboxTest {

    private final FeedInbox inbox = inbox(SegmentType.STRING);
    private final List<String> done = new ArrayList<>();

    private final OutstandingReads reads = new OutstandingReads(inbox, cause -> done.add("failed"));

    private static FeedInbox inbox(SegmentType type) {
        return new FeedInbox(PathTemplate.parse("/{k}", PathEncoding.NONE, name -> type), path -> !path.equals("/0"));
    }

    @Test
    void onlyRowsOfTheReaderAreKept() throws Exception {
        FeedInbox numbers = inbox(SegmentType.of(SegmentType.Kind.INT));
        numbers.established();
        for (String path : List.of("/0", "/1", "/x", "/1/2", "/")) {
            numbers.changed(path, 7);
        }
        numbers.deleted("/2", 8);
        numbers.deleted("/y", 9);
        assertThat(numbers.counts()).isEqualTo(new FeedInbox.Counts(2, 0, 2, 2, 9));
        assertThat(((Changed) numbers.take(0).get(1)).paths()).containsExactly("/1", "/2");
    }

    @Test
    void eachPathIsKeptOnceInTheOrderOfItsFirstEvent() throws Exception {
        inbox.established();
        for (String path : List.of("/b", "/a", "/b", "/c", "/a")) {
            inbox.changed(path, 7);
        }
        assertThat(inbox.counts()).isEqualTo(new FeedInbox.Counts(5, 2, 0, 3, 7));
        List<FeedInbox.Message> taken = inbox.take(0);
        assertThat(taken).hasSize(2).first().isInstanceOf(Connected.class);
        assertThat(((Changed) taken.get(1)).paths()).containsExactly("/b", "/a", "/c");
        assertThat(inbox.take(0)).isEmpty();
        assertThat(inbox.counts().waiting()).isZero();
    }

    @Test
    void pathsAreNotKeptWithoutAConnectionNorBeyondIt() throws Exception {
        inbox.changed("/a", 1);
        inbox.established();
        inbox.changed("/b", 2);
        inbox.lost();
        inbox.changed("/c", 3);
        inbox.established();
        inbox.changed("/d", 4);
        assertThat(kinds()).containsExactly("Lost", "Connected", "Changed [/d]");
        assertThat(inbox.counts().newestZxid()).isEqualTo(4);
    }

    @Test
    void ofTheConnectionTheFirstLossAndTheLastStateAreKept() throws Exception {
        long before = System.nanoTime();
        inbox.lost();
        long after = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            inbox.established();
            inbox.lost();
        }
        List<FeedInbox.Message> taken = inbox.take(0);
        assertThat(taken).hasSize(1);
        assertThat(((Lost) taken.get(0)).nanos()).isBetween(before, after);
        inbox.lost();
        inbox.established();
        inbox.established();
        assertThat(kinds()).containsExactly("Lost", "Connected");
        inbox.established();
        inbox.lost();
        assertThat(kinds()).containsExactly("Lost");
    }

    /** Nothing that was answered before a loss is believed after it, and no answer without what was reported before. */
    @Test
    void answersComeLast() throws Exception {
        inbox.established();
        inbox.take(0);
        CompletableFuture<String> request = new CompletableFuture<>();
        reads.send(request, done::add, () -> done.add("again"));
        inbox.changed("/a", 1);
        request.complete("answer");
        inbox.failed(new ZooKeeperException(Failure.OTHER, "x"));
        assertThat(kinds()).containsExactly("Refused", "Changed [/a]", "Answered");
        assertThat(done).isEmpty();
    }

    @Test
    void moreThanIsKeptBecomesOneMessage() throws Exception {
        inbox.established();
        inbox.take(0);
        for (int i = 1; i <= FeedInbox.MAX_PATHS + 1; i++) {
            inbox.changed("/" + i, 1);
        }
        inbox.changed("/last", 1);
        assertThat(kinds()).containsExactly("TooManyChanged", "Changed [/last]");
        assertThat(inbox.take(0)).isEmpty();
    }

    @Test
    void whoeverWaitsIsWokenUp() throws Exception {
        Thread waker = new Thread(inbox::wakeUp);
        waker.start();
        assertThat(inbox.take(60_000)).isEmpty();
        waker.join();
        assertThat(inbox.takeWakeUp()).isTrue();
        assertThat(inbox.takeWakeUp()).isFalse();
        Thread teller = new Thread(inbox::established);
        teller.start();
        assertThat(inbox.take(60_000)).hasSize(1);
        teller.join();
    }

    @Test
    void eachAnswerDoesOneThing() throws Exception {
        CompletableFuture<String> found = new CompletableFuture<>();
        CompletableFuture<String> lost = new CompletableFuture<>();
        CompletableFuture<String> denied = new CompletableFuture<>();
        CompletableFuture<String> failed = new CompletableFuture<>();
        for (CompletableFuture<String> request : List.of(found, lost, denied, failed)) {
            reads.send(request, done::add, () -> done.add("again"), () -> done.add("denied"));
        }
        assertThat(reads.underWay()).isEqualTo(4);
        found.complete("found");
        lost.completeExceptionally(new ZooKeeperException(Failure.CONNECTION_LOST, "x"));
        denied.completeExceptionally(new ZooKeeperException(Failure.NO_PERMISSION, "x"));
        failed.completeExceptionally(new ZooKeeperException(Failure.OTHER, "x"));
        assertThat(reads.underWay()).isEqualTo(4);
        conclude();
        assertThat(done).containsExactly("found", "again", "denied", "failed");
        assertThat(reads.underWay()).isZero();
    }

    @Test
    void whatIsAbandonedIsCancelledAndDoesNothing() throws Exception {
        CompletableFuture<String> answered = new CompletableFuture<>();
        CompletableFuture<String> open = new CompletableFuture<>();
        reads.send(answered, done::add, () -> done.add("again"));
        reads.send(open, done::add, () -> done.add("again"));
        answered.complete("answer");
        reads.abandon();
        assertThat(open).isCancelled();
        assertThat(reads.underWay()).isZero();
        conclude();
        assertThat(done).isEmpty();
        assertThat(inbox.take(0)).isEmpty();
    }

    private void conclude() throws InterruptedException {
        for (FeedInbox.Message message : inbox.take(0)) {
            ((OutstandingReads.Answered<?>) message).conclude();
        }
    }

    private List<String> kinds() throws InterruptedException {
        return inbox.take(0).stream()
                .map(message -> message instanceof Changed changed
                        ? "Changed " + changed.paths()
                        : message.getClass().getSimpleName())
                .toList();
    }
}
