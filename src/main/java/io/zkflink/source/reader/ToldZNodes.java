// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.source.split.ZNodeStateBlock;
import io.zkflink.subtree.state.ZNodeState;
import java.util.ArrayList;
import java.util.List;

/**
 * The znodes that a first walk has told, as they will be saved: bytes, where a map would have to be grown by the task and
 * moved about by the garbage collector, and would be asked nothing. Owned by the task thread.
 */
final class ToldZNodes {

    /** There are many buckets, and mostly few znodes in each. */
    private static final int FIRST_BYTES = 512;

    private final List<byte[]> full = new ArrayList<>();
    private final ZNodeStateBlock last = new ZNodeStateBlock(FIRST_BYTES);

    void add(ZNodeState znode) {
        if (last.isFull()) {
            full.add(last.copy());
            last.clear();
        }
        last.add(znode);
    }

    /** All of them until now, encoded. */
    List<byte[]> blocks() {
        List<byte[]> blocks = new ArrayList<>(full);
        if (last.entries() > 0) {
            blocks.add(last.copy());
        }
        return blocks;
    }
}
