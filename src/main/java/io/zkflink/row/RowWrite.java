// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.CreateMode;
import io.zkflink.client.ZNode;
import java.util.Arrays;
import org.apache.flink.annotation.Internal;

/** What a row asks to have done to its znode. Says nothing of whether that exists. */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; copying a megabyte per accessor call would be worse
@Internal
public sealed interface RowWrite {

    String path();

    /**
     * Have the znode there with this data.
     *
     * @param data null for none; shared, not to be modified
     * @param setsData whether the data of a znode that exists is replaced; a table without payload columns leaves it
     * @param expectedVersion the version that the znode must have, or {@link #ABSENT}; null for any
     * @param mode how to create it if need be
     * @param ttlMillis of a znode with a TTL, else not looked at
     */
    record Put(String path, byte[] data, boolean setsData, Integer expectedVersion, CreateMode mode, long ttlMillis)
            implements RowWrite {

        /** Whether it says which version it expects to find. */
        public boolean isConditional() {
            return expectedVersion != null;
        }

        /** Whether it only asks that a znode which exists has a certain version, and changes nothing of it. */
        public boolean isCheck() {
            return isConditional() && expectedVersion != ABSENT && !setsData;
        }

        /** Whether a znode's data is what this writes. */
        public boolean isDataOf(ZNode znode) {
            return Arrays.equals(znode.data(), data == null ? new byte[0] : data);
        }

        /** Names the znode for messages without its data, which may be secret. */
        @Override
        public String toString() {
            return "Put[" + path + ", " + (data == null ? 0 : data.length) + " B]";
        }
    }

    /** Have no such znode. */
    record Remove(String path) implements RowWrite {}

    /** As an expected version: the znode must not exist. */
    int ABSENT = -1;

    /** Refuses an expected version that no znode has. */
    static void checkVersion(String path, int version) {
        if (version < ABSENT) {
            throw new IllegalArgumentException("The row of the znode '" + path + "' has the 'version' " + version
                    + ", which no znode has. Give the version that the znode must have, -1 if it must not exist, or"
                    + " NULL for any.");
        }
    }

    /** Whether a later write of the same path makes this one superfluous. */
    default boolean isCollapsible() {
        return !(this instanceof Put put)
                || (!put.isConditional() && !put.mode().isSequential());
    }
}
