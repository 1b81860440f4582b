// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.testkit.LiveHeap;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a znode takes that a scan knows; paths of about 13 characters, and data of 100 bytes. */
class BucketHeapTest {

    private static final int ZNODES = 20_000;
    private static final int DATA_BYTES = 100;

    @Test
    void ofAZNodeThatIsKeptForBeforeImages() throws Exception {
        assertThat(bytes(true, false)).isLessThan(310);
    }

    /** The saved form has its data, too; it is then nowhere else. */
    @Test
    void ofAZNodeThatIsKeptAndSaved() throws Exception {
        assertThat(bytes(true, true)).isLessThan(320);
    }

    @Test
    void ofAZNodeOfWhichOnlyTheZxidsAreKnown() throws Exception {
        assertThat(bytes(false, false)).isLessThan(175);
        assertThat(bytes(false, true)).isLessThan(205);
    }

    private static long bytes(boolean keepLast, boolean saved) throws Exception {
        return LiveHeap.bytesOf(() -> {
                    BucketState state = new BucketState(SubtreeSplit.fresh(0), keepLast);
                    for (int i = 0; i < ZNODES; i++) {
                        state.reconciler().observe(observation(i));
                    }
                    if (saved) {
                        state.toSplit();
                    }
                    return state;
                })
                / ZNODES;
    }

    private static Observation observation(int number) {
        String path = "/wide/" + number / 1_000 + "/" + number % 1_000;
        long zxid = 0x1_0000_0000L + number;
        long millis = 1_700_000_000_000L + number;
        ZNodeStat stat = new ZNodeStat(zxid, zxid, millis, millis, 0, 0, 0, 0, DATA_BYTES, 0, zxid);
        return new Observation(path, Optional.of(new ZNode(path, new byte[DATA_BYTES], stat)), 1, 0, 0);
    }
}
