// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.WrittenFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files of a folder are read, and what happens when they come and go. */
class LogFolderTest {

    @TempDir
    Path directory;

    private LogFolder folder() {
        return LogFolder.of(directory.toString());
    }

    private static List<String> names(List<LogFolder.File> files) {
        return files.stream().map(file -> file.path().getName()).toList();
    }

    /** Servers, administrators and copying programs leave other files beside them. */
    @Test
    void onlyFilesThatServersNameAreRead() throws Exception {
        for (String name : List.of(
                "log.5",
                "log.1a00000001",
                "log.6.gz",
                "log.7.tmp",
                "log.8.snappy",
                "log.",
                "log.x",
                "log",
                "log.-1",
                "log.+9",
                "logs.5",
                ".log.9.Xy8z",
                "snapshot.5",
                "snapshot.6.gz",
                "snapshot.7.snappy",
                "snapshot.8.tmp",
                "snapshot.9.gz.tmp",
                "snapshot.a.GZ",
                "acceptedEpoch",
                "currentEpoch")) {
            Files.createFile(directory.resolve(name));
        }
        Files.createDirectory(directory.resolve("log.b"));
        assertThat(names(folder().logs())).containsExactly("log.5", "log.1a00000001");
        assertThat(names(folder().snapshots())).containsExactly("snapshot.5", "snapshot.6.gz", "snapshot.7.snappy");
    }

    @Test
    void aFolderThatDoesNotExistIsTold() {
        assertThatThrownBy(() ->
                        LogFolder.of(directory.resolve("wrong").toString()).logs())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("wrong' of 'log.path' does not exist")
                .hasMessageContaining("version-2");
    }

    private static void take(FolderReader reader, long... zxids) throws IOException {
        for (long zxid : zxids) {
            assertThat(reader.peek().zxid()).isEqualTo(zxid);
            reader.take();
        }
    }

    /** What a server logs twice is told once. */
    @Test
    void aTransactionThatComesAgainIsPassedOver() throws Exception {
        WrittenFolder written = new WrittenFolder(directory);
        written.begin(1).creations(1, 3).creations(2, 4).begin(4).creations(4, 5);
        try (FolderReader reader = new FolderReader(folder(), 0)) {
            take(reader, 1, 2, 3, 4, 5);
            assertThat(reader.peek()).isNull();
        }
    }

    @Test
    void snapshotsAreNoLogs() throws Exception {
        WrittenFolder written = new WrittenFolder(directory);
        written.snapshot(0, Map.of());
        try (FolderReader reader = new FolderReader(folder(), 0)) {
            assertThat(reader.peek()).isNull();
        }
    }
}
