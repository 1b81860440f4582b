// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What a server of ZooKeeper 3.4.14 wrote, which does not run with the libraries of today. {@code version-2} is its
 * folder, after some 250 random operations of two clients at a time, one of which always ended with its ephemeral
 * znodes; snapshots were taken about every 60 transactions, and the server was killed and started again in the middle.
 * {@code moments.txt} has the trees that a client saw meanwhile: milliseconds since the epoch, path, data and Stat.
 */
class RecordedHistoryTest {

    private static final String SERVER = "/history/3.4.14";
    private static final int COLUMNS = 3;

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(RecordedHistoryTest.class.getResource(SERVER + name).toURI());
    }

    private static History history() throws URISyntaxException {
        return new History(List.of(resource("/version-2").toString()), false);
    }

    private static SortedMap<Long, SortedMap<String, String>> moments() throws IOException, URISyntaxException {
        SortedMap<Long, SortedMap<String, String>> moments = new TreeMap<>();
        for (String line : Files.readAllLines(resource("/moments.txt"))) {
            String[] columns = line.split("\t", COLUMNS);
            moments.computeIfAbsent(Long.valueOf(columns[0]), time -> new TreeMap<>())
                    .put(columns[1], columns[2]);
        }
        return moments;
    }

    @Test
    void theTreesAreThoseThatAClientSaw() throws Exception {
        SortedMap<Long, SortedMap<String, String>> moments = moments();
        assertThat(moments).hasSize(17);
        int known = 0;
        for (Map.Entry<Long, SortedMap<String, String>> moment : moments.entrySet()) {
            if (known == 0 && moment.getKey() < moments.lastKey()) {
                try {
                    TransactionLogITCase.tree(history(), moment.getKey());
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("answers exist from about");
                    continue;
                }
            }
            known++;
            assertThat(TransactionLogITCase.tree(history(), moment.getKey())).isEqualTo(moment.getValue());
        }
        assertThat(known).isGreaterThan(10);
    }

    /** The log is whole from its begin, so what went with each session is known without a snapshot, and with one. */
    @Test
    void theChangesLeadToTheLastTree() throws Exception {
        SortedMap<Long, SortedMap<String, String>> moments = moments();
        SortedMap<String, String> last = moments.get(moments.lastKey());
        assertThat(TransactionLogITCase.replayed(history()))
                .isEqualTo(TransactionLogITCase.paths(new RandomTransactions.Moment(0, last)));
        assertThat(TransactionLogITCase.zxids(history()))
                .isEqualTo(TransactionLogITCase.zxidsByZooKeeper(resource("")));
    }

    @Test
    void beforeTheFirstSnapshotThereIsNoTree() {
        assertThatThrownBy(() -> TransactionLogITCase.tree(history(), moments().firstKey() - 100_000))
                .hasMessageContaining("is not known");
    }
}
