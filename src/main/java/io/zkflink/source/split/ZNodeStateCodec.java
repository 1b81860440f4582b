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

/**
 * Encodes what is known of znodes as blocks: lists of entries, each either what is known of a path or that it is gone.
 * Paths leave out what they share with the path before.
 */
@Internal
public final class ZNodeStateCodec {

    /** More than a block has that is full but for one entry, unless that one is large. */
    private static final int ROOM = 400_000;

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
        ZNodeStateBlock block = new ZNodeStateBlock(ROOM);
        ZNodeState[] keeping = new ZNodeState[ZNodeStateBlock.MAX_ENTRIES];
        int[] places = new int[ZNodeStateBlock.MAX_ENTRIES];
        Iterator<String> left = paths.iterator();
        while (left.hasNext()) {
            while (left.hasNext() && !block.isFull()) {
                String path = left.next();
                ZNodeState entry = known.get(path);
                int at = block.entries();
                keeping[at] = entry != null && entry.kept() != null ? entry : null;
                if (entry == null) {
                    block.addGone(path, deletions.get(path));
                } else {
                    places[at] = block.add(entry);
                }
            }
            byte[] full = block.copy();
            for (int i = 0; i < block.entries(); i++) {
                if (keeping[i] != null) {
                    keeping[i].keep(full, places[i]);
                }
            }
            blocks.add(full);
            block.clear();
        }
        return blocks;
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

    private static void read(DataInputDeserializer in, byte[] block, String path, Reconciler target)
            throws IOException {
        int flags = in.readByte();
        if (flags == ZNodeStateBlock.GONE) {
            target.restoreGone(path);
        } else if (flags == ZNodeStateBlock.GONE_AT) {
            target.restoreGone(path, in.readLong());
        } else {
            ZNodeState known = (flags & ZNodeStateBlock.PACKED) == 0
                    ? readFixed(in, path, flags)
                    : readPacked(in, block, path, flags);
            if ((flags & ZNodeStateBlock.HIDDEN) != 0) {
                known.hide();
            }
            known.grant((flags & ZNodeStateBlock.GRANTED) != 0);
            target.restore(known);
        }
    }

    private static ZNodeState readPacked(DataInputDeserializer in, byte[] block, String path, int flags)
            throws IOException {
        long czxid = in.readLong();
        long mzxid = czxid + readSigned(in);
        long mtime = in.readLong();
        int version = (flags & ZNodeStateBlock.WITH_VERSION) == 0 ? ZNodeState.UNKNOWN_VERSION : (int) readSigned(in);
        ZNodeState known = new ZNodeState(path, czxid, mzxid, mtime, version);
        if ((flags & ZNodeStateBlock.WITH_ZNODE) != 0) {
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
        int knownVersion = (flags & ZNodeStateBlock.WITH_VERSION) == 0 ? ZNodeState.UNKNOWN_VERSION : in.readInt();
        if ((flags & ZNodeStateBlock.WITH_ZNODE) == 0) {
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

    private static long readSigned(DataInputDeserializer in) throws IOException {
        long number = readNumber(in);
        return (number >>> 1) ^ -(number & 1);
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
