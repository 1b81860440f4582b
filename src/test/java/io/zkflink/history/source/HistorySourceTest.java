// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.history.History;
import io.zkflink.testkit.WrittenFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where reading begins, how it follows what is written, and how it goes on from a checkpoint. */
class HistorySourceTest {

    private static final Duration POLL = Duration.ofMillis(5);
    private static final long EPOCH_2 = 0x200000000L;

    @TempDir
    Path directory;

    private WrittenFolder folder;

    @BeforeEach
    void aFolder() {
        folder = new WrittenFolder(directory);
    }

    private HistorySource source(LogScan.Start start, Duration pollInterval) {
        return HistorySource.ofLog(
                new History(List.of(directory.toString()), false),
                new LogScan(start, pollInterval),
                new WholeLogDecoder(List.of(WholeLogDecoder.Field.PATH), List.of()),
                false,
                TypeInformation.of(RowData.class));
    }

    private List<String> all(LogScan.Start start) throws Exception {
        try (ManualReader reader = ManualReader.of(source(start, null))) {
            return reader.allRows();
        }
    }

    private static List<String> paths(long first, long last) {
        return LongStream.rangeClosed(first, last).mapToObj(zxid -> "/n" + zxid).toList();
    }

    @Test
    void startupModes() throws Exception {
        folder.begin(1).creations(1, 10).begin(11).creations(11, 15);
        assertThat(all(new LogScan.Start.Earliest())).isEqualTo(paths(1, 15));
        assertThat(all(new LogScan.Start.Latest())).isEmpty();
        for (long begin : new long[] {1, 2, 10, 11, 12, 15}) {
            assertThat(all(new LogScan.Start.AtZxid(begin))).isEqualTo(paths(begin, 15));
            assertThat(all(new LogScan.Start.AtTime(WrittenFolder.time(begin)))).isEqualTo(paths(begin, 15));
            assertThat(all(new LogScan.Start.AtTime(WrittenFolder.time(begin) - 1)))
                    .isEqualTo(paths(begin, 15));
        }
        assertThat(all(new LogScan.Start.AtZxid(0))).isEqualTo(paths(1, 15));
        assertThat(all(new LogScan.Start.AtZxid(16))).isEmpty();
        assertThat(all(new LogScan.Start.AtTime(0))).isEqualTo(paths(1, 15));
        assertThat(all(new LogScan.Start.AtTime(WrittenFolder.time(15) + 1))).isEmpty();
    }

    /**
     * Leaders' clocks may differ: the order is that of the transactions, and nothing behind the first one is left out.
     */
    @Test
    void aTimeToBeginWithIsThatOfTheFirstTransactionThatIsNotEarlier() throws Exception {
        folder.begin(1).creations(1, 10).begin(EPOCH_2 + 1).creations(EPOCH_2 + 1, EPOCH_2 + 3);
        List<String> expected = new ArrayList<>(paths(9, 10));
        expected.addAll(paths(EPOCH_2 + 1, EPOCH_2 + 3));
        assertThat(all(new LogScan.Start.AtTime(WrittenFolder.time(9)))).isEqualTo(expected);
    }

    @Test
    void aTransactionThatTheFilesDoNotReachBackToIsAnError() throws Exception {
        folder.begin(5).creations(5, 7);
        try (ManualReader reader = ManualReader.of(source(new LogScan.Start.AtZxid(3), null))) {
            assertThatThrownBy(reader::allRows).hasStackTraceContaining("Transactions are missing between 0x2 and 0x5");
        }
    }

    /** What is written between start and restore counts, whether or not a row came before the checkpoint. */
    @Test
    void latestIsWhereTheJobWasStarted() throws Exception {
        folder.begin(1).creations(1, 5);
        HistorySource source = source(new LogScan.Start.Latest(), POLL);
        List<HistorySplit> checkpoint;
        try (ManualReader reader = ManualReader.of(source)) {
            checkpoint = reader.checkpoint();
        }
        folder.creations(6, 8);
        try (ManualReader reader = ManualReader.restored(source, checkpoint)) {
            assertThat(reader.rows(3)).isEqualTo(paths(6, 8));
        }
    }

    @Test
    void latestOfNothingIsTheBegin() throws Exception {
        HistorySource source = source(new LogScan.Start.Latest(), POLL);
        List<HistorySplit> checkpoint;
        try (ManualReader reader = ManualReader.of(source)) {
            reader.poll();
            checkpoint = reader.checkpoint();
        }
        folder.begin(1).creations(1, 3);
        try (ManualReader reader = ManualReader.restored(source, checkpoint)) {
            assertThat(reader.rows(3)).isEqualTo(paths(1, 3));
        }
    }

    /** A server that was set up from a snapshot has logged nothing yet. */
    @Test
    void latestOfASnapshotIsBehindIt() throws Exception {
        folder.snapshot(EPOCH_2 + 5, Map.of());
        HistorySource source = source(new LogScan.Start.Latest(), POLL);
        try (ManualReader reader = ManualReader.of(source)) {
            folder.begin(EPOCH_2 + 6).creations(EPOCH_2 + 6, EPOCH_2 + 7);
            assertThat(reader.rows(2)).isEqualTo(paths(EPOCH_2 + 6, EPOCH_2 + 7));
        }
    }

    /** What a server that was away got as a snapshot came before the job. */
    @Test
    void latestIsNotBeforeTheNewestSnapshot() throws Exception {
        folder.begin(1).creations(1, 5);
        folder.snapshot(9, Map.of());
        HistorySource source = source(new LogScan.Start.Latest(), POLL);
        try (ManualReader reader = ManualReader.of(source)) {
            folder.begin(10).creations(10, 11);
            assertThat(reader.rows(2)).isEqualTo(paths(10, 11));
        }
    }

    @Test
    void whatIsWrittenIsFollowed() throws Exception {
        folder.begin(1).creations(1, 2);
        try (ManualReader reader = ManualReader.of(source(new LogScan.Start.Earliest(), POLL))) {
            assertThat(reader.rows(2)).isEqualTo(paths(1, 2));
            folder.creations(3, 3);
            assertThat(reader.rows(3)).isEqualTo(paths(1, 3));
            folder.begin(4).creations(4, 5);
            assertThat(reader.rows(5)).isEqualTo(paths(1, 5));
        }
    }

    /** As rsync and object stores replace files: another one takes the name. */
    @Test
    void aFileThatIsReplacedIsFollowed() throws Exception {
        folder.begin(1).creations(1, 2);
        Path log = folder.log();
        try (ManualReader reader = ManualReader.of(source(new LogScan.Start.Earliest(), POLL))) {
            assertThat(reader.rows(2)).isEqualTo(paths(1, 2));
            WrittenFolder grown = new WrittenFolder(directory.resolve("other"));
            Files.move(grown.begin(1).creations(1, 4).log(), log, StandardCopyOption.REPLACE_EXISTING);
            assertThat(reader.rows(4)).isEqualTo(paths(1, 4));
        }
    }

    /** Servers delete old files while they are read. */
    @Test
    void aFileThatIsPurgedWhileItIsReadIsReadToItsEnd() throws Exception {
        folder.begin(1).creations(1, 2);
        Path log = folder.log();
        try (ManualReader reader = ManualReader.of(source(new LogScan.Start.Earliest(), POLL))) {
            assertThat(reader.rows(2)).isEqualTo(paths(1, 2));
            folder.begin(3).creations(3, 4);
            Files.delete(log);
            assertThat(reader.rows(4)).isEqualTo(paths(1, 4));
        }
    }

    /**
     * A checkpoint after each row, and a restore of each of them: what came before and what comes after is all there
     * is.
     */
    @Test
    void aRestoredJobGoesOnBehindTheLastRow() throws Exception {
        folder.begin(1)
                .creations(1, 3)
                .multi(4, "/a", "/b", "/c")
                .creations(5, 6)
                .begin(7)
                .creations(7, 8);
        HistorySource source = source(new LogScan.Start.Earliest(), null);
        List<String> all = all(new LogScan.Start.Earliest());
        assertThat(all).hasSize(10);
        for (int before = 0; before <= all.size(); before++) {
            List<String> rows;
            List<HistorySplit> checkpoint;
            try (ManualReader reader = ManualReader.of(source)) {
                rows = new ArrayList<>(reader.rows(before));
                assertThat(rows).hasSize(before);
                checkpoint = reader.checkpoint();
            }
            if (!checkpoint.isEmpty()) {
                try (ManualReader reader = ManualReader.restored(source, checkpoint)) {
                    rows.addAll(reader.allRows());
                }
            }
            assertThat(rows).isEqualTo(all);
        }
    }

    @Test
    void aRestoredJobWhoseFilesWerePurgedFails() throws Exception {
        folder.begin(1).creations(1, 5);
        Path first = folder.log();
        HistorySource source = source(new LogScan.Start.Earliest(), null);
        List<HistorySplit> checkpoint;
        try (ManualReader reader = ManualReader.of(source)) {
            reader.rows(2);
            checkpoint = reader.checkpoint();
        }
        folder.begin(6).creations(6, 7);
        Files.delete(first);
        try (ManualReader reader = ManualReader.restored(source, checkpoint)) {
            assertThatThrownBy(reader::allRows)
                    .hasStackTraceContaining("Transactions are missing between 0x2 and 0x6: nothing is there before");
        }
    }
}
