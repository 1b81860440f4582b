// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The reads that are to be sent, and which of them leave together: users take turns, read by read, and what several of
 * them wait for is read once.
 *
 * <p>Guarded by the lock of its {@link ReadBatcher}.
 */
final class WaitingReads {

    static final int MOST_BYTES_PER_CHARACTER = 3;

    /** Of the paths of a request: a server breaks the connection at 1 MB, unless it is told otherwise. */
    private static final int MAX_REQUEST_BYTES = 500_000;

    private final OversizedReads oversized;
    private final int maxBytes;
    /** Users with waiting reads, the next one to be served first. */
    private final ArrayDeque<User> turns = new ArrayDeque<>();

    private int size;

    /** @param maxBytes of a reply, as far as can be told */
    WaitingReads(OversizedReads oversized, int maxBytes) {
        this.oversized = oversized;
        this.maxBytes = maxBytes;
    }

    /** The place of one user. */
    static final class User {
        private final ArrayDeque<Read<?>> waiting = new ArrayDeque<>();
        private boolean inTurn;
    }

    void add(User user, Read<?> read) {
        user.waiting.add(read);
        size++;
        if (!user.inTurn) {
            user.inTurn = true;
            turns.add(user);
        }
    }

    boolean isEmpty() {
        return turns.isEmpty();
    }

    /** How many there are, those that nobody waits for any more among them. */
    int size() {
        return size;
    }

    /** Takes what a user waits for. */
    List<Read<?>> takeAll(User user) {
        List<Read<?>> all = List.copyOf(user.waiting);
        size -= all.size();
        user.waiting.clear();
        user.inTurn = false;
        turns.remove(user);
        return all;
    }

    List<Read<?>> takeAll() {
        List<Read<?>> all = new ArrayList<>();
        while (!turns.isEmpty()) {
            all.addAll(takeAll(turns.peek()));
        }
        return all;
    }

    /** Whether the next read may only be sent among others that may have been too large. */
    boolean isNextIsolated() {
        Read<?> next = peek(turns.peek());
        return next != null && oversized.contains(next);
    }

    /**
     * Takes reads that can be one request.
     *
     * @param isolated whether only those that may have been too large, else only the others
     */
    List<Read<?>> nextBatch(boolean isolated) {
        Batch batch = new Batch(isolated);
        int passed = 0;
        while (!turns.isEmpty() && passed < turns.size() && !batch.isFull()) {
            User user = turns.poll();
            Read<?> read = peek(user);
            if (read == null) {
                user.inTurn = false;
                continue;
            }
            turns.add(user);
            if (!batch.fits(read)) {
                passed++;
            } else if (batch.admits(read)) {
                passed = 0;
                poll(user);
                batch.add(read);
            } else {
                break;
            }
        }
        return batch.reads;
    }

    /** The next read of a user that somebody waits for, or null. */
    private Read<?> peek(User user) {
        Read<?> next = user.waiting.peek();
        while (next != null && next.result.isDone()) {
            poll(user);
            next = user.waiting.peek();
        }
        if (next != null) {
            next.prepare();
        }
        return next;
    }

    private void poll(User user) {
        user.waiting.poll();
        size--;
    }

    /** Reads that leave together. */
    private final class Batch {
        private final boolean isolated;
        private final List<Read<?>> reads = new ArrayList<>();
        /** By their keys, those that answer others, too. */
        private final Map<String, Read<?>> leaders = new HashMap<>();

        private int maxOps = ReadBatcher.MAX_OPS;
        private long bytes;
        private long requestBytes;

        Batch(boolean isolated) {
            this.isolated = isolated;
        }

        boolean isFull() {
            return reads.size() >= maxOps;
        }

        /** Whether a read is of the same kind, and there is room for it. */
        boolean fits(Read<?> read) {
            boolean first = reads.isEmpty();
            return oversized.contains(read) == isolated
                    && (first
                            || (reads.get(0).fitsMulti() == read.fitsMulti()
                                    && bytes + read.size.expected() <= maxBytes
                                    && requestBytes + requestBytes(read) <= MAX_REQUEST_BYTES));
        }

        /** Whether a read that fits may be among as many others. */
        boolean admits(Read<?> read) {
            if (isolated) {
                maxOps = Math.min(maxOps, oversized.maxOps(read));
            }
            return !isFull();
        }

        void add(Read<?> read) {
            Read<?> leader = leaders.putIfAbsent(read.key(), read);
            if (leader == null) {
                reads.add(read);
                bytes += read.size.expected();
                requestBytes += requestBytes(read);
            } else {
                leader.lead(read);
            }
        }

        private long requestBytes(Read<?> read) {
            return (long) MOST_BYTES_PER_CHARACTER * read.serverPath.length();
        }
    }
}
