// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.state.StateFormat;
import io.zkflink.subtree.state.PackedZNode;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.subtree.state.ZNodeState;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Encodes what is known of znodes as blocks: lists of entries, each either what is known of a path or that it is gone.
 * Paths leave out what they share with the path before.
 */
@Internal
public final class ZNodeStateCodec {

    private static final int GONE = 0;
    private static final int KNOWN = 1;
    private static final int HIDDEN = 2;
    private static final int WITH_ZNODE = 4;
    private static final int GRANTED = 8;
    private static final int WITH_VERSION = 16;
    private static final int GONE_AT = 32;
    /** Numbers are as short as they can be, and a znode that comes along is a {@link PackedZNode}. */
    private static final int PACKED = 64;

    /** Where a block ends, so that the garbage collector need not find room for large arrays. */
    private static final int MAX_BLOCK_BYTES = 200_000;

    private static final int MAX_BLOCK_ENTRIES = 2_000;

    private ZNodeStateCodec() {}

    /** Encodes all that a reconciler knows. */
    public static List<byte[]> encode(Reconciler source) {
        return encode(source.paths(), source.known(), source.deletions());
    }

    /**
     * Encodes the entries of some paths; a path that is not among the known ones is gone. The znodes that entries keep
     * are kept in the blocks from now on, so that they are in memory only once.
     */
    public static List<byte[]> encode(
            Collection<String> paths, Map<String, ZNodeState> known, Map<String, Long> deletions) {
        List<byte[]> blocks = new ArrayList<>();
        DataOutputSerializer out = new DataOutputSerializer(2 * MAX_BLOCK_BYTES);
        Iterator<String> left = paths.iterator();
        try {
            while (left.hasNext()) {
                blocks.add(block(out, left, known, deletions));
                out.clear();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return blocks;
    }

    private static byte[] block(
            DataOutputSerializer out,
            Iterator<String> paths,
            Map<String, ZNodeState> known,
            Map<String, Long> deletions)
            throws IOException {
        ZNodeState[] keeping = new ZNodeState[MAX_BLOCK_ENTRIES];
        int[] places = new int[MAX_BLOCK_ENTRIES];
        int entries = 0;
        byte[] previous = {};
        out.writeInt(0);
        while (paths.hasNext() && entries < MAX_BLOCK_ENTRIES && out.length() < MAX_BLOCK_BYTES) {
            String path = paths.next();
            byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
            writePath(out, previous, utf8);
            ZNodeState entry = known.get(path);
            if (entry == null) {
                writeGone(out, deletions.get(path));
            } else if (write(out, entry)) {
                keeping[entries] = entry;
                places[entries] = out.length();
                out.write(entry.kept(), entry.keptAt(), entry.packedLength());
            }
            previous = utf8;
            entries++;
        }
        out.writeIntUnsafe(entries, 0);
        byte[] block = out.getCopyOfBuffer();
        for (int i = 0; i < entries; i++) {
            if (keeping[i] != null) {
                keeping[i].keep(block, places[i]);
            }
        }
        return block;
    }

    /** Applies a block to a reconciler; returns how many entries it had. */
    public static int decode(byte[] block, Reconciler target) {
        DataInputDeserializer in = new DataInputDeserializer(block);
        try {
            int entries = in.readInt();
            byte[] path = {};
            for (int i = 0; i < entries; i++) {
                path = readPath(in, path);
                read(in, block, new String(path, StandardCharsets.UTF_8), target);
            }
            return entries;
        } catch (EOFException e) {
            throw new UncheckedIOException(SubtreeSplitSerializer.INSTANCE.damaged(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeGone(DataOutputSerializer out, Long at) throws IOException {
        out.writeByte(at == null ? GONE : GONE_AT);
        if (at != null) {
            out.writeLong(at);
        }
    }

    /** Writes an entry but for its znode; returns whether it has one. */
    private static boolean write(DataOutputSerializer out, ZNodeState entry) throws IOException {
        boolean withVersion = entry.version() != ZNodeState.UNKNOWN_VERSION;
        boolean withZNode = entry.kept() != null;
        out.writeByte(KNOWN
                | PACKED
                | (entry.hidden() ? HIDDEN : 0)
                | (withZNode ? WITH_ZNODE : 0)
                | (entry.granted() ? GRANTED : 0)
                | (withVersion ? WITH_VERSION : 0));
        out.writeLong(entry.czxid());
        writeSigned(out, entry.mzxid() - entry.czxid());
        out.writeLong(entry.mtime());
        if (withVersion) {
            writeSigned(out, entry.version());
        }
        return withZNode;
    }

    private static void read(DataInputDeserializer in, byte[] block, String path, Reconciler target)
            throws IOException {
        int flags = in.readByte();
        if (flags == GONE) {
            target.restoreGone(path);
        } else if (flags == GONE_AT) {
            target.restoreGone(path, in.readLong());
        } else {
            ZNodeState known = (flags & PACKED) == 0 ? readFixed(in, path, flags) : readPacked(in, block, path, flags);
            if ((flags & HIDDEN) != 0) {
                known.hide();
            }
            known.grant((flags & GRANTED) != 0);
            target.restore(known);
        }
    }

    private static ZNodeState readPacked(DataInputDeserializer in, byte[] block, String path, int flags)
            throws IOException {
        long czxid = in.readLong();
        long mzxid = czxid + readSigned(in);
        long mtime = in.readLong();
        int version = (flags & WITH_VERSION) == 0 ? ZNodeState.UNKNOWN_VERSION : (int) readSigned(in);
        ZNodeState known = new ZNodeState(path, czxid, mzxid, mtime, version);
        if ((flags & WITH_ZNODE) != 0) {
            known.keep(block, in.getPosition());
            for (int i = 1; i < PackedZNode.NUMBERS; i++) {
                readSigned(in);
            }
            long length = readSigned(in);
            if (length < 0 || length > in.available()) {
                throw new EOFException("A length of " + length + " where " + in.available() + " bytes are left.");
            }
            in.skipBytes((int) length);
        }
        return known;
    }

    /** As entries were before they were packed. */
    private static ZNodeState readFixed(DataInputDeserializer in, String path, int flags) throws IOException {
        long czxid = in.readLong();
        long mzxid = in.readLong();
        long mtime = in.readLong();
        int knownVersion = (flags & WITH_VERSION) == 0 ? ZNodeState.UNKNOWN_VERSION : in.readInt();
        if ((flags & WITH_ZNODE) == 0) {
            return new ZNodeState(path, czxid, mzxid, mtime, knownVersion);
        }
        long ctime = in.readLong();
        int version = in.readInt();
        int cversion = in.readInt();
        int aversion = in.readInt();
        long ephemeralOwner = in.readLong();
        int dataLength = in.readInt();
        int numChildren = in.readInt();
        long pzxid = in.readLong();
        byte[] data = StateFormat.readBytes(in, (int) readNumber(in));
        ZNodeStat stat = new ZNodeStat(
                czxid,
                mzxid,
                ctime,
                mtime,
                version,
                cversion,
                aversion,
                ephemeralOwner,
                dataLength,
                numChildren,
                pzxid);
        return ZNodeState.of(new ZNode(path, data, stat), true);
    }

    private static void writePath(DataOutputSerializer out, byte[] previous, byte[] path) throws IOException {
        int shared = 0;
        int limit = Math.min(previous.length, path.length);
        while (shared < limit && previous[shared] == path[shared]) {
            shared++;
        }
        writeNumber(out, shared);
        writeNumber(out, path.length - shared);
        out.write(path, shared, path.length - shared);
    }

    private static byte[] readPath(DataInputDeserializer in, byte[] previous) throws IOException {
        int shared = (int) readNumber(in);
        byte[] rest = StateFormat.readBytes(in, (int) readNumber(in));
        if (shared < 0 || shared > previous.length) {
            throw new EOFException("A path that shares " + shared + " bytes with one of " + previous.length + ".");
        }
        byte[] path = Arrays.copyOf(previous, shared + rest.length);
        System.arraycopy(rest, 0, path, shared, rest.length);
        return path;
    }

    private static void writeSigned(DataOutputSerializer out, long number) throws IOException {
        writeNumber(out, (number << 1) ^ (number >> 63));
    }

    private static long readSigned(DataInputDeserializer in) throws IOException {
        long number = readNumber(in);
        return (number >>> 1) ^ -(number & 1);
    }

    private static void writeNumber(DataOutputSerializer out, long number) throws IOException {
        long left = number;
        while ((left & ~0x7fL) != 0) {
            out.writeByte((int) (left & 0x7f) | 0x80);
            left >>>= 7;
        }
        out.writeByte((int) left);
    }

    private static long readNumber(DataInputDeserializer in) throws IOException {
        long number = 0;
        int shift = 0;
        int part = in.readUnsignedByte();
        while (part >= 0x80) {
            number |= (part & 0x7fL) << shift;
            shift += 7;
            part = in.readUnsignedByte();
        }
        return number | ((long) part << shift);
    }
}
