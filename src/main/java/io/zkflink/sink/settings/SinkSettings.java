// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.settings;

import io.zkflink.client.Acl;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.sink.batch.WriteRules;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/**
 * How to write, whatever the {@link Delivery}.
 *
 * @param rows how one row is written
 * @param batching how rows are gathered
 */
@Internal
public record SinkSettings(Rows rows, Batching batching) implements Serializable {

    /** What SQL gives to those who set nothing. */
    public static final SinkSettings DEFAULTS = new SinkSettings(
            new Rows(ConflictPolicy.FAIL, false, false, Acl.OPEN),
            new Batching(500, 4, 10_000, 1024 * 1024, Duration.ofMillis(100)));

    private static final int LARGEST_REQUEST = 1024 * 1024 * 1024;

    /**
     * How one row is written.
     *
     * @param conflict what to do with a row whose znode has another version than it expects
     * @param deleteChildren whether deleting a row deletes what is below its znode
     * @param skipUnchanged whether a znode that has the row's data already is not written, for a read of each
     * @param acl of znodes that are created
     */
    public record Rows(ConflictPolicy conflict, boolean deleteChildren, boolean skipUnchanged, Acl acl)
            implements Serializable {

        public WriteRules rules() {
            return new WriteRules(conflict == ConflictPolicy.SKIP, skipUnchanged, deleteChildren, acl, parentAcl());
        }

        /** Of parents that are created on the way: below one in which nobody may create anything, no row could be. */
        public Acl parentAcl() {
            return acl.granting("c");
        }

        /** Of what the connector keeps for itself, markers and epochs, which it reads and sets. */
        public Acl ownAcl() {
            return acl.granting("rw");
        }
    }

    /**
     * How rows are gathered.
     *
     * @param maxSize rows in one request
     * @param maxInFlight requests under way
     * @param maxBuffered rows that wait before the query has to
     * @param maxBytes of one request, which the server limits as well
     * @param timeout how long a row may wait for others
     */
    public record Batching(int maxSize, int maxInFlight, int maxBuffered, int maxBytes, Duration timeout)
            implements Serializable {

        /**
         * @throws InvalidSettingException if a value breaks a rule
         */
        public Batching {
            InvalidSettingException.checkAtLeast(1, "sink.batch.max-size", maxSize);
            InvalidSettingException.checkAtLeast(1, "sink.requests.max-inflight", maxInFlight);
            InvalidSettingException.checkAtLeast(1, "sink.requests.max-buffered", maxBuffered);
            if (maxBytes < 1 || maxBytes > LARGEST_REQUEST) {
                throw new InvalidSettingException(
                        "sink.flush-buffer.size", maxBytes, "it must be between 1 byte and 1 gb.");
            }
            InvalidSettingException.checkDuration("sink.flush-buffer.timeout", timeout);
        }

        /**
         * How many bytes may wait at most: those of the requests in flight, and as many again to follow them at once.
         */
        public long maxBufferedBytes() {
            return 2L * maxInFlight * maxBytes;
        }
    }
}
