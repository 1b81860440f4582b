// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.WatchListener;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.FeedInbox.Message.Changed;
import io.zkflink.subtree.FeedInbox.Message.Connected;
import io.zkflink.subtree.FeedInbox.Message.Lost;
import io.zkflink.subtree.FeedInbox.Message.Refused;
import io.zkflink.subtree.FeedInbox.Message.TooManyChanged;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a feed's polling thread has been told and has not come to yet: the one place that it shares with other threads.
 * The session's event thread puts messages in, the polling thread takes them all at once.
 *
 * <p>Bounded, however long nobody takes anything: each path is kept once and only so many are, of the connection no
 * more than the first loss that has not been taken yet and what came after it, and no more answers than there were
 * requests.
 */
final class FeedInbox implements WatchListener {

    static final int MAX_PATHS = 500_000;

    private final PathTemplate template;
    private final Predicate<String> wanted;

    private Lost lost;
    /** Whether the watch has been put in place since the last message was taken, and is there still. */
    private boolean connected;
    /** Whether the watch is in place; else paths need not be kept, because a walk will follow. */
    private boolean watching;

    private Refused refused;
    private Set<String> changed = new LinkedHashSet<>();
    private boolean tooMany;
    private List<OutstandingReads.Answered<?>> answered = new ArrayList<>();
    private boolean awake;

    private long events;
    private long conflated;
    private long unconvertible;
    private long newestZxid;

    /** What the polling thread is told. */
    sealed interface Message
            permits Message.Lost,
                    Message.Connected,
                    Message.Refused,
                    Message.TooManyChanged,
                    Message.Changed,
                    OutstandingReads.Answered {

        /**
         * The connection is lost: what changes from now on goes unreported.
         *
         * @param nanos when, as of {@link System#nanoTime}
         */
        record Lost(long nanos) implements Message {}

        /** The watch is in place: what changes from now on is reported. */
        record Connected() implements Message {}

        /** The watch cannot be put in place. */
        record Refused(ZooKeeperException cause) implements Message {}

        /** Events named more paths than are kept, and these have been forgotten. */
        record TooManyChanged() implements Message {}

        /**
         * Events named paths of the reader's rows.
         *
         * @param paths each once, in the order of their first events; for the receiver to keep
         */
        record Changed(Set<String> paths) implements Message {}
    }

    /**
     * What has been put in so far.
     *
     * @param events that named a path of the reader's rows
     * @param conflated events whose path was in the inbox already
     * @param unconvertible events that named a path which is no row because a name is no value of its column's type
     * @param waiting how many paths are in the inbox now
     * @param newestZxid the newest transaction that any event has told of
     */
    record Counts(long events, long conflated, long unconvertible, int waiting, long newestZxid) {}

    /** @param wanted which of the template's rows the reader wants */
    FeedInbox(PathTemplate template, Predicate<String> wanted) {
        this.template = template;
        this.wanted = wanted;
    }

    // ---- The event thread.

    @Override
    public synchronized void established() {
        connected = true;
        watching = true;
        forgetChanged();
        notifyAll();
    }

    @Override
    public synchronized void lost() {
        connected = false;
        watching = false;
        forgetChanged();
        if (lost == null) {
            lost = new Lost(System.nanoTime());
        }
        notifyAll();
    }

    private void forgetChanged() {
        changed.clear();
        tooMany = false;
    }

    @Override
    public synchronized void failed(ZooKeeperException cause) {
        if (refused == null) {
            refused = new Refused(cause);
        }
        notifyAll();
    }

    @Override
    public void changed(String path, long zxid) {
        boolean isRow = template.match(path) != null;
        if (isRow && wanted.test(path)) {
            add(path, zxid);
        } else {
            passOver(zxid, !isRow && template.isUnconvertible(path));
        }
    }

    private synchronized void add(String path, long zxid) {
        newestZxid = Math.max(newestZxid, zxid);
        if (!watching) {
            return;
        }
        events++;
        conflated += changed.add(path) ? 0 : 1;
        if (changed.size() > MAX_PATHS) {
            changed.clear();
            tooMany = true;
        }
        notifyAll();
    }

    private synchronized void passOver(long zxid, boolean isUnconvertible) {
        newestZxid = Math.max(newestZxid, zxid);
        unconvertible += isUnconvertible ? 1 : 0;
    }

    synchronized void answered(OutstandingReads.Answered<?> read) {
        answered.add(read);
        notifyAll();
    }

    // ---- Any thread.

    synchronized void wakeUp() {
        awake = true;
        notifyAll();
    }

    synchronized Counts counts() {
        return new Counts(events, conflated, unconvertible, changed.size(), newestZxid);
    }

    // ---- The polling thread.

    /**
     * Waits for messages, until woken up, for a time at most.
     *
     * @return all there are, in the order in which they have to be believed: an answer from before a loss of the
     *     connection after it, and an answer after all that events had named before
     */
    synchronized List<Message> take(long timeoutMillis) throws InterruptedException {
        FeedClock.Deadline end = new FeedClock.Deadline();
        end.in(timeoutMillis);
        while (isEmpty() && !awake && !end.isDue()) {
            wait(end.millis());
        }
        List<Message> taken = new ArrayList<>(answered.size() + 4);
        if (lost != null) {
            taken.add(lost);
            lost = null;
        }
        if (connected) {
            taken.add(new Connected());
            connected = false;
        }
        if (refused != null) {
            taken.add(refused);
            refused = null;
        }
        if (tooMany) {
            taken.add(new TooManyChanged());
            tooMany = false;
        }
        if (!changed.isEmpty()) {
            taken.add(new Changed(changed));
            changed = new LinkedHashSet<>();
        }
        taken.addAll(answered);
        answered = new ArrayList<>();
        return taken;
    }

    private boolean isEmpty() {
        return lost == null && !connected && refused == null && !tooMany && changed.isEmpty() && answered.isEmpty();
    }

    /** Whether somebody wanted the polling thread back since the last call. */
    synchronized boolean takeWakeUp() {
        boolean woken = awake;
        awake = false;
        return woken;
    }
}
