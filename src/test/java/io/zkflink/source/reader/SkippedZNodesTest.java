// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.source.SchemaDecoder;
import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZNodeDeserializationSchema;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.ScanSettings.ChangeDetection;
import io.zkflink.source.settings.ScanSettings.Pushed;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.settings.UnreadablePolicy;
import io.zkflink.source.settings.WatchMode;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.junit.jupiter.api.Test;

/** A znode that a schema makes no record of is tried again after a restore, by which the schema may be another. */
class SkippedZNodesTest {

    private static final PathTemplate TEMPLATE =
            PathTemplate.parse("/r/{k}", PathEncoding.NONE, name -> SegmentType.STRING);

    private final Output output = new Output();

    @Test
    void whatCanBeDecodedNowComesBack() throws IOException {
        BucketState before = new BucketState(SubtreeSplit.fresh(0), false);
        ChangeEmitter<String> skipping = emitter(text -> text.startsWith("bad") ? null : text);
        skipping.add(before);
        for (Observation each : List.of(znode("a", 1, "bad a"), znode("b", 2, "bad b"), znode("c", 3, "c"))) {
            skipping.observed(each, before, output);
        }
        assertThat(output.records).containsExactly("CREATED c");
        SubtreeSplit saved = before.toSplit();

        BucketState restored = new BucketState(saved, false);
        ChangeEmitter<String> decoding = emitter(text -> text);
        decoding.add(restored);
        output.records.clear();
        for (Observation each : List.of(znode("a", 1, "bad a"), znode("c", 3, "c"))) {
            decoding.observed(each, restored, output);
        }
        endWalk(decoding);
        assertThat(output.records)
                .as("c was told before; b was none, and is gone")
                .containsExactly("CREATED bad a");

        SubtreeSplit savedAgain = restored.toSplit();
        assertThat(new BucketState(savedAgain, false).reconciler().known()).containsOnlyKeys("/r/a", "/r/c");
    }

    @Test
    void whatStillCannotBeDecodedStaysAway() throws IOException {
        BucketState before = new BucketState(SubtreeSplit.fresh(0), false);
        ChangeEmitter<String> skipping = emitter(text -> null);
        skipping.add(before);
        skipping.observed(znode("a", 1, "x"), before, output);
        BucketState restored = new BucketState(before.toSplit(), false);
        ChangeEmitter<String> again = emitter(text -> null);
        again.add(restored);
        again.observed(znode("a", 1, "x"), restored, output);
        again.observed(new Observation("/r/a", Optional.empty(), 1, 0, 0), restored, output);
        assertThat(output.records).isEmpty();
    }

    @Test
    void whatIsToFailNowFails() throws IOException {
        BucketState before = new BucketState(SubtreeSplit.fresh(0), false);
        ChangeEmitter<String> skipping = emitter(text -> null);
        skipping.add(before);
        skipping.observed(znode("a", 1, "x"), before, output);
        BucketState restored = new BucketState(before.toSplit(), false);
        ChangeEmitter<String> failing = emitter(text -> {
            throw new IllegalStateException("no");
        });
        failing.add(restored);
        assertThatThrownBy(() -> failing.observed(znode("a", 1, "x"), restored, output))
                .hasMessageContaining("/r/a")
                .hasMessageContaining("no");
    }

    private void endWalk(ChangeEmitter<String> emitter) throws IOException {
        emitter.marked(new WalkEnded(1, 10, 0), output);
        while (emitter.hasMore()) {
            emitter.emitMore(output);
        }
    }

    private static Observation znode(String name, long zxid, String data) {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        ZNodeStat stat = new ZNodeStat(zxid, zxid, 0, 0, 0, 0, 0, 0, bytes.length, 0, zxid);
        return new Observation("/r/" + name, Optional.of(new ZNode("/r/" + name, bytes, stat)), 1, 0, 0);
    }

    private static ChangeEmitter<String> emitter(Function<String, String> decoded) {
        return new ChangeEmitter<>(
                new SchemaDecoder<>(TEMPLATE, new Texts(decoded), PayloadCompression.NONE),
                new ScanSettings(
                        ScanMode.APPEND,
                        StartupMode.INITIAL,
                        BoundedMode.UNBOUNDED,
                        false,
                        1,
                        new ChangeDetection(WatchMode.AUTO, Duration.ofSeconds(1), Duration.ZERO),
                        UnreadablePolicy.FAIL,
                        Pushed.NONE),
                new ScanMetrics(InternalSourceReaderMetricGroup.mock(new UnregisteredMetricsGroup())));
    }

    private record Texts(Function<String, String> decoded) implements ZNodeDeserializationSchema<String> {
        @Override
        public String deserialize(ZNodeChange change) {
            String text = decoded.apply(new String(change.data(), StandardCharsets.UTF_8));
            return text == null ? null : change.type() + " " + text;
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return TypeInformation.of(String.class);
        }
    }

    private static final class Output implements SourceOutput<String> {
        private final List<String> records = new ArrayList<>();

        @Override
        public void collect(String record) {
            records.add(record);
        }

        @Override
        public void collect(String record, long timestamp) {
            records.add(record);
        }

        @Override
        public void emitWatermark(Watermark watermark) {}

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}
    }
}
