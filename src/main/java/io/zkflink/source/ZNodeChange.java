// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.client.ZNodeStat;
import io.zkflink.path.ZNodePath;
import io.zkflink.row.EventType;
import org.apache.flink.annotation.PublicEvolving;

/**
 * What happened to a znode, and what it is now.
 *
 * @param type created, changed, or deleted; znodes that were there before the source started are created
 * @param path absolute, relative to chroot and namespace
 * @param data never null; empty if the znode has none or is gone. Shared, not to be modified
 * @param stat of the znode as it was read. Of a znode that is gone only {@code mtime} says something: when that was
 *     noticed, or the last {@code mtime} if that is later, in milliseconds since the epoch
 */
@PublicEvolving
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; copying a megabyte per accessor call would be worse
public record ZNodeChange(EventType type, String path, byte[] data, ZNodeStat stat) {

    /** The last segment of the path; empty for the root. */
    public String name() {
        return ZNodePath.name(path);
    }

    /**
     * One segment of the path.
     *
     * @param index from 0, for the first segment
     * @throws IndexOutOfBoundsException if the path is not that deep
     */
    public String segment(int index) {
        return path.split("/", -1)[index + 1];
    }

    public boolean isDeletion() {
        return type == EventType.DELETED;
    }

    /** Names the znode without its data, which may be secret. */
    @Override
    public String toString() {
        return type + " " + path + " (version " + stat.version() + ", " + data.length + " B)";
    }
}
