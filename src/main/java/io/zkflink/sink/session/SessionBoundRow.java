// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.sink.batch.PathQueue;
import java.util.Arrays;

/** A row that is there for as long as its writer's session, and what is known of its znode. Owned by one thread. */
final class SessionBoundRow {

    private final Id id;
    private byte[] data;
    private boolean wanted;

    /** The path of its znode in the current session; null if there is none. */
    private String node;
    /** Whether that has the row's data. */
    private boolean current;
    /** Whether its data is not known. */
    private boolean unread;
    /** Whether its place is taken by somebody else. */
    private boolean blocked;

    /** Its entry that waits in the queue; null if it needs nothing, or is under way. */
    private Entry waiting;
    /** The entry with which it left the queue; null if it is not under way. */
    private Entry underWay;
    /** Whether its znode was deleted by somebody else while it was under way. */
    private boolean deletedMeanwhile;
    /** How often its znode was not as expected, in a row. */
    private int surprises;

    private boolean counted;

    /**
     * What makes a row the same row.
     *
     * @param path of its znode, or of the resource that it claims
     * @param owner who claims the resource; null where rows are znodes
     */
    record Id(String path, String owner) {}

    /**
     * A row that waits for its turn. Several claims of a resource may go at once, but only one may come, as the first
     * of those that leave together: two sequential znodes of one parent that come in one transaction cannot be told
     * apart by their czxid.
     */
    static final class Entry extends PathQueue.Entry {
        private final SessionBoundRow row;
        private final boolean goes;
        private final long bytes;

        private Entry(SessionBoundRow row) {
            this.row = row;
            this.goes = !row.wanted;
            this.bytes = row.bytes();
        }

        SessionBoundRow row() {
            return row;
        }

        /** Whether nothing has changed since that it would be wrong to do now. */
        boolean isValid() {
            return row.waiting == this;
        }

        @Override
        public String path() {
            return row.path();
        }

        @Override
        public int depth() {
            return (int) path().chars().filter(each -> each == '/').count();
        }

        @Override
        public long bytes() {
            return bytes;
        }

        /** The znode of a resource stays when a claim goes. */
        @Override
        public boolean removes() {
            return goes && row.id.owner == null;
        }

        /** Rows keep count of their entries themselves. */
        @Override
        public boolean isCollapsible() {
            return false;
        }

        @Override
        public void notePutBelow() {
            // An ephemeral znode has no children.
        }

        @Override
        public boolean leavesWith(PathQueue.Entry before) {
            return goes;
        }
    }

    SessionBoundRow(Id id) {
        this.id = id;
    }

    Id id() {
        return id;
    }

    String path() {
        return id.path();
    }

    byte[] data() {
        return data;
    }

    /** How much of a request all that it may need takes at most: its znode, the resource, what is left behind. */
    int bytes() {
        return 600 + 9 * path().length() + (!isWanted() || data == null ? 0 : data.length);
    }

    boolean isWanted() {
        return wanted;
    }

    /** Null if it has no znode in the current session. */
    String node() {
        return node;
    }

    /** Whether its znode is not as it should be. */
    boolean needsWork() {
        return wanted ? !blocked && (node == null || !current) : node != null;
    }

    /** Whether nothing is left of it. */
    boolean isGone() {
        return !wanted && node == null && !isUnderWay();
    }

    void want(byte[] newData) {
        wanted = true;
        if (!Arrays.equals(data, newData)) {
            data = newData;
            current = false;
        }
    }

    void unwant() {
        wanted = false;
        blocked = false;
    }

    boolean isBlocked() {
        return blocked;
    }

    void blocked(boolean now) {
        blocked = now;
    }

    // ---- The queue.

    boolean isUnderWay() {
        return underWay != null;
    }

    /** Whether an entry waits by which all can be done that it needs. */
    boolean isQueued() {
        return waiting != null && waiting.goes == !wanted && waiting.bytes >= bytes();
    }

    /** A new entry, which takes the place of the one that waits. */
    Entry queue() {
        waiting = new Entry(this);
        return waiting;
    }

    /** Has the entry that waits do nothing. */
    void unqueue() {
        waiting = null;
    }

    void leave() {
        underWay = waiting;
        waiting = null;
    }

    /** Is not under way any more; the entry with which it was. */
    Entry comeBack() {
        Entry entry = underWay;
        underWay = null;
        return entry;
    }

    /** What a count of the rows that need work has to change by. */
    int countChange() {
        int change = (needsWork() ? 1 : 0) - (counted ? 1 : 0);
        counted = needsWork();
        return change;
    }

    // ---- The znode.

    /** Whether it has a znode whose data is not known. */
    boolean isUnread() {
        return node != null && unread;
    }

    /** Its znode is there, and nobody knows with which data. */
    void foundAt(String path) {
        node = path;
        unread = true;
        current = false;
    }

    /** Its znode is there, with this data; null is none. */
    void foundAt(String path, byte[] written) {
        node = path;
        unread = false;
        current = Arrays.equals(written == null ? new byte[0] : written, data == null ? new byte[0] : data);
    }

    void notFound() {
        node = null;
        unread = false;
        current = false;
    }

    /** Its znode is not there any more, though the row may be at another one by the time that it is released. */
    void deletedMeanwhile() {
        deletedMeanwhile = true;
    }

    /** Whether its znode was deleted since this was asked last. */
    boolean takeDeletedMeanwhile() {
        boolean result = deletedMeanwhile;
        deletedMeanwhile = false;
        return result;
    }

    /** Counts that its znode was not as expected; true when that happens too often for anybody to keep up. */
    boolean countsTooManySurprises() {
        return ++surprises > 20;
    }

    void succeeded() {
        surprises = 0;
    }
}
