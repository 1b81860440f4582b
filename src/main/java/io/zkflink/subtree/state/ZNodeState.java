// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import java.util.Optional;
import org.apache.flink.annotation.Internal;

/**
 * What is remembered of a znode between two observations.
 *
 * <p>Belongs to one {@link Reconciler} and its thread. The zxids tell a changed znode from one that was deleted and
 * created again, which {@code version} cannot.
 */
@Internal
public final class ZNodeState {

    /** The version of a znode where state from before versions were kept does not say. */
    public static final int UNKNOWN_VERSION = Integer.MIN_VALUE;

    private final long czxid;
    private final long mzxid;
    private final long mtime;
    private final int version;
    /** The znode itself where before-images are wanted, else null. */
    private final ZNode last;

    private boolean hidden;
    private boolean granted;
    private int walk;

    public ZNodeState(long czxid, long mzxid, long mtime, int version, ZNode last, boolean hidden) {
        this.czxid = czxid;
        this.mzxid = mzxid;
        this.mtime = mtime;
        this.version = version;
        this.last = last;
        this.hidden = hidden;
    }

    static ZNodeState of(ZNode znode, boolean keepLast, int walk) {
        ZNodeStat stat = znode.stat();
        ZNodeState known = new ZNodeState(
                stat.czxid(), stat.mzxid(), stat.mtime(), stat.version(), keepLast ? znode : null, false);
        known.walk = walk;
        return known;
    }

    public long czxid() {
        return czxid;
    }

    public long mzxid() {
        return mzxid;
    }

    /**
     * The time of its row, in milliseconds since the epoch: by the server's clock, but no earlier than that of any row
     * of this path before.
     */
    public long mtime() {
        return mtime;
    }

    /** How often its data was set, or {@link #UNKNOWN_VERSION}. */
    public int version() {
        return version;
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
