// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.zookeeper.server.persistence.SnapStream;

/**
 * What the end of a snapshot says, without its znodes being read. Whoever reads it to its end knows more surely.
 *
 * @param isFinished whether the server has written it to its end; one that fails meanwhile leaves it without, and
 *     ignores it itself
 * @param end as {@link SnapshotFile#end}
 */
record SnapshotTail(boolean isFinished, long end) {

    /** What stands behind each part: the part's checksum, and the text "/". */
    private static final byte[] SEAL = {0, 0, 0, 1, '/'};

    private static final int SEALED_CHECKSUM = Long.BYTES + SEAL.length;
    /** Since 3.6, behind the znodes: a transaction, the version of the digest, the digest. */
    private static final int DIGEST = Long.BYTES + Integer.BYTES + Long.BYTES + SEALED_CHECKSUM;
    /** Since 3.9, behind that: a transaction. */
    private static final int LAST_ZXID = Long.BYTES + SEALED_CHECKSUM;

    private static final int LONGEST = SEAL.length + DIGEST + LAST_ZXID;

    static SnapshotTail of(Path path) throws IOException {
        if (SnapStream.getStreamMode(path.getName()) != SnapStream.StreamMode.CHECKED) {
            return ofWhole(path);
        }
        long length = path.getFileSystem().getFileStatus(path).getLen();
        try (FSDataInputStream file = path.getFileSystem().open(path)) {
            int read = (int) Math.min(length, LONGEST);
            file.seek(length - read);
            byte[] tail = new byte[LONGEST];
            int missing = LONGEST - file.readNBytes(tail, LONGEST - read, read);
            return missing > LONGEST - SEAL.length ? new SnapshotTail(false, SnapshotFile.UNKNOWN_END) : of(tail);
        }
    }

    private static SnapshotTail of(byte[] tail) {
        if (!isSealed(tail, 0)) {
            return new SnapshotTail(false, SnapshotFile.UNKNOWN_END);
        }
        int behind = isSealed(tail, DIGEST + LAST_ZXID) ? LAST_ZXID : 0;
        if (!isSealed(tail, behind) || !isSealed(tail, behind + DIGEST)) {
            return new SnapshotTail(true, SnapshotFile.UNKNOWN_END);
        }
        long zxid = ByteBuffer.wrap(tail).getLong(LONGEST - behind - DIGEST);
        return new SnapshotTail(true, zxid > 0 ? zxid : SnapshotFile.UNKNOWN_END);
    }

    /** @param behind how many bytes follow */
    private static boolean isSealed(byte[] tail, int behind) {
        int to = tail.length - behind;
        return Arrays.equals(tail, to - SEAL.length, to, SEAL, 0, SEAL.length);
    }

    private static SnapshotTail ofWhole(Path path) throws IOException {
        try (SnapshotFile snapshot = SnapshotFile.open(path)) {
            while (snapshot.next() != null) {
                // The end is behind all znodes.
            }
            return new SnapshotTail(true, snapshot.end());
        } catch (DamagedFileException e) {
            if (e.getCause() instanceof EOFException) {
                return new SnapshotTail(false, SnapshotFile.UNKNOWN_END);
            }
            throw e;
        }
    }
}
