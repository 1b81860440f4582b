// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.row.EventType;
import io.zkflink.row.ZNodeDecoder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/**
 * What a row costs in allocated bytes, which does not depend on how fast the machine is: what garbage a job makes per
 * row. The bounds are about twice what was seen before the JIT compiler leaves allocations out.
 */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UPS = 1_000;
    private static final int TIMES = 10_000;

    private final ZNodeDecoder decoder = LookupFixtures.decoder();
    private final ZNode znode =
            new ZNode("/r/parent/child", new byte[100], new ZNodeStat(1, 2, 3, 4, 5, 6, 7, 8, 100, 0, 9));

    @Test
    void rowOfAZNode() throws IOException {
        assertThat(bytesPer(() -> decoder.record(znode, EventType.CREATED))).isLessThan(500);
    }

    @Test
    void rowFoundInAMirror() throws IOException {
        BinaryRows rows = new BinaryRows(LookupFixtures.serializer(), LookupFixtures.TYPES.size());
        MirrorIndex index = MirrorIndex.of(LookupFixtures.keys(0, 1), rows, true);
        index.change(
                znode.path(),
                null,
                rows.bytes(decoder.record(znode, EventType.CREATED).orElseThrow()));
        RowData key = LookupFixtures.key("parent", "child");
        assertThat(index.find(key)).hasSize(1);

        // A row is made of the bytes that are kept.
        assertThat(bytesPer(() -> index.find(key))).isLessThan(600);
    }

    /** Something done again and again. */
    private interface Work {
        Object run() throws IOException;
    }

    private static long bytesPer(Work work) throws IOException {
        for (int i = 0; i < WARM_UPS; i++) {
            work.run();
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < TIMES; i++) {
            work.run();
        }
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / TIMES;
    }
}
