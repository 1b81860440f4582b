// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.settings;

import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.ReservedPaths;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;
import org.apache.flink.connector.base.DeliveryGuarantee;

/** What is promised of rows that are written, and what it takes. */
@Internal
public sealed interface Delivery extends Serializable {

    /** Rows are written until they are there, and may be written again after a failure. */
    record AtLeastOnce() implements Delivery {}

    /**
     * Rows become visible when their checkpoint completes, each once.
     *
     * @param idPrefix names the job's markers among those of others
     * @param commitPath an absolute path below which they are
     * @param retention how long a marker that did not change is kept, and so how old a savepoint may be restored
     */
    record ExactlyOnce(String idPrefix, String commitPath, Duration retention) implements Delivery {

        private static final int MOST_DAYS = 36_500;

        /**
         * @throws InvalidSettingException if a value breaks a rule
         */
        public ExactlyOnce {
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
                    ExactlyOnce::checkPrefix,
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

        private static void checkPrefix(String prefix) {
            checkPath("/" + prefix, 1);
            if (prefix.equals(SessionBound.NAME)) {
                throw new IllegalArgumentException("ephemeral rows keep something else there");
            }
        }

        /** The parent of this job's markers. */
        public String markers() {
            return commitPath + "/" + idPrefix;
        }

        @Override
        public ExactlyOnce at(String base) {
            checkNotReserved(base, COMMIT_PATH, commitPath);
            return this;
        }
    }

    /**
     * As {@link AtLeastOnce}, but only while a lock is held.
     *
     * @param lock its path
     */
    record Guarded(String lock) implements Delivery {

        /**
         * @throws InvalidSettingException if it is no path
         */
        public Guarded {
            InvalidSettingException.check(
                    GUARD_LOCK, lock, text -> checkPath(text, -1), "write it like '/locks/orders'");
        }

        @Override
        public Guarded at(String base) {
            checkNotReserved(base, GUARD_LOCK, lock);
            return this;
        }
    }

    /**
     * Rows are there for as long as the writer's session: ephemeral znodes, claims of recipes.
     *
     * @param commitPath an absolute path below which it is kept whose turn it is to write as a session; it may also
     *     hold commit markers
     */
    record SessionBound(String commitPath) implements Delivery {

        private static final String NAME = "_sessions";

        /**
         * @throws InvalidSettingException if it is no path
         */
        public SessionBound {
            checkCommitPath(commitPath);
        }

        /** The parent of the epochs of all sessions. */
        public String epochs() {
            return commitPath + "/" + NAME;
        }

        @Override
        public SessionBound at(String base) {
            checkNotReserved(base, COMMIT_PATH, commitPath);
            return this;
        }
    }

    String COMMIT_PATH = "sink.commit-path";

    String GUARD_LOCK = "sink.guard.lock";

    /**
     * The same, for writers whose root the server has somewhere.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     * @throws InvalidSettingException if what the sink keeps for itself would lie in ZooKeeper's own subtree
     */
    default Delivery at(String base) {
        return this;
    }

    /** What users ask for of a sink, which may contradict itself; null for what they do not say. */
    record Requested(
            DeliveryGuarantee guarantee, String idPrefix, String commitPath, Duration retention, String guardLock) {

        /**
         * Of rows that outlive their writer.
         *
         * @throws InvalidSettingException if a value breaks a rule, or two do not go together
         */
        public Delivery ofRows() {
            checkIsAny();
            if (guarantee == DeliveryGuarantee.AT_LEAST_ONCE) {
                return guardLock == null ? new AtLeastOnce() : new Guarded(guardLock);
            }
            ExactlyOnce exactlyOnce = new ExactlyOnce(idPrefix, commitPath, retention);
            if (guardLock != null) {
                throw new InvalidSettingException(
                        GUARD_LOCK,
                        new Guarded(guardLock).lock(),
                        "what was prepared with the lock must be committed without it after a failure. Use"
                                + " 'sink.delivery-guarantee' = 'at-least-once', or remove the option.");
            }
            return exactlyOnce;
        }

        /**
         * Of rows that are ephemeral znodes.
         *
         * @throws InvalidSettingException if a value breaks a rule, or they cannot have what is asked for
         */
        public SessionBound ofEphemerals() {
            if (guarantee == DeliveryGuarantee.EXACTLY_ONCE) {
                throw new InvalidSettingException(
                        "sink.create-mode",
                        "ephemeral",
                        "ephemeral znodes end with their session, whatever was committed. Use"
                                + " 'sink.delivery-guarantee' = 'at-least-once', or 'persistent'.");
            }
            if (guardLock != null) {
                throw new InvalidSettingException(
                        GUARD_LOCK,
                        guardLock,
                        "ephemeral rows have a session of their own, which no other writer can have at the same time."
                                + " Remove the option, or use 'sink.create-mode' = 'persistent'.");
            }
            checkIsAny();
            return new SessionBound(commitPath);
        }

        private void checkIsAny() {
            if (guarantee == DeliveryGuarantee.NONE) {
                throw new InvalidSettingException(
                        "sink.delivery-guarantee",
                        guarantee,
                        "it must be one of 'at-least-once', 'exactly-once'; a weaker one would save nothing.");
            }
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
}
