// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.WrittenFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which transactions of several folders count, and where some are missing. */
class CommittedLogTest {

    private static final long EPOCH_2 = 0x200000000L;
    private static final long EPOCH_3 = 0x300000000L;

    @TempDir
    Path directory;

    private WrittenFolder folder(String name) {
        return new WrittenFolder(directory.resolve(name));
    }

    private static List<Long> zxids(History history) throws IOException {
        List<Long> zxids = new ArrayList<>();
        try (CommittedLog log = history.logFrom(-1, false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                zxids.add(record.zxid());
            }
        }
        return zxids;
    }

    private History history(String... names) {
        return new History(
                Arrays.stream(names)
                        .map(name -> directory.resolve(name).toString())
                        .toList(),
                false);
    }

    private static List<Long> range(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }

    private static List<Long> ranges(long first, long last, long firstOfNext, long lastOfNext) {
        List<Long> all = new ArrayList<>(range(first, last));
        all.addAll(range(firstOfNext, lastOfNext));
        return all;
    }

    @Test
    void whatALeaderAloneHasWasNeverCommitted() throws Exception {
        folder("a").begin(1).creations(1, 7).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        folder("b").begin(1).creations(1, 5).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        folder("c").begin(1).creations(1, 5).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        assertThat(zxids(history("a", "b", "c"))).isEqualTo(ranges(1, 5, EPOCH_2 + 1, EPOCH_2 + 2));
    }

    /** A follower that was away may get a snapshot instead of what it missed. */
    @Test
    void whatAServerGotAsASnapshotItDoesNotLack() throws Exception {
        folder("a").begin(1).creations(1, 7).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        WrittenFolder b = folder("b").begin(1).creations(1, 5);
        b.snapshot(7, Map.of());
        b.begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        assertThat(zxids(history("a", "b"))).isEqualTo(ranges(1, 7, EPOCH_2 + 1, EPOCH_2 + 2));
    }

    /** The leader may have begun its epoch by then, or ended it. */
    @Test
    void theSnapshotMayBeOfALaterEpoch() throws Exception {
        for (long snapshot : new long[] {EPOCH_2, EPOCH_2 + 2}) {
            String name = "of" + snapshot;
            folder(name + "a")
                    .begin(1)
                    .creations(1, 7)
                    .begin(EPOCH_2 + 1)
                    .creations(EPOCH_2 + 1, EPOCH_2 + 2)
                    .begin(EPOCH_3 + 1)
                    .creations(EPOCH_3 + 1, EPOCH_3 + 1);
            WrittenFolder b = folder(name + "b").begin(1).creations(1, 5);
            b.snapshot(snapshot, Map.of());
            b.begin(EPOCH_3 + 1).creations(EPOCH_3 + 1, EPOCH_3 + 1);
            assertThat(zxids(history(name + "a", name + "b")))
                    .startsWith(range(1, 7).toArray(Long[]::new));
        }
    }

    /** What was there before is part of a snapshot, and what came after it is not. */
    @Test
    void anOlderSnapshotSaysNothingOfTheEndOfAnEpoch() throws Exception {
        folder("a").begin(1).creations(1, 7).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        for (String name : List.of("b", "c")) {
            WrittenFolder other = folder(name).begin(1).creations(1, 5);
            other.snapshot(5, Map.of());
            other.begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        }
        assertThat(zxids(history("a", "b", "c"))).isEqualTo(ranges(1, 5, EPOCH_2 + 1, EPOCH_2 + 2));
    }

    @Test
    void aFolderThatIsNamedTwiceVotesOnce() throws Exception {
        folder("a/version-2").begin(1).creations(1, 7).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        folder("b").begin(1).creations(1, 5).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        folder("c").begin(1).creations(1, 5).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 2);
        History history = new History(
                List.of(
                        directory.resolve("a").toString(),
                        directory.resolve("a/version-2").toString(),
                        "file://" + directory.resolve("a/version-2/"),
                        directory.resolve("c/../a").toString(),
                        directory.resolve("b").toString(),
                        directory.resolve("c").toString()),
                false);
        assertThat(zxids(history)).isEqualTo(ranges(1, 5, EPOCH_2 + 1, EPOCH_2 + 2));
    }

    @Test
    void aGapIsToldByTheFilesAroundIt() {
        folder("a").begin(1).creations(1, 3).begin(5).creations(5, 6);
        assertThatThrownBy(() -> zxids(history("a")))
                .hasMessageContaining("Transactions are missing between 0x3 and 0x5")
                .hasMessageContaining("log.1' ends before them")
                .hasMessageContaining("log.5' goes on behind them")
                .hasMessageContaining("'log.on-gap' = 'skip'");
    }

    @Test
    void aGapWithNothingBeforeItIsTold() {
        folder("a").begin(5).creations(5, 6);
        assertThatThrownBy(() -> {
                    try (CommittedLog log = history("a").logAfter(2, false)) {
                        log.next();
                    }
                })
                .hasMessageContaining("Transactions are missing between 0x2 and 0x5: nothing is there before '")
                .hasMessageContaining("log.5'")
                .hasMessageNotContaining("ends before them");
    }

    @Test
    void gapsAreSkippedAndCountedWhenThatIsAskedFor() throws Exception {
        folder("a").begin(1).creations(1, 3).begin(5).creations(5, 6).creations(9, 9);
        AtomicInteger gaps = new AtomicInteger();
        List<Long> zxids = new ArrayList<>();
        History history = new History(List.of(directory.resolve("a").toString()), true);
        try (CommittedLog log = history.logFrom(-1, false).onGap(gaps::incrementAndGet)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                zxids.add(record.zxid());
            }
        }
        assertThat(zxids).containsExactly(1L, 2L, 3L, 5L, 6L, 9L);
        assertThat(gaps).hasValue(2);
    }
}
