// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.Column;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.ReadableMetadata;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.row.payload.PayloadDecoder;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.ScanSettings.ChangeDetection;
import io.zkflink.source.settings.ScanSettings.Pushed;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.settings.UnreadablePolicy;
import io.zkflink.source.settings.WatchMode;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.source.split.SubtreeSplitSerializer;
import io.zkflink.subtree.state.FeedEvent.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.formats.raw.RawFormatFactory;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.connector.source.ScanRuntimeProviderContext;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.Test;

/** With 'all' a znode is kept to take its row back, with its data only if the row needs it. */
class BeforeImagesTest {

    private static final PathTemplate TEMPLATE =
            PathTemplate.parse("/r/{k}", PathEncoding.NONE, name -> SegmentType.STRING);
    private static final int LARGE = 100_000;
    private static final Column VERSION = new Column.FromMetadata(ReadableMetadata.VERSION);
    private static final Column LENGTH = new Column.FromMetadata(ReadableMetadata.DATA_LENGTH);

    private final Output output = new Output();

    @Test
    void dataThatNoRowNeedsIsNotKept() throws IOException {
        BucketState state = new BucketState(SubtreeSplit.fresh(0), true);
        ChangeEmitter<RowData> emitter = emitter(new ZNodeDecoder(
                TEMPLATE, List.of(new Column.FromPath(0), VERSION, LENGTH), null, ParseErrorPolicy.FAIL, "o"));
        emitter.add(state);
        for (int i = 0; i < 20; i++) {
            emitter.observed(znode("n" + i, 1, 0), state, output);
        }
        output.rows.clear();
        emitter.observed(znode("n7", 2, 1), state, output);
        assertThat(output.rows).containsExactly("-U(n7,0,100000)", "+U(n7,1,100000)");
        SubtreeSplit saved = state.toSplit();
        assertThat(SubtreeSplitSerializer.INSTANCE.serialize(saved)).hasSizeLessThan(LARGE / 10);

        BucketState restored = new BucketState(saved, true);
        emitter.add(restored);
        output.rows.clear();
        emitter.observed(new Observation("/r/n7", Optional.empty(), 1, 0, 0), restored, output);
        assertThat(output.rows).containsExactly("-D(n7,1,100000)");
    }

    @Test
    void aQueryThatNeedsTheDataDoesNotInventIt() throws Exception {
        BucketState state = new BucketState(SubtreeSplit.fresh(0), true);
        ChangeEmitter<RowData> before =
                emitter(new ZNodeDecoder(TEMPLATE, List.of(new Column.FromPath(0)), null, ParseErrorPolicy.FAIL, "o"));
        before.add(state);
        before.observed(znode("a", 1, 0), state, output);
        BucketState restored = new BucketState(state.toSplit(), true);
        ChangeEmitter<RowData> now = emitter(text());
        now.add(restored);
        assertThatThrownBy(() -> now.observed(znode("a", 2, 1), restored, output))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "The state of this scan has the znode '/r/a' without its data, because a query that reads no"
                                + " payload column wrote it. Start without the state, or restore that query.");
    }

    private static ZNodeDecoder text() throws Exception {
        DeserializationSchema<RowData> raw = new RawFormatFactory()
                .createDecodingFormat(null, new Configuration())
                .createRuntimeDecoder(
                        ScanRuntimeProviderContext.INSTANCE, DataTypes.ROW(DataTypes.FIELD("v", DataTypes.STRING())));
        raw.open(null);
        Column column = new Column.FromPayload(RowData.createFieldGetter(VarCharType.STRING_TYPE, 0));
        return new ZNodeDecoder(
                TEMPLATE,
                List.of(column),
                new PayloadDecoder(raw, PayloadDecoder.Rules.PLAIN),
                ParseErrorPolicy.FAIL,
                "scan.parse-errors");
    }

    private static Observation znode(String name, long mzxid, int version) {
        ZNodeStat stat = new ZNodeStat(1, mzxid, 0, 0, version, 0, 0, 0, LARGE, 0, 1);
        return new Observation("/r/" + name, Optional.of(new ZNode("/r/" + name, new byte[LARGE], stat)), 1, 0, 0);
    }

    private static ChangeEmitter<RowData> emitter(ZNodeDecoder decoder) {
        return new ChangeEmitter<>(
                decoder,
                new ScanSettings(
                        ScanMode.ALL,
                        StartupMode.INITIAL,
                        BoundedMode.UNBOUNDED,
                        false,
                        1,
                        new ChangeDetection(WatchMode.AUTO, Duration.ofSeconds(1), Duration.ZERO),
                        UnreadablePolicy.FAIL,
                        Pushed.NONE),
                new ScanMetrics(InternalSourceReaderMetricGroup.mock(new UnregisteredMetricsGroup())));
    }

    private static final class Output implements SourceOutput<RowData> {
        private final List<String> rows = new ArrayList<>();

        @Override
        public void collect(RowData row) {
            rows.add(row.toString());
        }

        @Override
        public void collect(RowData row, long timestamp) {
            rows.add(row.toString());
        }

        @Override
        public void emitWatermark(Watermark watermark) {}

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}
    }
}
