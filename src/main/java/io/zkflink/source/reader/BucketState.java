// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.path.PathTemplate;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.ZNodeStateCodec;
import io.zkflink.subtree.UniqueKeys;
import io.zkflink.subtree.state.Reconciler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A bucket while it is read: the state machine, and its encoded form for checkpoints.
 *
 * <p>A checkpoint encodes only what changed since the last one, as one more block; when such blocks have grown to half
 * of the first one, all is encoded anew. Owned by the task thread.
 */
final class BucketState {

    private static final int MAX_BLOCKS = 64;

    private final int bucket;
    private final Reconciler reconciler;
    private final List<byte[]> blocks;
    /** Null unless several znodes may have one key. */
    private UniqueKeys keys;

    private long newestZxid;
    private long baseZxid;

    BucketState(SubtreeSplit split, boolean keepLast) {
        this.bucket = split.bucket();
        this.newestZxid = split.newestZxid();
        this.baseZxid = split.baseZxid();
        this.reconciler = new Reconciler(keepLast);
        this.blocks = new ArrayList<>(split.known());
        if (!blocks.isEmpty()) {
            blocks.forEach(block -> ZNodeStateCodec.decode(block, reconciler));
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

    /** Has {@link #keys} hold back all but one of the znodes that have the same key. */
    void tellKeysApart(PathTemplate template) {
        if (template.isAmbiguous()) {
            keys = new UniqueKeys(template, reconciler);
        }
    }

    /** Null unless several znodes may have one key. */
    UniqueKeys keys() {
        return keys;
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
        Collection<String> touched = reconciler.takeTouched();
        if (!touched.isEmpty()) {
            blocks.add(ZNodeStateCodec.encode(touched, reconciler.known(), reconciler.deletions()));
            if (blocks.size() > MAX_BLOCKS || deltaBytes() > blocks.get(0).length / 2) {
                blocks.clear();
                blocks.add(ZNodeStateCodec.encode(reconciler));
            }
        }
        return new SubtreeSplit(bucket, newestZxid, baseZxid, blocks);
    }

    private long deltaBytes() {
        return blocks.stream().skip(1).mapToLong(block -> block.length).sum();
    }
}
