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
 * <p>A reply over the client's limit breaks the connection for all reads in flight and says nothing about its cause.
 * Every read that was in flight when the connection broke is therefore isolated: it may be sent again only among half
 * as many other isolated reads, with nothing beside them in flight. That halves down to the read that is too large,
 * whatever its user does in between (a walk starts over), and costs nothing after an ordinary disconnect.
 *
 * <p>An isolated read that is sent alone is preceded by a request for the Stat of its znode. A Stat that says that the
 * reply cannot fit fails it as {@link Failure#REPLY_TOO_LARGE}. Where the Stat leaves that open, as for lists of
 * children, whose names may be long or short, it takes several losses in a row, each on a connection that had just
 * answered for the Stat: an ordinary loss rarely follows that answer each time.
 *
 * <p>Thread-safe.
 */
final class OversizedReads {

    private static final int MAX_ISOLATED = 100_000;
    private static final int LOSSES_TO_FAIL = 6;

    private final int replyLimit;
    private final Map<String, Isolation> isolated = new ConcurrentHashMap<>();

    OversizedReads(int replyLimit) {
        this.replyLimit = replyLimit;
    }

    boolean contains(Read<?> read) {
        return of(read) != null;
    }

    /** How many isolated reads a read may be sent among, itself included. */
    int maxOps(Read<?> read) {
        Isolation isolation = of(read);
        return isolation == null ? ReadBatcher.MAX_OPS : isolation.maxOps;
    }

    /** Whether a read has to go alone, and so after the Stat of its znode. */
    boolean isToBeTried(Read<?> read) {
        return maxOps(read) == 1;
    }

    /**
     * The error of a read that is too large by the Stat of its znode; empty if the Stat does not say so.
     *
     * @param stat null if there is no such znode any more
     */
    Optional<ZooKeeperException> tooLarge(Read<?> read, Stat stat) {
        Isolation isolation = of(read);
        boolean isTooLarge = stat != null
                && isolation != null
                && (read.isSurelyTooLarge(stat, replyLimit)
                        || (isolation.losses >= LOSSES_TO_FAIL && read.isPerhapsTooLarge(stat, replyLimit)));
        if (!isTooLarge) {
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

    /** These reads were answered. */
    void clear(List<Read<?>> batch) {
        if (!isolated.isEmpty()) {
            batch.forEach(read -> isolated.remove(read.key()));
        }
    }

    /** The connection broke under these reads, and perhaps others. */
    void isolate(List<Read<?>> batch, int inFlightTogether) {
        update(batch, known -> known.lostAmong(inFlightTogether));
    }

    /** The connection broke under this read alone, after it had answered for the Stat. */
    void isolateAfterTrial(Read<?> read) {
        update(List.of(read), Isolation::lostAlone);
    }

    private void update(List<Read<?>> batch, UnaryOperator<Isolation> more) {
        if (isolated.size() > MAX_ISOLATED) {
            isolated.clear();
        }
        for (Read<?> read : batch) {
            isolated.merge(read.key(), more.apply(Isolation.NONE), (known, ignored) -> more.apply(known));
        }
    }

    private Isolation of(Read<?> read) {
        return isolated.isEmpty() ? null : isolated.get(read.key());
    }

    /**
     * How far a read is isolated.
     *
     * @param maxOps how many isolated reads it may be sent among, itself included
     * @param losses how often it broke the connection alone, after the Stat was answered
     */
    private record Isolation(int maxOps, int losses) {
        static final Isolation NONE = new Isolation(ReadBatcher.MAX_OPS, 0);

        Isolation lostAmong(int ops) {
            return new Isolation(Math.max(1, Math.min(maxOps, ops) / 2), losses);
        }

        Isolation lostAlone() {
            return new Isolation(1, losses + 1);
        }
    }
}
