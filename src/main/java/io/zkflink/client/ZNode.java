// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.Optional;
import org.apache.flink.annotation.Internal;

/**
 * A znode as one read found it.
 *
 * @param path absolute, relative to chroot and namespace
 * @param data never null; a znode without data has an empty array. Shared, not to be modified
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; copying a megabyte per accessor call would be worse
@Internal
public record ZNode(String path, byte[] data, ZNodeStat stat) {

    private static final byte[] NO_DATA = {};
    private static final ZNodeStat UNKNOWN = new ZNodeStat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** A znode of which nothing is known but that it is there. */
    public static ZNode existing(String path) {
        return new ZNode(path, NO_DATA, UNKNOWN);
    }

    /** This znode with another time of its last change, in milliseconds since the epoch. */
    public ZNode withMtime(long mtime) {
        return new ZNode(path, data, stat.withMtime(mtime));
    }

    /** The data, or empty if there is none: ZooKeeper's null and empty data both mean "no value". */
    public Optional<byte[]> value() {
        return data.length == 0 ? Optional.empty() : Optional.of(data);
    }

    /** This znode with its data left out, which its Stat still tells the length of. */
    public ZNode withoutData() {
        return data.length == 0 ? this : new ZNode(path, NO_DATA, stat);
    }

    /** Names the znode for messages without its data, which may be secret. */
    @Override
    public String toString() {
        return "ZNode[" + path + ", " + data.length + " B, " + stat + "]";
    }
}
