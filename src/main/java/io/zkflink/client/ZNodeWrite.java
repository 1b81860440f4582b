// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import org.apache.flink.annotation.Internal;

/** One operation of a {@code multi}. Data is shared, not to be modified; null data is none. */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; copying a megabyte per accessor call would be worse
@Internal
public sealed interface ZNodeWrite {

    int ANY_VERSION = -1;

    /** Absolute, relative to chroot and namespace. */
    String path();

    /** How much of a request it takes, in bytes; never less than it really is. */
    int bytes();

    /**
     * Creates a znode, which must not exist, below one that must.
     *
     * @param ttlMillis of a znode with a TTL, else not looked at
     */
    record Create(String path, byte[] data, CreateMode mode, long ttlMillis, Acl acl) implements ZNodeWrite {
        @Override
        public int bytes() {
            return overhead(path) + length(data) + acl.bytes();
        }
    }

    /**
     * Sets the data of a znode.
     *
     * @param version that it must have, or {@link #ANY_VERSION}
     */
    record SetData(String path, byte[] data, int version) implements ZNodeWrite {
        @Override
        public int bytes() {
            return overhead(path) + length(data);
        }
    }

    /**
     * Deletes a znode, which must have no children.
     *
     * @param version that it must have, or {@link #ANY_VERSION}
     */
    record Delete(String path, int version) implements ZNodeWrite {
        @Override
        public int bytes() {
            return overhead(path);
        }
    }

    /**
     * Writes nothing but is refused unless the znode exists, and with it all else of the {@code multi}.
     *
     * @param version that it must have, or {@link #ANY_VERSION}
     */
    record Check(String path, int version) implements ZNodeWrite {
        @Override
        public int bytes() {
            return overhead(path);
        }
    }

    /** How much of a request a write of a znode takes at most, whatever it is. */
    static long bytes(String path, byte[] data, Acl acl) {
        return (long) overhead(path) + length(data) + acl.bytes();
    }

    private static int length(byte[] data) {
        return data == null ? 0 : data.length;
    }

    /** The headers of the operation, and a path of whatever characters. */
    private static int overhead(String path) {
        return 48 + 3 * path.length();
    }
}
