// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Acl;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.row.RowWrite;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A row on its way into a {@code multi}, with what is thought of its znode. */
final class Attempt {

    private static final Comparator<RowWrite> ORDER = Comparator.comparingInt(Attempt::rank);

    private static final int BEHIND_ALL_PUTS = 1_000_000;

    private final RowWrite row;
    private boolean exists;
    private boolean sure;
    /** Whether it was the server that said so, after this row had come. */
    private boolean found;

    private int surprises;

    Attempt(RowWrite row, KnownZNodes known) {
        this.row = row;
        this.exists = known.guess(row.path());
        this.sure = known.isKnown(row.path());
    }

    /** The rows of one request, in an order in which they do not stand in each other's way. */
    static List<Attempt> of(List<RowWrite> rows, KnownZNodes known) {
        return inOrder(rows).stream().map(row -> new Attempt(row, known)).toList();
    }

    /**
     * Rows of different znodes, in an order in which they do not stand in each other's way: parents are created before
     * their children, and deleted after them. A znode that is to be deleted, but has to be there for another row, stays.
     */
    static List<RowWrite> inOrder(List<RowWrite> rows) {
        Set<String> needed = new HashSet<>();
        for (RowWrite row : rows) {
            if (row instanceof RowWrite.Put) {
                String parent = MissingParents.parent(row.path());
                while (needed.add(parent) && parent.length() > 1) {
                    parent = MissingParents.parent(parent);
                }
            }
        }
        return rows.stream()
                .filter(row -> row instanceof RowWrite.Put || !needed.contains(row.path()))
                .sorted(ORDER)
                .toList();
    }

    RowWrite row() {
        return row;
    }

    String path() {
        return row.path();
    }

    /** Whether its znode's existence decides how it is written, and is a mere guess. */
    boolean isGuess() {
        return !sure && (row instanceof RowWrite.Remove || isPlainPut());
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
        if (row instanceof RowWrite.Remove) {
            return found && !exists;
        }
        return found && exists && isPlainPut() && !((RowWrite.Put) row).setsData();
    }

    void found(boolean exists) {
        this.exists = exists;
        this.sure = true;
        this.found = true;
    }

    /** Counts that the znode was not as found; true when it changes too often for anybody to keep up. */
    boolean isErratic() {
        return ++surprises > 20;
    }

    ZNodeWrite write(Acl acl) {
        if (row instanceof RowWrite.Put put) {
            if (put.isCheck()) {
                return new ZNodeWrite.Check(put.path(), put.expectedVersion());
            }
            int version = put.isConditional() ? put.expectedVersion() : ZNodeWrite.ANY_VERSION;
            return creates()
                    ? new ZNodeWrite.Create(put.path(), put.data(), put.mode(), put.ttlMillis(), acl)
                    : new ZNodeWrite.SetData(put.path(), put.data(), version);
        }
        return new ZNodeWrite.Delete(row.path(), ZNodeWrite.ANY_VERSION);
    }

    private static int rank(RowWrite row) {
        int depth = (int) row.path().chars().filter(c -> c == '/').count();
        return row instanceof RowWrite.Put ? depth : BEHIND_ALL_PUTS - depth;
    }
}
