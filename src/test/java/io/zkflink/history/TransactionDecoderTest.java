// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.WrittenFolder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records become transactions. */
class TransactionDecoderTest {

    private static final int LARGE = 3 * 1024 * 1024;

    @TempDir
    Path directory;

    /** Servers may have a higher jute.maxbuffer than this JVM. */
    @Test
    void largeDataIsRead() throws Exception {
        byte[] data = new byte[LARGE];
        data[LARGE - 1] = 7;
        new WrittenFolder(directory).begin(1).create(1, "/a").set(2, "/a", data).multiSet(3, "/a", data);
        History history = new History(List.of(directory.toString()), false);
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(-1, false)) {
            assertThat(decoder.decode(log.next()).operations().get(0).path()).isEqualTo("/a");
            for (long zxid = 2; zxid <= 3; zxid++) {
                Transaction set = decoder.decode(log.next());
                assertThat(set.zxid()).isEqualTo(zxid);
                assertThat(set.operations()).hasSize(1);
                assertThat(set.operations().get(0).data()).isEqualTo(data);
            }
        }
    }
}
