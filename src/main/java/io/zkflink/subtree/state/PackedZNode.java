// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import java.util.Arrays;
import org.apache.flink.annotation.Internal;

/**
 * A znode as bytes, in memory and in saved state: what its {@link ZNodeState} does not tell of its Stat, as numbers of
 * few bytes each, and its data. An object of each part would take twice as much.
 *
 * <p>A number has seven bits per byte, the lowest first, and a first bit that says whether more follow; the sign is the
 * lowest bit of all.
 */
@Internal
public final class PackedZNode {

    /** How many numbers there are before the data, of which the last one is how long that is. */
    public static final int NUMBERS = 9;

    private static final int MOST_BYTES = NUMBERS * 10;

    private final byte[] bytes;
    /** Of the next number. */
    private int at;

    private PackedZNode(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    static byte[] pack(ZNode znode) {
        ZNodeStat stat = znode.stat();
        byte[] data = znode.data();
        PackedZNode packed = new PackedZNode(new byte[MOST_BYTES], 0);
        packed.write(stat.mtime() - stat.ctime());
        packed.write(stat.version());
        packed.write(stat.cversion());
        packed.write(stat.aversion());
        packed.write(stat.ephemeralOwner());
        packed.write((long) stat.dataLength() - data.length);
        packed.write(stat.numChildren());
        packed.write(stat.pzxid() - stat.czxid());
        packed.write(data.length);
        byte[] exact = Arrays.copyOf(packed.bytes, packed.at + data.length);
        System.arraycopy(data, 0, exact, packed.at, data.length);
        return exact;
    }

    /** How many bytes one has that begins there. */
    static int length(byte[] bytes, int at) {
        PackedZNode packed = new PackedZNode(bytes, at);
        for (int i = 1; i < NUMBERS; i++) {
            packed.read();
        }
        int length = (int) packed.read();
        return packed.at - at + length;
    }

    /** The znode of some state. */
    static ZNode unpack(byte[] bytes, int at, ZNodeState state) {
        PackedZNode packed = new PackedZNode(bytes, at);
        long ctime = state.mtime() - packed.read();
        int version = (int) packed.read();
        int cversion = (int) packed.read();
        int aversion = (int) packed.read();
        long ephemeralOwner = packed.read();
        long leftOut = packed.read();
        int numChildren = (int) packed.read();
        long pzxid = state.czxid() + packed.read();
        int length = (int) packed.read();
        byte[] data = Arrays.copyOfRange(bytes, packed.at, packed.at + length);
        ZNodeStat stat = new ZNodeStat(
                state.czxid(),
                state.mzxid(),
                ctime,
                state.mtime(),
                version,
                cversion,
                aversion,
                ephemeralOwner,
                (int) (leftOut + length),
                numChildren,
                pzxid);
        return new ZNode(state.path(), data, stat);
    }

    private void write(long number) {
        long left = (number << 1) ^ (number >> 63);
        while ((left & ~0x7fL) != 0) {
            bytes[at++] = (byte) (left | 0x80);
            left >>>= 7;
        }
        bytes[at++] = (byte) left;
    }

    private long read() {
        long number = 0;
        int shift = 0;
        byte part;
        do {
            part = bytes[at++];
            number |= (part & 0x7fL) << shift;
            shift += 7;
        } while (part < 0);
        return (number >>> 1) ^ -(number & 1);
    }
}
