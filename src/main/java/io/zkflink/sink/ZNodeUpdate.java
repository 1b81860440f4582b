// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.CreateMode;
import io.zkflink.path.ZNodePath;
import io.zkflink.row.RowWrite;
import java.time.Duration;
import org.apache.flink.annotation.PublicEvolving;

/**
 * What is to be true of a znode: that it is there with some data, or that it is not there. Immutable.
 *
 * <p>Methods refuse what no server would take with an {@link IllegalArgumentException} that says what is wrong and what
 * would be right.
 */
@PublicEvolving
public final class ZNodeUpdate {

    private final RowWrite write;

    private ZNodeUpdate(RowWrite write) {
        this.write = write;
    }

    /**
     * The znode is there with this data; it is created, with its parents, or set.
     *
     * @param path absolute, relative to chroot and namespace
     * @param data null for none; not to be modified afterwards
     */
    public static ZNodeUpdate put(String path, byte[] data) {
        ZNodePath.check(path);
        return new ZNodeUpdate(new RowWrite.Put(path, data, true, null, CreateMode.PERSISTENT, 0));
    }

    /** The znode is not there. */
    public static ZNodeUpdate remove(String path) {
        ZNodePath.check(path);
        return new ZNodeUpdate(new RowWrite.Remove(path));
    }

    /**
     * The same {@link #put}, only if the znode has this version (compare and set); what else happens is up to {@link
     * ZooKeeperSinkBuilder#setConflict}.
     */
    public ZNodeUpdate ifVersion(int version) {
        RowWrite.checkVersion(write.path(), version);
        RowWrite.Put put = asPut("an expected version");
        return put(put, version, put.mode(), put.ttlMillis());
    }

    /** The same {@link #put}, only if the znode does not exist. */
    public ZNodeUpdate ifAbsent() {
        return ifVersion(RowWrite.ABSENT);
    }

    /** The same {@link #put}, creating a znode of another kind if one has to be created. */
    public ZNodeUpdate as(CreateMode mode) {
        if (mode.isEphemeral()) {
            throw new IllegalArgumentException("The znode '" + write.path() + "' cannot be '" + mode + "': a sink has"
                    + " either only ephemeral znodes, since they belong to a session of its own, or none. Put it"
                    + " without a mode and call 'writeEphemeral' of the sink's builder, or use another mode.");
        }
        if (mode == CreateMode.PERSISTENT_WITH_TTL) {
            throw new IllegalArgumentException("The znode '" + write.path() + "' cannot be '" + mode + "': it needs to"
                    + " know how long. Call withTtl instead.");
        }
        RowWrite.Put put = asPut("a create mode");
        return put(put, put.expectedVersion(), mode, 0);
    }

    /** The same {@link #put}, creating a znode with a time to live if one has to be created. */
    public ZNodeUpdate withTtl(Duration ttl) {
        CreateMode.checkTtl(ttl);
        RowWrite.Put put = asPut("a time to live");
        return put(put, put.expectedVersion(), CreateMode.PERSISTENT_WITH_TTL, ttl.toMillis());
    }

    private static ZNodeUpdate put(RowWrite.Put put, Integer version, CreateMode mode, long ttlMillis) {
        if (mode.isSequential() && version != null) {
            throw new IllegalArgumentException(
                    "The update of the znode '" + put.path() + "' has the create mode '" + mode
                            + "' and an expected version: each one creates a znode of its own, which has no version to expect."
                            + " Leave one of them out.");
        }
        return new ZNodeUpdate(new RowWrite.Put(put.path(), put.data(), true, version, mode, ttlMillis));
    }

    private RowWrite.Put asPut(String what) {
        if (write instanceof RowWrite.Put put) {
            return put;
        }
        throw new IllegalArgumentException(
                "The removal of the znode '" + write.path() + "' cannot have " + what + "; only a put has one.");
    }

    RowWrite write() {
        return write;
    }

    /** Names the znode without its data, which may be secret. */
    @Override
    public String toString() {
        return write.toString();
    }
}
