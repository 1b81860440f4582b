// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.settings;

import io.zkflink.client.Acl;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.ReservedPaths;
import io.zkflink.sink.batch.WriteRules;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;
import org.apache.flink.connector.base.DeliveryGuarantee;

/**
 * How to write.
 *
 * @param transactions how writes become visible exactly once; null if they may be repeated
 * @param rows how one row is written
 * @param batching how rows are gathered
 * @param guardLock the path of a lock that whoever writes must hold; null for none
 */
@Internal
public record SinkSettings(Transactions transactions, Rows rows, Batching batching, String guardLock)
        implements Serializable {

    /** What SQL gives to those who set nothing. */
    public static final SinkSettings AT_LEAST_ONCE = new SinkSettings(
            null,
            new Rows(ConflictPolicy.FAIL, false, false, Acl.OPEN),
            new Batching(500, 4, 10_000, 1024 * 1024, Duration.ofMillis(100)));

    private static final String COMMIT_PATH = "sink.commit-path";

    private static final int LARGEST_REQUEST = 1024 * 1024 * 1024;

    /**
     * @throws InvalidSettingException if the lock has no path, or cannot guard what is written
     */
    public SinkSettings {
        if (guardLock != null) {
            InvalidSettingException.check(
                    "sink.guard.lock", guardLock, text -> checkPath(text, -1), "write it like '/locks/orders'");
            if (transactions != null) {
                throw new InvalidSettingException(
                        "sink.guard.lock",
                        guardLock,
                        "what was prepared with the lock must be committed without it after a failure. Use"
                                + " 'sink.delivery-guarantee' = 'at-least-once', or remove the option.");
            }
        }
    }

    /**
     * These settings, for writers whose root the server has somewhere.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     * @throws InvalidSettingException if what the sink keeps for itself would lie in ZooKeeper's own subtree
     */
    public SinkSettings at(String base) {
        if (guardLock != null) {
            checkNotReserved(base, "sink.guard.lock", guardLock);
        }
        if (transactions != null) {
            checkNotReserved(base, COMMIT_PATH, transactions.commitPath());
        }
        return this;
    }

    /** Settings without a lock. */
    public SinkSettings(Transactions transactions, Rows rows, Batching batching) {
        this(transactions, rows, batching, null);
    }

    /**
     * Where it is kept what was committed.
     *
     * @param idPrefix names the job's markers among those of others
     * @param commitPath an absolute path below which they are
     * @param retention how long a marker that did not change is kept, and so how old a savepoint may be restored
     */
    public record Transactions(String idPrefix, String commitPath, Duration retention) implements Serializable {

        private static final int MOST_DAYS = 36_500;

        /**
         * @throws InvalidSettingException if a value breaks a rule
         */
        public Transactions {
            if (idPrefix == null) {
                throw new InvalidSettingException(
                        "sink.delivery-guarantee",
                        "exactly-once",
                        "it needs a name for its commit markers. Set 'sink.transactional-id-prefix' to one that no other"
                                + " job uses.");
            }
            InvalidSettingException.check(
                    "sink.transactional-id-prefix",
                    idPrefix,
                    Transactions::checkPrefix,
                    "write a single path segment like 'orders-to-zookeeper'");
            checkCommitPath(commitPath);
            if (retention.isNegative() || retention.isZero()) {
                throw new InvalidSettingException(
                        "sink.commit-retention", retention, "it must be positive; write it like '7 d'.");
            }
            if (retention.toDays() > MOST_DAYS) {
                throw new InvalidSettingException(
                        "sink.commit-retention", retention, "it must be at most " + MOST_DAYS + " d.");
            }
        }

        /**
         * As a guarantee needs them; null for at least once.
         *
         * @throws InvalidSettingException if a value breaks a rule
         */
        public static Transactions of(
                DeliveryGuarantee guarantee, String idPrefix, String commitPath, Duration retention) {
            return switch (guarantee) {
                case AT_LEAST_ONCE -> null;
                case EXACTLY_ONCE -> new Transactions(idPrefix, commitPath, retention);
                case NONE ->
                    throw new InvalidSettingException(
                            "sink.delivery-guarantee",
                            guarantee,
                            "it must be one of 'at-least-once', 'exactly-once'; a weaker one would save nothing.");
            };
        }

        private static void checkPrefix(String prefix) {
            checkPath("/" + prefix, 1);
            if (prefix.equals(Sessions.NAME)) {
                throw new IllegalArgumentException("ephemeral rows keep something else there");
            }
        }

        /** The parent of this job's markers. */
        public String markers() {
            return commitPath + "/" + idPrefix;
        }
    }

    /**
     * Where it is kept whose turn it is to write as a session.
     *
     * @param commitPath an absolute path, which may also hold commit markers
     */
    public record Sessions(String commitPath) implements Serializable {

        private static final String NAME = "_sessions";

        /**
         * @throws InvalidSettingException if it is no path
         */
        public Sessions {
            checkCommitPath(commitPath);
        }

        /**
         * For ephemeral znodes.
         *
         * @param guarantee that is asked for
         * @param guardLock null if none is asked for
         * @throws InvalidSettingException if it is no path, or ephemeral znodes cannot have what is asked for
         */
        public static Sessions ofEphemerals(String commitPath, DeliveryGuarantee guarantee, String guardLock) {
            if (guarantee == DeliveryGuarantee.EXACTLY_ONCE) {
                throw new InvalidSettingException(
                        "sink.create-mode",
                        "ephemeral",
                        "ephemeral znodes end with their session, whatever was committed. Use"
                                + " 'sink.delivery-guarantee' = 'at-least-once', or 'persistent'.");
            }
            if (guardLock != null) {
                throw new InvalidSettingException(
                        "sink.guard.lock",
                        guardLock,
                        "ephemeral rows have a session of their own, which no other writer can have at the same time."
                                + " Remove the option, or use 'sink.create-mode' = 'persistent'.");
            }
            return new Sessions(commitPath);
        }

        /** As {@link SinkSettings#at}. */
        public Sessions at(String base) {
            checkNotReserved(base, COMMIT_PATH, commitPath);
            return this;
        }

        /** The parent of the epochs of all sessions. */
        public String epochs() {
            return commitPath + "/" + NAME;
        }
    }

    private static void checkCommitPath(String path) {
        InvalidSettingException.check(
                COMMIT_PATH, path, text -> checkPath(text, -1), "write it like '/_flink/commits'");
    }

    private static void checkNotReserved(String base, String option, String path) {
        if (ReservedPaths.isOfServer(base, path)) {
            throw new InvalidSettingException(
                    option, path, "'/zookeeper' is ZooKeeper's own subtree. Write a path outside of it.");
        }
    }

    private static void checkPath(String path, int segments) {
        // Whether ZooKeeper keeps it for itself only those know who know the chroot: see at.
        PathTemplate template = PathTemplate.parseToRead("", path, PathEncoding.NONE, name -> {
            throw new IllegalArgumentException("it cannot have columns like '{" + name + "}'");
        });
        if (template.segments().isEmpty()) {
            throw new IllegalArgumentException("it must not be the root");
        }
        if (segments > 0 && template.segments().size() != segments) {
            throw new IllegalArgumentException("it contains '/'");
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

        /** How many bytes may wait at most: more than the requests after next keeps nobody busier. */
        public long maxBufferedBytes() {
            return 2L * maxInFlight * maxBytes;
        }
    }

    public boolean isExactlyOnce() {
        return transactions != null;
    }
}
