// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.session.SessionPool;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.source.settings.BoundedMode;
import io.zkflink.source.settings.ScanMode;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.settings.ScanSettings.ChangeDetection;
import io.zkflink.source.settings.ScanSettings.Pushed;
import io.zkflink.source.settings.StartupMode;
import io.zkflink.source.settings.UnreadablePolicy;
import io.zkflink.source.settings.WatchMode;
import io.zkflink.source.split.SubtreeSplit;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.metrics.groups.InternalSourceReaderMetricGroup;
import org.junit.jupiter.api.Test;

class SubtreeSplitReaderTest {

    /** Else the fetcher would spin until somebody else ends it. */
    @Test
    void anInterruptEndsTheFetch() {
        SubtreeSplitReader reader = new SubtreeSplitReader(
                ConnectionSettings.of("127.0.0.1:1"),
                PathTemplate.parse("/r/{k}", PathEncoding.NONE, name -> SegmentType.STRING),
                new ScanSettings(
                        ScanMode.UPSERT,
                        StartupMode.INITIAL,
                        BoundedMode.UNBOUNDED,
                        true,
                        1,
                        new ChangeDetection(WatchMode.AUTO, Duration.ofSeconds(1), Duration.ZERO),
                        UnreadablePolicy.FAIL,
                        Pushed.NONE),
                false,
                new RowLimit(Long.MAX_VALUE),
                new ScanMetrics(InternalSourceReaderMetricGroup.mock(new UnregisteredMetricsGroup())));
        try {
            reader.handleSplitsChanges(new SplitsAddition<>(List.of(SubtreeSplit.fresh(0))));
            Thread.currentThread().interrupt();
            assertThatThrownBy(reader::fetch)
                    .isInstanceOf(IOException.class)
                    .hasMessage("Interrupted while waiting for changes of '/r/{k}'.");
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            reader.close();
        }
        assertThat(SessionPool.size()).isZero();
    }
}
