// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import java.util.Arrays;

/** A row that is there for as long as its writer's session, and what is known of its znode. Owned by one thread. */
final class SessionBoundRow {

    private final Id id;
    private final SessionBoundRows.Place place;
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

    private boolean underWay;
    /** Whether its znode was deleted by somebody else while it was under way. */
    private boolean vanished;
    /** How often its znode was not as expected, in a row. */
    private int surprises;

    /**
     * What makes a row the same row.
     *
     * @param path of its znode, or of the resource that it claims
     * @param owner who claims the resource; null where rows are znodes
     */
    record Id(String path, String owner) {}

    SessionBoundRow(Id id, SessionBoundRows.Place place) {
        this.id = id;
        this.place = place;
    }

    Id id() {
        return id;
    }

    String path() {
        return id.path();
    }

    /** The rows of its path, of which it is one. */
    SessionBoundRows.Place place() {
        return place;
    }

    byte[] data() {
        return data;
    }

    /** How much of a request it takes, about. */
    int bytes() {
        return 100 + 3 * path().length() + (data == null ? 0 : data.length);
    }

    /** How much of a request all that it may need takes at most: its znode, the resource, what is left behind. */
    int requestBytes() {
        return 600 + 9 * path().length() + (!isWanted() || data == null ? 0 : data.length);
    }

    boolean isWanted() {
        return wanted;
    }

    /** Null if it has no znode in the current session. */
    String node() {
        return node;
    }

    boolean isUnderWay() {
        return underWay;
    }

    void underWay(boolean now) {
        underWay = now;
    }

    /** Whether its znode is not as it should be. */
    boolean needsWork() {
        return wanted ? !blocked && (node == null || !current) : node != null;
    }

    /** Whether nothing is left of it. */
    boolean isGone() {
        return !wanted && node == null && !underWay;
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

    /** Whether it has a znode whose data is not known. */
    boolean isUnread() {
        return node != null && unread;
    }

    /** Its znode is there, with this data; null if that is not known. */
    void isAt(String path, byte[] written) {
        node = path;
        unread = written == null;
        current = written != null && Arrays.equals(written, data == null ? new byte[0] : data);
    }

    void isNowhere() {
        node = null;
        unread = false;
        current = false;
    }

    /** Its znode is not there any more, though the row may be at another one by the time that it is released. */
    void vanished() {
        vanished = true;
    }

    /** Whether its znode has vanished since this was asked last. */
    boolean takeVanished() {
        boolean result = vanished;
        vanished = false;
        return result;
    }

    /** Counts that its znode was not as expected; true when that happens too often for anybody to keep up. */
    boolean isErratic() {
        return ++surprises > 20;
    }

    void succeeded() {
        surprises = 0;
    }
}
