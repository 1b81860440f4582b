// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import org.apache.flink.annotation.PublicEvolving;

/**
 * ZooKeeper's Stat structure. Times are milliseconds since the epoch by the server's clock; zxids are only ever
 * compared as numbers.
 */
@PublicEvolving
public record ZNodeStat(
        long czxid,
        long mzxid,
        long ctime,
        long mtime,
        int version,
        int cversion,
        int aversion,
        long ephemeralOwner,
        int dataLength,
        int numChildren,
        long pzxid) {

    /** This Stat with another {@code mtime}, in milliseconds since the epoch. */
    public ZNodeStat withMtime(long changed) {
        return new ZNodeStat(
                czxid,
                mzxid,
                ctime,
                changed,
                version,
                cversion,
                aversion,
                ephemeralOwner,
                dataLength,
                numChildren,
                pzxid);
    }
}
