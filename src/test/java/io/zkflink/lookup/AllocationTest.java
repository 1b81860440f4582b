// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.row.EventType;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.testkit.Allocated;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/**
 * What a row costs in allocated bytes, which does not depend on how fast the machine is: what garbage a job makes per
 * row. The bounds are about twice what was seen before the JIT compiler leaves allocations out.
 */
class AllocationTest {

    private final ZNodeDecoder decoder = LookupFixtures.decoder();
    private final ZNode znode =
            new ZNode("/r/parent/child", new byte[100], new ZNodeStat(1, 2, 3, 4, 5, 6, 7, 8, 100, 0, 9));

    @Test
    void rowOfAZNode() throws Exception {
        assertThat(Allocated.bytesPer(() -> decoder.record(znode, EventType.CREATED)))
                .isLessThan(500);
    }

    @Test
    void rowFoundInAMirror() throws Exception {
        BinaryRows rows = new BinaryRows(LookupFixtures.serializer(), LookupFixtures.TYPES.size());
        MirrorIndex index = MirrorIndex.of(LookupFixtures.keys(0, 1), rows, true);
        index.change(
                znode.path(),
                null,
                rows.bytes(decoder.record(znode, EventType.CREATED).orElseThrow()));
        RowData key = LookupFixtures.key("parent", "child");
        assertThat(index.find(key)).hasSize(1);

        // A row is made of the bytes that are kept.
        assertThat(Allocated.bytesPer(() -> index.find(key))).isLessThan(600);
    }
}
