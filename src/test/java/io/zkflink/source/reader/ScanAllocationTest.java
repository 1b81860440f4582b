// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.testkit.Allocated;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/**
 * What the task's thread allocates for a znode of a snapshot, from what was read to the row, with what it remembers.
 */
class ScanAllocationTest {

    private final PathTemplate template =
            PathTemplate.parse("/r/{a}/{b}", PathEncoding.NONE, name -> SegmentType.STRING);
    private int znodes;

    @Test
    void ofAZNode() throws Exception {
        SnapshotEmitter<RowData> emitter = new SnapshotEmitter<>(
                new ZNodeDecoder(
                        template,
                        List.of(
                                new Column.FromPath(0),
                                new Column.FromPath(1),
                                new Column.FromMetadata(ReadableMetadata.VERSION)),
                        null,
                        ParseErrorPolicy.FAIL,
                        "scan.parse-errors"),
                new RowLimit(Long.MAX_VALUE),
                new ScanMetrics(InternalSourceReaderMetricGroup.mock(
                        UnregisteredMetricsGroup.createSourceReaderMetricGroup())));
        BucketState state = new BucketState(SubtreeSplit.fresh(0), false);
        emitter.add(state);
        Output output = new Output();

        long bytes = Allocated.bytesPer(() -> {
            emitter.observed(observation(), state, output);
            return null;
        });

        assertThat(output.rows).isEqualTo(znodes);
        // With the observation itself, which a reader is given.
        assertThat(bytes).isLessThan(800);
    }

    private Observation observation() {
        String path = "/r/parent/" + znodes++;
        ZNodeStat stat = new ZNodeStat(znodes, znodes, 1, 1, 0, 0, 0, 0, 0, 0, znodes);
        return new Observation(path, Optional.of(new ZNode(path, new byte[0], stat)), 1, 0, 0);
    }

    private static final class Output implements SourceOutput<RowData> {
        private int rows;

        @Override
        public void collect(RowData row) {
            rows++;
        }

        @Override
        public void collect(RowData row, long timestamp) {
            rows++;
        }

        @Override
        public void emitWatermark(Watermark watermark) {}

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}
    }
}
