// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.jute.BinaryInputArchive;
import org.apache.zookeeper.data.Stat;

/**
 * The reads that may have broken the connection by their size.
 *
 * <p>A reply over the client's limit breaks the connection, for the innocent too, and says nothing about its cause.
 * Every read that was in flight when the connection broke is therefore a suspect: it may be sent again only among half
 * as many other suspects, with nothing beside them in flight. That halves down to the guilty read, whatever its user
 * does in between (a walk starts over), and costs nothing after an ordinary disconnect. A suspect that breaks the
 * connection alone, repeatedly, and whose Stat says that it is large, fails as {@link Failure#REPLY_TOO_LARGE}.
 *
 * <p>Thread-safe.
 */
final class Suspects {

    private static final int MAX_SUSPECTS = 100_000;
    private static final int SOLO_LOSSES_TO_TRY = 2;

    private final int replyLimit;
    private final Map<String, Suspicion> suspicions = new ConcurrentHashMap<>();

    Suspects(int replyLimit) {
        this.replyLimit = replyLimit;
    }

    boolean contains(Read<?> read) {
        return of(read) != null;
    }

    /** How many suspects a suspect may be sent among, itself included. */
    int maxOps(Read<?> read) {
        Suspicion suspicion = of(read);
        return suspicion == null ? ReadBatcher.MAX_OPS : suspicion.maxOps;
    }

    /** Whether a read has broken the connection alone so often that its Stat is worth asking for. */
    boolean isToBeTried(Read<?> read) {
        Suspicion suspicion = of(read);
        return suspicion != null && suspicion.soloLosses >= SOLO_LOSSES_TO_TRY;
    }

    /**
     * Judges a read by the Stat of its znode; empty if that does not convict it.
     *
     * @param stat null if there is no such znode any more
     */
    Optional<ZooKeeperException> verdict(Read<?> read, Stat stat) {
        Suspicion suspicion = of(read);
        if (suspicion == null || !read.isTooLarge(stat, replyLimit, suspicion.soloLosses)) {
            return Optional.empty();
        }
        return Optional.of(new ZooKeeperException(
                Failure.REPLY_TOO_LARGE,
                read.describe(stat) + " does not fit into a reply of " + replyLimit
                        + " bytes, the limit that 'properties." + ConnectionSettings.REPLY_LIMIT
                        + "' sets, or into the "
                        + 2L * BinaryInputArchive.maxBuffer
                        + " bytes that the system property 'jute.maxbuffer' allows for the data of one znode. Raise"
                        + " what is too small, or narrow the 'path'."));
    }

    void acquit(List<Read<?>> batch) {
        if (!suspicions.isEmpty()) {
            batch.forEach(read -> suspicions.remove(read.key()));
        }
    }

    /** The connection broke under these reads. */
    void suspect(List<Read<?>> batch, int inFlightTogether) {
        if (suspicions.size() > MAX_SUSPECTS) {
            suspicions.clear();
        }
        for (Read<?> read : batch) {
            suspicions.merge(
                    read.key(),
                    Suspicion.NONE.lostAmong(inFlightTogether),
                    (held, ignored) -> held.lostAmong(inFlightTogether));
        }
    }

    private Suspicion of(Read<?> read) {
        return suspicions.isEmpty() ? null : suspicions.get(read.key());
    }

    /** What is held against a read. */
    private record Suspicion(int maxOps, int soloLosses) {
        static final Suspicion NONE = new Suspicion(ReadBatcher.MAX_OPS, 0);

        Suspicion lostAmong(int ops) {
            return new Suspicion(Math.max(1, Math.min(maxOps, ops) / 2), soloLosses + (ops == 1 ? 1 : 0));
        }
    }
}
