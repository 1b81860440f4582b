// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.LiveHeap;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a row in a mirror takes. */
class MirrorHeapTest {

    private static final int ROWS = 20_000;
    private static final int PER_PARENT = 1_000;

    /** Two columns of the path and a number; a text of 100 bytes would add those. */
    @Test
    void ofARow() throws Exception {
        FakeZooKeeper zk = new FakeZooKeeper();
        zk.create("/r", "");
        for (int i = 0; i < ROWS; i++) {
            if (i % PER_PARENT == 0) {
                zk.create("/r/" + i / PER_PARENT, "");
            }
            zk.create("/r/" + i / PER_PARENT + "/" + i % PER_PARENT, "");
        }
        LookupTable table = LookupFixtures.table(Duration.ofMinutes(1), new LookupCaching.Full());
        long bytes = LiveHeap.bytesOf(() -> {
            Mirror mirror = new Mirror(table, LookupFixtures.decoder(), LookupFixtures.serializer(), zk);
            assertThat(mirror.index(LookupFixtures.keys(0, 1)).find(LookupFixtures.key("7", "77")))
                    .hasSize(1);
            return mirror;
        });
        // A quarter of it is what the fake notes of the reads.
        assertThat(bytes / ROWS).isLessThan(500);
    }
}
