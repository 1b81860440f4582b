// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.ZNodeStateCodec;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.subtree.state.UniqueKeys;
import io.zkflink.subtree.state.ZNodeState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A bucket while it is read: the state machine, and its encoded form for checkpoints.
 *
 * <p>A checkpoint encodes only what changed since the last one, as more blocks; when they have half as many entries
 * again as there is something to save, all is encoded anew. Owned by the task thread.
 */
final class BucketState {

    /** With what changed since all was encoded. */
    private static final int MAX_BLOCKS = 64;

    private final int bucket;
    private final Reconciler reconciler;
    private final List<byte[]> blocks;
    /** Of all blocks. */
    private int entries;
    /** How many of the blocks were there when all was encoded, or restored. */
    private int firstBlocks;
    /** Null unless several znodes may have one key. */
    private UniqueKeys keys;
    /** All there is, as long as nobody has to ask what is known; else null. */
    private ToldZNodes told;

    private long newestZxid;
    private long baseZxid;

    BucketState(SubtreeSplit split, boolean keepLast) {
        this.bucket = split.bucket();
        this.newestZxid = split.newestZxid();
        this.baseZxid = split.baseZxid();
        this.reconciler = new Reconciler(keepLast);
        this.blocks = new ArrayList<>(split.known());
        this.firstBlocks = blocks.size();
        decode();
    }

    private void decode() {
        if (!blocks.isEmpty()) {
            blocks.forEach(block -> entries += ZNodeStateCodec.decode(block, reconciler));
            // They are saved.
            reconciler.takeTouched();
        }
    }

    int bucket() {
        return bucket;
    }

    Reconciler reconciler() {
        return reconciler;
    }

    /**
     * Checks that what was known when the state was saved is of this table.
     *
     * @throws IllegalStateException if not
     */
    void checkRestored(PathTemplate template) {
        for (String path : reconciler.known().keySet()) {
            if (template.match(path) == null) {
                throw new IllegalStateException("The state of this scan knows the znode '" + path
                        + "', which the 'path' = '" + template + "' of the table does not match, so that its row could"
                        + " not be taken back: another 'path', or other types of its columns, wrote the state. Restore"
                        + " it with those, or start without the state.");
            }
        }
    }

    /**
     * Prepares for znodes that are rows: one that was none is tried again, and {@link #keys} hold back all but one of
     * those that have the same key.
     *
     * @throws IllegalStateException if what was known is not of this table
     */
    void openRows(PathTemplate template) {
        checkRestored(template);
        reconciler.forgetHidden();
        if (template.isAmbiguous()) {
            keys = new UniqueKeys(template, reconciler);
        }
    }

    /** Null unless several znodes may have one key. */
    UniqueKeys keys() {
        return keys;
    }

    /** Refuses two znodes of one key, both of which are there. */
    void checkKeys() throws ZooKeeperException {
        if (keys != null) {
            keys.check();
        }
    }

    /** A walk tells each znode once: while it is the first one, what it tells need only be saved. */
    void readOnce() {
        if (blocks.isEmpty() && keys == null) {
            told = new ToldZNodes();
        }
    }

    /** The tree is walked once more: from now on it is to be known what was told. */
    void readAgain() {
        if (told != null) {
            blocks.addAll(told.blocks());
            firstBlocks = blocks.size();
            told = null;
            decode();
        }
    }

    /** Whether a znode of a tree that is read once was told, or is known to be no row. */
    boolean hasTold(String path) {
        return told == null && reconciler.known().containsKey(path);
    }

    /** Remembers a znode of a tree that is read once. */
    void told(ZNodeState znode) {
        if (told == null) {
            reconciler.learn(znode);
        } else {
            told.add(znode);
        }
    }

    long baseZxid() {
        return baseZxid;
    }

    void startAt(long zxid) {
        baseZxid = zxid;
    }

    /** Remembers a transaction that the tree has been seen to include. */
    void includes(long zxid) {
        newestZxid = Math.max(newestZxid, zxid);
    }

    SubtreeSplit toSplit() {
        if (told != null) {
            return new SubtreeSplit(bucket, newestZxid, baseZxid, told.blocks());
        }
        Collection<String> touched = reconciler.takeTouched();
        entries += touched.size();
        boolean anew = entries > 1.5 * reconciler.paths().size() || blocks.size() > firstBlocks + MAX_BLOCKS;
        if (!touched.isEmpty() && anew) {
            entries = reconciler.paths().size();
            blocks.clear();
            blocks.addAll(ZNodeStateCodec.encode(reconciler));
            firstBlocks = blocks.size();
        } else if (!touched.isEmpty()) {
            blocks.addAll(ZNodeStateCodec.encode(touched, reconciler.known(), reconciler.deletions()));
        }
        return new SubtreeSplit(bucket, newestZxid, baseZxid, blocks);
    }
}
