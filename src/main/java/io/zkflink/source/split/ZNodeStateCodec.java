// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.split;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.subtree.state.ZNodeState;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
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

    private ZNodeStateCodec() {}

    /** Encodes all that a reconciler knows. */
    public static byte[] encode(Reconciler source) {
        return encode(source.paths(), source.known(), source.deletions());
    }

    /** Encodes the entries of some paths; a path that is not among the known ones is gone. */
    public static byte[] encode(Collection<String> paths, Map<String, ZNodeState> known, Map<String, Long> deletions) {
        DataOutputSerializer out = new DataOutputSerializer(64 + paths.size() * 48);
        try {
            out.writeInt(paths.size());
            byte[] previous = {};
            for (String path : paths) {
                byte[] utf8 = path.getBytes(StandardCharsets.UTF_8);
                writePath(out, previous, utf8);
                write(out, known.get(path), deletions.get(path));
                previous = utf8;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.getCopyOfBuffer();
    }

    /** Applies a block to a reconciler; returns how many entries it had. */
    public static int decode(byte[] block, Reconciler target) {
        DataInputDeserializer in = new DataInputDeserializer(block);
        try {
            int entries = in.readInt();
            byte[] path = {};
            for (int i = 0; i < entries; i++) {
                path = readPath(in, path);
                read(in, new String(path, StandardCharsets.UTF_8), target);
            }
            return entries;
        } catch (EOFException e) {
            throw new UncheckedIOException(SubtreeSplitSerializer.damaged(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(DataOutputSerializer out, ZNodeState entry, Long goneAt) throws IOException {
        if (entry == null) {
            out.writeByte(goneAt == null ? GONE : GONE_AT);
            if (goneAt != null) {
                out.writeLong(goneAt);
            }
            return;
        }
        ZNode last = entry.last().orElse(null);
        out.writeByte(KNOWN
                | (entry.hidden() ? HIDDEN : 0)
                | (last == null ? 0 : WITH_ZNODE)
                | (entry.granted() ? GRANTED : 0)
                | (entry.version() == ZNodeState.UNKNOWN_VERSION ? 0 : WITH_VERSION));
        out.writeLong(entry.czxid());
        out.writeLong(entry.mzxid());
        out.writeLong(entry.mtime());
        if (entry.version() != ZNodeState.UNKNOWN_VERSION) {
            out.writeInt(entry.version());
        }
        if (last != null) {
            ZNodeStat stat = last.stat();
            out.writeLong(stat.ctime());
            out.writeInt(stat.version());
            out.writeInt(stat.cversion());
            out.writeInt(stat.aversion());
            out.writeLong(stat.ephemeralOwner());
            out.writeInt(stat.dataLength());
            out.writeInt(stat.numChildren());
            out.writeLong(stat.pzxid());
            writeSize(out, last.data().length);
            out.write(last.data());
        }
    }

    private static void read(DataInputDeserializer in, String path, Reconciler target) throws IOException {
        int flags = in.readByte();
        if (flags == GONE) {
            target.restoreGone(path);
            return;
        }
        if (flags == GONE_AT) {
            target.restoreGone(path, in.readLong());
            return;
        }
        long czxid = in.readLong();
        long mzxid = in.readLong();
        long mtime = in.readLong();
        int knownVersion = (flags & WITH_VERSION) == 0 ? ZNodeState.UNKNOWN_VERSION : in.readInt();
        ZNode last = null;
        if ((flags & WITH_ZNODE) != 0) {
            long ctime = in.readLong();
            int version = in.readInt();
            int cversion = in.readInt();
            int aversion = in.readInt();
            long ephemeralOwner = in.readLong();
            int dataLength = in.readInt();
            int numChildren = in.readInt();
            long pzxid = in.readLong();
            byte[] data = SubtreeSplitSerializer.readBytes(in, readSize(in));
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
            last = new ZNode(path, data, stat);
        }
        ZNodeState known = new ZNodeState(czxid, mzxid, mtime, knownVersion, last, (flags & HIDDEN) != 0);
        known.grant((flags & GRANTED) != 0);
        target.restore(path, known);
    }

    private static void writePath(DataOutputSerializer out, byte[] previous, byte[] path) throws IOException {
        int shared = 0;
        int limit = Math.min(previous.length, path.length);
        while (shared < limit && previous[shared] == path[shared]) {
            shared++;
        }
        writeSize(out, shared);
        writeSize(out, path.length - shared);
        out.write(path, shared, path.length - shared);
    }

    private static byte[] readPath(DataInputDeserializer in, byte[] previous) throws IOException {
        int shared = readSize(in);
        byte[] rest = SubtreeSplitSerializer.readBytes(in, readSize(in));
        if (shared < 0 || shared > previous.length) {
            throw SubtreeSplitSerializer.damaged(null);
        }
        byte[] path = Arrays.copyOf(previous, shared + rest.length);
        System.arraycopy(rest, 0, path, shared, rest.length);
        return path;
    }

    private static void writeSize(DataOutputSerializer out, int size) throws IOException {
        int left = size;
        while (left >= 0x80) {
            out.writeByte((left & 0x7f) | 0x80);
            left >>>= 7;
        }
        out.writeByte(left);
    }

    private static int readSize(DataInputDeserializer in) throws IOException {
        int size = 0;
        int shift = 0;
        int part = in.readUnsignedByte();
        while (part >= 0x80) {
            size |= (part & 0x7f) << shift;
            shift += 7;
            part = in.readUnsignedByte();
        }
        return size | (part << shift);
    }
}
