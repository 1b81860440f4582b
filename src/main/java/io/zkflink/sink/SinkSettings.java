// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Acl;
import java.io.Serializable;
import java.time.Duration;

/**
 * How to write.
 *
 * @param transactions how writes become visible exactly once; null if they may be repeated
 * @param rows how one row is written
 * @param batching how rows are gathered
 */
public record SinkSettings(Transactions transactions, Rows rows, Batching batching) implements Serializable {

    /**
     * Where it is kept what was committed.
     *
     * @param idPrefix names the job's markers among those of others
     * @param commitPath an absolute path below which they are
     * @param retention how long a marker that did not change is kept, and so how old a savepoint may be restored
     */
    public record Transactions(String idPrefix, String commitPath, Duration retention) implements Serializable {

        /** The parent of this job's markers. */
        String markers() {
            return commitPath + "/" + idPrefix;
        }
    }

    /**
     * How one row is written.
     *
     * @param conflict what to do with a row whose znode has another version than it expects
     * @param deleteChildren whether deleting a row deletes what is below its znode
     * @param skipUnchanged whether a znode that has the row's data already is not written, for a read of each
     * @param acl of znodes that are created
     */
    public record Rows(Conflict conflict, boolean deleteChildren, boolean skipUnchanged, Acl acl)
            implements Serializable {

        /** Of parents that are created on the way: below one that nobody may write, no row could be. */
        Acl parentAcl() {
            return acl.equals(Acl.READ_ONLY) ? Acl.OPEN : acl;
        }
    }

    /**
     * How rows are gathered.
     *
     * @param maxSize rows in one request
     * @param maxInFlight requests under way
     * @param maxBuffered rows that wait before the query has to
     * @param maxBytes of one request, which the server limits as well
     * @param timeout how long a row may wait for company
     */
    public record Batching(int maxSize, int maxInFlight, int maxBuffered, int maxBytes, Duration timeout)
            implements Serializable {}

    public boolean isExactlyOnce() {
        return transactions != null;
    }
}
