// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZooKeeperException;
import io.zkflink.subtree.FeedMessage.Changed;
import io.zkflink.subtree.FeedMessage.Connected;
import io.zkflink.subtree.FeedMessage.Lost;
import io.zkflink.subtree.FeedMessage.Refused;
import io.zkflink.subtree.FeedMessage.TooManyChanged;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * What a feed's polling thread has been told and has not come to yet: the one place that it shares with other threads.
 * The session's event thread puts messages in, the polling thread takes them all at once.
 *
 * <p>Bounded, however long nobody takes anything: each path is kept once and only so many are, of the connection no
 * more than its last loss and what came after it, and no more answers than there were requests.
 */
final class FeedInbox {

    static final int MAX_PATHS = 500_000;

    private Lost lost;
    /** Whether the watch has been put in place since the last message was taken, and is there still. */
    private boolean connected;
    /** Whether the watch is in place; else paths need not be kept, because a walk will follow. */
    private boolean watching;

    private Refused refused;
    private LinkedHashSet<String> changed = new LinkedHashSet<>();
    private boolean tooMany;
    private List<OutstandingReads.Answered<?>> answered = new ArrayList<>();
    private boolean awake;

    private long events;
    private long conflated;
    private long unconvertible;
    private long newestZxid;

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

    // ---- The event thread.

    synchronized void connected() {
        connected = true;
        watching = true;
        forgetChanged();
        notifyAll();
    }

    synchronized void lost() {
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

    synchronized void refused(ZooKeeperException cause) {
        if (refused == null) {
            refused = new Refused(cause);
        }
        notifyAll();
    }

    synchronized void changed(String path, long zxid) {
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

    /** An event named a path that the reader does not want. */
    synchronized void passedOver(long zxid, boolean isUnconvertible) {
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
    synchronized List<FeedMessage> take(long timeoutMillis) throws InterruptedException {
        Deadline end = new Deadline();
        end.in(timeoutMillis);
        while (isEmpty() && !awake && !end.isDue()) {
            wait(end.millis());
        }
        List<FeedMessage> taken = new ArrayList<>(answered.size() + 4);
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
