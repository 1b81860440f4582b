// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.subtree.state.FeedEvent.UpToDate;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;
import org.junit.jupiter.api.Test;

/** When event time may go on: never past a change that may still come. */
class SourceWatermarksTest {

    private static final UpToDate WATCHED = new UpToDate(1, true, 0);
    private static final UpToDate POLLED = new UpToDate(1, false, 0);

    private final Output output = new Output();

    @Test
    void aWatchedTreeIsAsFarAsItsNewestRow() {
        SourceWatermarks watermarks = new SourceWatermarks(true, 0);
        watermarks.seen(3000, output);
        watermarks.seen(2000, output);
        assertThat(output.said).isEmpty();
        watermarks.upToDate(WATCHED, output);
        assertThat(output.said).containsExactly("2999");
    }

    @Test
    void aPolledTreeIsAsFarAsWhatWasSeenBeforeTheWalk() {
        SourceWatermarks watermarks = new SourceWatermarks(true, 0);
        watermarks.walkBegun();
        watermarks.seen(1000, output);
        watermarks.upToDate(POLLED, output);
        assertThat(output.said).isEmpty();
        watermarks.walkBegun();
        watermarks.seen(3000, output); // read after another znode that was changed at 2000 since it was read
        watermarks.upToDate(POLLED, output);
        assertThat(output.said).containsExactly("999");
    }

    @Test
    void aProofMovesTimeOnByItself() {
        SourceWatermarks watermarks = new SourceWatermarks(false, 50);
        watermarks.seen(3000, output);
        watermarks.upToDate(WATCHED, output);
        assertThat(output.said).isEmpty();
        watermarks.upToDate(new UpToDate(1, true, 4000), output);
        assertThat(output.said).containsExactly("3950");
    }

    @Test
    void aReaderWithoutZNodesIsIdleUntilItHasOne() {
        SourceWatermarks watermarks = new SourceWatermarks(true, 0);
        watermarks.upToDate(WATCHED, output);
        watermarks.upToDate(WATCHED, output);
        watermarks.seen(5, output);
        watermarks.upToDate(WATCHED, output);
        assertThat(output.said).containsExactly("idle", "active", "4");
    }

    private static final class Output implements SourceOutput<Object> {
        private final List<String> said = new ArrayList<>();

        @Override
        public void collect(Object row) {
            throw new AssertionError("no rows here");
        }

        @Override
        public void collect(Object row, long timestamp) {
            throw new AssertionError("no rows here");
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            said.add(Long.toString(watermark.getTimestamp()));
        }

        @Override
        public void markIdle() {
            said.add("idle");
        }

        @Override
        public void markActive() {
            said.add("active");
        }
    }
}
