// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.Acl;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.row.RowWrite;
import org.apache.flink.annotation.Internal;

/** A row on its way into a {@code multi}, with what is thought of its znode. */
@Internal
public final class BatchedRow extends PathQueue.Entry {

    private static final int MOST_SURPRISES = 20;

    private final RowWrite row;
    private final int depth;
    private final long bytes;

    private boolean exists;
    private boolean sure;
    /** Whether it was the server that said so, after this row had come. */
    private boolean found;

    private int surprises;

    /** Since when it waits for its znode to be empty; -1 if it does not. */
    private long waitsSince = -1;

    private boolean waitedOverCheckpoint;
    /** Whether this removal leaves a znode without data if it has children. */
    private boolean leavesParent;

    private boolean clears;
    private boolean mayWait = true;

    /** @param acl of znodes that are created, which takes its part of a request */
    public BatchedRow(RowWrite row, Acl acl) {
        this.row = row;
        this.depth = depth(row.path());
        this.bytes = ZNodeWrite.bytes(row.path(), row instanceof RowWrite.Put put ? put.data() : null, acl);
    }

    private static int depth(String path) {
        int depth = 0;
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            depth++;
        }
        return depth;
    }

    public RowWrite row() {
        return row;
    }

    @Override
    public String path() {
        return row.path();
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /** Whether its znode is gone when it is made. */
    boolean leavesNothing() {
        return removes() && !clears;
    }

    @Override
    public boolean removes() {
        return row instanceof RowWrite.Remove;
    }

    @Override
    public boolean isCollapsible() {
        return row.isCollapsible();
    }

    /** Each that appends makes a znode of its own. */
    @Override
    public boolean leavesWith(PathQueue.Entry before) {
        return appends() && before instanceof BatchedRow other && other.appends();
    }

    private boolean appends() {
        return row instanceof RowWrite.Put put && put.mode().isSequential();
    }

    @Override
    public void notePutBelow() {
        leavesParent = true;
    }

    /**
     * Has this removal, whose znode has children, take the data only; false if what is below was not put by a later
     * row.
     */
    boolean clear() {
        clears = leavesParent;
        return clears;
    }

    /** Forgets what was found when it was last tried. */
    void begin(KnownZNodes known) {
        Boolean isThere = known.get(row.path());
        sure = isThere != null;
        exists = sure ? isThere : known.guess();
        found = false;
        surprises = 0;
        clears = false;
    }

    /** Whether its znode's existence decides how it is written, and is a mere guess. */
    boolean isGuess() {
        return !sure && (removes() || isPlainPut());
    }

    /** A row that wants its znode to be there whatever it was before. */
    boolean isPlainPut() {
        return row.isCollapsible() && row instanceof RowWrite.Put;
    }

    boolean isConditional() {
        return row instanceof RowWrite.Put put && put.isConditional();
    }

    /** Whether it is sent as a creation. */
    boolean creates() {
        if (!(row instanceof RowWrite.Put put)) {
            return false;
        }
        if (put.isConditional()) {
            return put.expectedVersion() == RowWrite.ABSENT;
        }
        // One that leaves data alone can only create, and so finds out what is there already.
        return put.mode().isSequential() || !put.setsData() || !exists;
    }

    /** Whether the znode was found as the row wants it, without any write. */
    boolean isDone() {
        if (removes()) {
            return found && !exists;
        }
        return found && exists && isPlainPut() && !((RowWrite.Put) row).setsData();
    }

    void found(boolean exists) {
        this.exists = exists;
        this.sure = true;
        this.found = true;
    }

    /** It is written: has everybody know of its znode what is so now, unless that is known. */
    void markWritten(KnownZNodes known) {
        boolean isThere = !leavesNothing();
        if (!sure || exists != isThere) {
            known.note(row.path(), isThere);
        }
    }

    /** Counts that the znode was not as found; true when it changes too often for anybody to keep up. */
    boolean countsTooManySurprises() {
        return ++surprises > MOST_SURPRISES;
    }

    /** Has it fail if its znode has children. */
    public void mayNotWait() {
        mayWait = false;
    }

    boolean mayWait() {
        return mayWait;
    }

    /** Notes that its znode turned out to have children, unless that is noted. */
    public void waitsSince(long millis) {
        if (waitsSince < 0) {
            waitsSince = millis;
        }
    }

    public long waitsSince() {
        return waitsSince;
    }

    /** Whether it may wait for what comes behind a checkpoint's barrier, as it may once. */
    public boolean tryWaitOverCheckpoint() {
        boolean first = !waitedOverCheckpoint;
        waitedOverCheckpoint = true;
        return first;
    }

    ZNodeWrite write(Acl acl) {
        if (clears) {
            return new ZNodeWrite.SetData(row.path(), null, ZNodeWrite.ANY_VERSION);
        }
        if (!(row instanceof RowWrite.Put put)) {
            return new ZNodeWrite.Delete(row.path(), ZNodeWrite.ANY_VERSION);
        }
        if (creates()) {
            return new ZNodeWrite.Create(put.path(), put.data(), put.mode(), put.ttlMillis(), acl);
        }
        if (put.isCheck()) {
            return new ZNodeWrite.Check(put.path(), put.expectedVersion());
        }
        int version = put.isConditional() ? put.expectedVersion() : ZNodeWrite.ANY_VERSION;
        return new ZNodeWrite.SetData(put.path(), put.data(), version);
    }
}
