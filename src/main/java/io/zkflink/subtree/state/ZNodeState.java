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

    private static final int HIDDEN = 1;
    private static final int GRANTED = 2;
    private static final int FLAGS = 2;

    private final String path;
    private final long czxid;
    private final long mzxid;
    private final long mtime;
    private final int version;
    /** Where {@link #kept} begins. */
    private int at;
    /**
     * Bytes that are kept with it, perhaps among others: the {@linkplain PackedZNode znode} where before-images are
     * wanted, its row in a mirror, else null.
     */
    private byte[] kept;

    /**
     * The number of the last walk that has seen it, above the flags: one of the four bytes less for each of millions.
     */
    private int walkAndFlags;

    public ZNodeState(String path, long czxid, long mzxid, long mtime, int version) {
        this.path = path;
        this.czxid = czxid;
        this.mzxid = mzxid;
        this.mtime = mtime;
        this.version = version;
    }

    /**
     * What is to be remembered of a znode.
     *
     * @param keepLast whether the znode itself is
     */
    public static ZNodeState of(ZNode znode, boolean keepLast) {
        ZNodeStat stat = znode.stat();
        ZNodeState known = new ZNodeState(znode.path(), stat.czxid(), stat.mzxid(), stat.mtime(), stat.version());
        if (keepLast) {
            known.keep(PackedZNode.pack(znode), 0);
        }
        return known;
    }

    public String path() {
        return path;
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

    /** The znode itself, if that is kept. */
    public Optional<ZNode> last() {
        return kept == null ? Optional.empty() : Optional.of(PackedZNode.unpack(kept, at, this));
    }

    /** Keeps bytes with it, which begin somewhere in an array that is modified no more. */
    public void keep(byte[] bytes, int from) {
        kept = bytes;
        at = from;
    }

    /** The array that has the bytes that are kept, or null. */
    public byte[] kept() {
        return kept;
    }

    /** Where they begin. */
    public int keptAt() {
        return at;
    }

    /** How many bytes the znode has that is kept. */
    public int packedLength() {
        return PackedZNode.length(kept, at);
    }

    /** Whether the znode is no row although it exists, for example because its data could not be decoded. */
    public boolean hidden() {
        return has(HIDDEN);
    }

    public void hide() {
        set(HIDDEN, true);
    }

    /** The znode is a row. */
    public void show() {
        set(HIDDEN, false);
    }

    /** Whether its row says that it holds what its recipe gives. */
    public boolean granted() {
        return has(GRANTED);
    }

    public void grant(boolean now) {
        set(GRANTED, now);
    }

    private boolean has(int flag) {
        return (walkAndFlags & flag) != 0;
    }

    private void set(int flag, boolean now) {
        walkAndFlags = now ? walkAndFlags | flag : walkAndFlags & ~flag;
    }

    boolean wasSeenIn(int walk) {
        return walkAndFlags >> FLAGS == walk << FLAGS >> FLAGS;
    }

    void seenIn(int walk) {
        walkAndFlags = walk << FLAGS | (walkAndFlags & (HIDDEN | GRANTED));
    }
}
