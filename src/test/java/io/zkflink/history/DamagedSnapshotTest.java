// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZNode;
import io.zkflink.history.tree.PastTrees;
import io.zkflink.history.tree.TreeAt;
import io.zkflink.history.tree.WantedZNodes;
import io.zkflink.testkit.WrittenFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A snapshot with a wrong bit, or without its end, gives all that was there or an error that names it, and no wrong
 * znode.
 */
class DamagedSnapshotTest {

    private static final int ZNODES = 12;
    private static final int PLACES = 130;
    /** The header, the length of a chunk, and how long it becomes. */
    private static final int SNAPPY_LENGTHS = 23;

    @TempDir
    Path directory;

    private WrittenFolder folder;
    private final Map<String, Long> znodes = new LinkedHashMap<>();

    @BeforeEach
    void aFolder() {
        folder = new WrittenFolder(directory);
        for (int i = 0; i < ZNODES; i++) {
            znodes.put("/n" + i, i % 3 == 0 ? 0x100L + i : 0);
        }
        folder.begin(6).creations(6, 9);
    }

    /** What was read of the tree, and the error that ended it, or null. */
    private record Read(Map<String, String> znodes, IOException error) {}

    private Read read() {
        Map<String, String> read = new LinkedHashMap<>();
        History history = new History(List.of(directory.toString()), false);
        try (TreeAt tree = new PastTrees(history).at(WrittenFolder.time(9), WantedZNodes.ALL)) {
            for (ZNode znode = tree.next(); znode != null; znode = tree.next()) {
                read.put(znode.path(), new String(znode.data(), StandardCharsets.UTF_8) + " " + znode.stat());
            }
            return new Read(read, null);
        } catch (IOException e) {
            return new Read(read, e);
        }
    }

    private void check(Path snapshot, byte[] damaged, Map<String, String> expected, String what) throws IOException {
        Files.write(snapshot, damaged);
        Read read = read();
        if (read.error() == null) {
            assertThat(read.znodes()).as(what).isEqualTo(expected);
        } else {
            assertThat(expected.entrySet()).as(what).containsAll(read.znodes().entrySet());
            assertThat(read.error()).as(what).hasMessageContaining("snapshot.5");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".gz", ".snappy"})
    void anyBitMayBeWrong(String suffix) throws Exception {
        Path snapshot = folder.snapshot(5, znodes, suffix);
        byte[] intact = Files.readAllBytes(snapshot);
        Map<String, String> expected = read().znodes();
        assertThat(expected).hasSizeGreaterThanOrEqualTo(ZNODES + 4);
        int step = Math.max(1, intact.length / PLACES);
        for (int at = 0; at < intact.length; at += step) {
            byte[] damaged = intact.clone();
            damaged[at] ^= (byte) (1 << (at % Byte.SIZE));
            check(snapshot, damaged, expected, "a bit of byte " + at + " of " + intact.length);
        }
    }

    /** Lengths that are believed would take the heap. */
    @Test
    void anyBitOfTheLengthsOfSnappyMayBeWrong() throws Exception {
        Path snapshot = folder.snapshot(5, znodes, ".snappy");
        byte[] intact = Files.readAllBytes(snapshot);
        Map<String, String> expected = read().znodes();
        for (int bit = 0; bit < SNAPPY_LENGTHS * Byte.SIZE; bit++) {
            byte[] damaged = intact.clone();
            damaged[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
            check(snapshot, damaged, expected, "bit " + bit);
        }
    }

    /** An older snapshot may be taken instead; here there is none. */
    @ParameterizedTest
    @ValueSource(strings = {"", ".gz", ".snappy"})
    void theEndMayBeMissing(String suffix) throws Exception {
        Path snapshot = folder.snapshot(5, znodes, suffix);
        byte[] intact = Files.readAllBytes(snapshot);
        Map<String, String> expected = read().znodes();
        int step = Math.max(1, intact.length / PLACES);
        for (int length = 0; length < intact.length; length += step) {
            check(snapshot, Arrays.copyOf(intact, length), expected, length + " bytes of " + intact.length);
        }
    }
}
