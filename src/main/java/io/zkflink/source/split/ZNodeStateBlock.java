// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import io.zkflink.subtree.state.PackedZNode;
import io.zkflink.subtree.state.ZNodeState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.memory.DataOutputSerializer;

/** A block that is being filled with what is known of znodes, in the format that {@link ZNodeStateCodec} reads. */
@Internal
public final class ZNodeStateBlock {

    static final int GONE = 0;
    static final int KNOWN = 1;
    static final int HIDDEN = 2;
    static final int WITH_ZNODE = 4;
    static final int GRANTED = 8;
    static final int WITH_VERSION = 16;
    static final int GONE_AT = 32;
    /** Numbers are as short as they can be, and a znode that comes along is a {@link PackedZNode}. */
    static final int PACKED = 64;

    static final int MAX_ENTRIES = 2_000;

    /** Where a block ends, so that the garbage collector need not find room for large arrays. */
    private static final int MAX_BYTES = 200_000;

    private final DataOutputSerializer out;
    private byte[] previous = {};
    private int entries;

    /** @param bytes how many of them it begins with room for */
    public ZNodeStateBlock(int bytes) {
        out = new DataOutputSerializer(bytes);
        clear();
    }

    /** Empties it, to be filled anew. */
    public void clear() {
        out.clear();
        previous = new byte[0];
        entries = 0;
        try {
            // Room for how many there are.
            out.writeInt(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int entries() {
        return entries;
    }

    public boolean isFull() {
        return entries >= MAX_ENTRIES || out.length() >= MAX_BYTES;
    }

    /**
     * Adds what is known of a znode.
     *
     * @return where its {@linkplain ZNodeState#kept kept znode} begins, if it has one
     */
    public int add(ZNodeState known) {
        try {
            writePath(known.path());
            write(known);
            int place = out.length();
            if (known.kept() != null) {
                out.write(known.kept(), known.keptAt(), known.packedLength());
            }
            return place;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Adds that a znode is gone.
     *
     * @param millis when it was told as deleted, in milliseconds since the epoch, or null if that does not matter
     */
    public void addGone(String path, Long millis) {
        try {
            writePath(path);
            out.writeByte(millis == null ? GONE : GONE_AT);
            if (millis != null) {
                out.writeLong(millis);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What has been added until now, as a block of its own. */
    public byte[] copy() {
        try {
            out.writeIntUnsafe(entries, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.getCopyOfBuffer();
    }

    private void writePath(String path) throws IOException {
        byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
        int shared = 0;
        int limit = Math.min(previous.length, utf8.length);
        while (shared < limit && previous[shared] == utf8[shared]) {
            shared++;
        }
        writeNumber(shared);
        writeNumber(utf8.length - shared);
        out.write(utf8, shared, utf8.length - shared);
        previous = utf8;
        entries++;
    }

    private void write(ZNodeState entry) throws IOException {
        boolean withVersion = entry.version() != ZNodeState.UNKNOWN_VERSION;
        out.writeByte(KNOWN
                | PACKED
                | (entry.hidden() ? HIDDEN : 0)
                | (entry.kept() != null ? WITH_ZNODE : 0)
                | (entry.granted() ? GRANTED : 0)
                | (withVersion ? WITH_VERSION : 0));
        out.writeLong(entry.czxid());
        writeSigned(entry.mzxid() - entry.czxid());
        out.writeLong(entry.mtime());
        if (withVersion) {
            writeSigned(entry.version());
        }
    }

    private void writeSigned(long number) throws IOException {
        writeNumber((number << 1) ^ (number >> 63));
    }

    private void writeNumber(long number) throws IOException {
        long left = number;
        while ((left & ~0x7fL) != 0) {
            out.writeByte((int) (left & 0x7f) | 0x80);
            left >>>= 7;
        }
        out.writeByte((int) left);
    }
}
