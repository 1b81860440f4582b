// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.apache.jute.BinaryInputArchive;
import org.apache.zookeeper.data.Stat;

/**
 * The reads that may have broken the connection by their size.
 *
 * <p>A reply over the client's limit breaks the connection, for the innocent too, and says nothing about its cause.
 * Every read that was in flight when the connection broke is therefore a suspect: it may be sent again only among half
 * as many other suspects, with nothing beside them in flight. That halves down to the guilty read, whatever its user
 * does in between (a walk starts over), and costs nothing after an ordinary disconnect.
 *
 * <p>A suspect that is sent alone is preceded by a request for the Stat of its znode. A Stat that says that the reply
 * cannot fit fails it as {@link Failure#REPLY_TOO_LARGE}. Where the Stat leaves that open, as for lists of children,
 * whose names may be long or short, it takes several losses in a row, each on a connection that had just answered for
 * the Stat: ordinary losses are not so punctual.
 *
 * <p>Thread-safe.
 */
final class OversizedReads {

    private static final int MAX_SUSPECTS = 100_000;
    private static final int LOSSES_TO_CONVICT = 6;

    private final int replyLimit;
    private final Map<String, Suspicion> suspicions = new ConcurrentHashMap<>();

    OversizedReads(int replyLimit) {
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

    /** Whether a read has to go alone, and so after the Stat of its znode. */
    boolean isToBeTried(Read<?> read) {
        return maxOps(read) == 1;
    }

    /**
     * Judges a read by the Stat of its znode; empty if that does not convict it.
     *
     * @param stat null if there is no such znode any more
     */
    Optional<ZooKeeperException> verdict(Read<?> read, Stat stat) {
        Suspicion suspicion = of(read);
        boolean convicted = stat != null
                && suspicion != null
                && (read.isSurelyTooLarge(stat, replyLimit)
                        || (suspicion.losses >= LOSSES_TO_CONVICT && read.isPerhapsTooLarge(stat, replyLimit)));
        if (!convicted) {
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

    /** The connection broke under these reads, and perhaps others. */
    void suspect(List<Read<?>> batch, int inFlightTogether) {
        hold(batch, held -> held.lostAmong(inFlightTogether));
    }

    /** The connection broke under this read alone, after it had answered for the Stat. */
    void suspectAfterTrial(Read<?> read) {
        hold(List.of(read), Suspicion::lostAlone);
    }

    private void hold(List<Read<?>> batch, UnaryOperator<Suspicion> more) {
        if (suspicions.size() > MAX_SUSPECTS) {
            suspicions.clear();
        }
        for (Read<?> read : batch) {
            suspicions.merge(read.key(), more.apply(Suspicion.NONE), (held, ignored) -> more.apply(held));
        }
    }

    private Suspicion of(Read<?> read) {
        return suspicions.isEmpty() ? null : suspicions.get(read.key());
    }

    /**
     * What is held against a read.
     *
     * @param maxOps how many suspects it may be sent among
     * @param losses how often it broke the connection alone, after the Stat was answered
     */
    private record Suspicion(int maxOps, int losses) {
        static final Suspicion NONE = new Suspicion(ReadBatcher.MAX_OPS, 0);

        Suspicion lostAmong(int ops) {
            return new Suspicion(Math.max(1, Math.min(maxOps, ops) / 2), losses);
        }

        Suspicion lostAlone() {
            return new Suspicion(1, losses + 1);
        }
    }
}
