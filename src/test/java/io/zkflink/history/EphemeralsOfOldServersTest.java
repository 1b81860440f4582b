// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.WrittenFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which znodes went with a session that servers before 3.6 closed, which do not log it. */
class EphemeralsOfOldServersTest {

    private static final long SESSION = 0x100;
    private static final long OTHER = 0x200;

    @TempDir
    Path directory;

    private WrittenFolder folder;

    @BeforeEach
    void aFolder() {
        folder = new WrittenFolder(directory);
    }

    /** A snapshot is named when it is begun; what is done while it is written may be part of it. */
    @Test
    void aSnapshotThatWasWrittenWhileTheSessionEndedDoesNotHideItsZNodes() throws Exception {
        folder.snapshot(0, Map.of());
        folder.begin(1)
                .create(1, "/a", SESSION)
                .create(2, "/b")
                .closeSession(3, SESSION)
                .creations(4, 5);
        folder.snapshot(2, Map.of("/b", 0L));
        assertThat(deletions(1)).containsExactly("/a");
        assertThat(deletions(3)).containsExactly("/a");
    }

    /**
     * The end of a session is in the tree, in part, before the server counts it: the next snapshot's name is no proof.
     */
    @Test
    void norDoesOneThatEndedRightBefore() throws Exception {
        folder.snapshot(0, Map.of());
        folder.begin(1).create(1, "/a", SESSION).creations(2, 3).closeSession(4, SESSION);
        folder.snapshot(2, Map.of());
        folder.snapshot(3, Map.of());
        assertThat(deletions(1)).containsExactly("/a");
    }

    @Test
    void aSnapshotThatEndedBeforeIsEnough() throws Exception {
        folder.snapshot(10, Map.of("/a", SESSION, "/b", OTHER));
        folder.snapshot(12, Map.of("/a", SESSION, "/b", OTHER));
        folder.begin(11).creations(11, 14).closeSession(15, SESSION).closeSession(16, OTHER);
        assertThat(deletions(13)).containsExactly("/a", "/b");
    }

    /** All that a session did is in the log if its begin is. */
    @Test
    void aSessionThatTheLogHasFromItsBeginNeedsNoSnapshot() throws Exception {
        folder.begin(11).createSession(11, SESSION).create(12, "/a", SESSION).closeSession(13, SESSION);
        assertThat(deletions(11)).containsExactly("/a");
        assertThat(deletions(13)).containsExactly("/a");
    }

    @Test
    void whatCannotBeKnownIsToldAndNotGuessed() {
        folder.snapshot(12, Map.of());
        folder.begin(11).create(11, "/a", OTHER).creations(12, 14).closeSession(15, SESSION);
        assertThatThrownBy(() -> deletions(11))
                .hasMessageContaining("Which ephemeral znodes went with the session 0x100 at 0xf is not known")
                .hasMessageContaining("'log.path'")
                .hasMessageContaining("'scan.startup.mode'");
    }

    /** What one session leaves open another one may have closed, whose begin is known. */
    @Test
    void eachSessionIsJudgedForItself() throws Exception {
        folder.begin(11)
                .createSession(11, SESSION)
                .create(12, "/a", SESSION)
                .create(13, "/b", OTHER)
                .closeSession(14, SESSION)
                .closeSession(15, OTHER);
        assertThatThrownBy(() -> deletions(11)).hasMessageContaining("the session 0x200 at 0xf");
        folder.snapshot(10, Map.of("/c", OTHER));
        folder.snapshot(11, Map.of("/c", OTHER));
        assertThat(deletions(11)).containsExactly("/a", "/b", "/c");
    }

    private List<String> deletions(long first) throws IOException {
        History history = new History(List.of(directory.toString()), false);
        List<String> deletions = new ArrayList<>();
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(first - 1, false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                decoder.decode(record).operations().stream()
                        .filter(operation -> operation.kind() == Operation.Kind.DELETE)
                        .forEach(operation -> deletions.add(operation.path()));
            }
        }
        return deletions;
    }
}
