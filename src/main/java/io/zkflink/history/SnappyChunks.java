// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyCodec;

/**
 * Decompresses a file that servers wrote with {@code snapshot.compression.method} = {@code snappy}. The library's own
 * stream believes the lengths that it reads, and a damaged one would take the heap or end the thread with an
 * {@link Error}.
 */
final class SnappyChunks extends InputStream {

    /** Servers write chunks of 32 KB. */
    private static final int MAX_CHUNK = 1 << 20;

    private final DataInputStream in;
    private byte[] chunk = {};
    private int position;

    SnappyChunks(InputStream in) throws IOException {
        this.in = new DataInputStream(in);
        SnappyCodec header = SnappyCodec.readHeader(this.in);
        if (!header.isValidMagicHeader() || header.version < SnappyCodec.MINIMUM_COMPATIBLE_VERSION) {
            throw new IOException("it does not begin like a file of Snappy");
        }
    }

    @Override
    public int read() throws IOException {
        return isAtEnd() ? -1 : chunk[position++] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (isAtEnd()) {
            return -1;
        }
        int count = Math.min(length, chunk.length - position);
        System.arraycopy(chunk, position, bytes, offset, count);
        position += count;
        return count;
    }

    private boolean isAtEnd() throws IOException {
        while (position == chunk.length) {
            int first = in.read();
            if (first < 0) {
                return true;
            }
            chunk = next(first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort());
            position = 0;
        }
        return false;
    }

    private byte[] next(int length) throws IOException {
        if (length <= 0 || length > MAX_CHUNK) {
            throw new IOException("a chunk cannot have " + length + " bytes");
        }
        byte[] compressed = in.readNBytes(length);
        if (compressed.length < length) {
            throw new EOFException();
        }
        int size = Snappy.uncompressedLength(compressed);
        if (size < 0 || size > MAX_CHUNK) {
            throw new IOException("a chunk cannot become " + size + " bytes");
        }
        return Snappy.uncompress(compressed);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
