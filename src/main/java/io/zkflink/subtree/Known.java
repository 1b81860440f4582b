// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.ZNode;
import java.util.Optional;

/**
 * What is remembered of a znode between two observations.
 *
 * <p>Belongs to one {@link Reconciler} and its thread. The zxids tell a changed znode from one that was deleted and
 * created again, which {@code version} cannot.
 */
public final class Known {

    private final long czxid;
    private final long mzxid;
    private final long mtime;
    /** The znode itself where before-images are wanted, else null. */
    private final ZNode last;

    private boolean hidden;
    private boolean granted;
    private int walk;

    public Known(long czxid, long mzxid, long mtime, ZNode last, boolean hidden) {
        this.czxid = czxid;
        this.mzxid = mzxid;
        this.mtime = mtime;
        this.last = last;
        this.hidden = hidden;
    }

    static Known of(ZNode znode, boolean keepLast, int walk) {
        Known known = new Known(
                znode.stat().czxid(), znode.stat().mzxid(), znode.stat().mtime(), keepLast ? znode : null, false);
        known.walk = walk;
        return known;
    }

    public long czxid() {
        return czxid;
    }

    public long mzxid() {
        return mzxid;
    }

    /** Milliseconds since the epoch, by the server's clock. */
    public long mtime() {
        return mtime;
    }

    public Optional<ZNode> last() {
        return Optional.ofNullable(last);
    }

    /** Whether the znode is no row although it exists, for example because its data could not be decoded. */
    public boolean hidden() {
        return hidden;
    }

    public void hide() {
        hidden = true;
    }

    /** The znode is a row. */
    public void show() {
        hidden = false;
    }

    /** Whether its row says that it holds what its recipe gives. */
    public boolean granted() {
        return granted;
    }

    public void grant(boolean now) {
        granted = now;
    }

    int walk() {
        return walk;
    }

    void seenIn(int walk) {
        this.walk = walk;
    }
}
