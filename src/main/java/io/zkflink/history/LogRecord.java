// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.nio.ByteBuffer;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;

/**
 * One record of a transaction log, checked but not decoded.
 *
 * @param bytes header, transaction and digest, as ZooKeeper serialized them
 * @param file where it was read
 * @param offset where the record begins in the file
 * @param end where the next record begins
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
@Internal
public record LogRecord(byte[] bytes, Path file, long offset, long end) {

    private static final int ZXID = Long.BYTES + Integer.BYTES;
    private static final int TIME = ZXID + Long.BYTES;
    /** Session, number in the session, zxid, time, type. */
    static final int HEADER_LENGTH = TIME + Long.BYTES + Integer.BYTES;

    public long zxid() {
        return ByteBuffer.wrap(bytes).getLong(ZXID);
    }

    /** Milliseconds since the epoch, by the leader's clock. */
    public long time() {
        return ByteBuffer.wrap(bytes).getLong(TIME);
    }
}
