// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.zookeeper.txn.TxnHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the ephemeral znodes that were there right before a transaction, from a snapshot and the log behind it. Without
 * a snapshot, those of the sessions that the log has from their begin are known.
 *
 * <p>A snapshot is written while transactions go on. One that is begun before a session ends, and written after that,
 * lacks the session's znodes. So only a snapshot is taken that ended before the transaction.
 */
final class PastEphemerals implements EphemeralZNodes.Past {

    private static final Logger LOG = LoggerFactory.getLogger(PastEphemerals.class);

    /** Where a log begins that has all there ever was. */
    private static final long NOTHING = 0;

    private final History history;

    PastEphemerals(History history) {
        this.history = history;
    }

    /** @param surelyEnded whether its end needs not be looked for */
    private record Candidate(LogFolder.File file, boolean surelyEnded) {}

    @Override
    public EphemeralZNodes before(TxnHeader closing) throws IOException {
        for (Candidate candidate : candidates(closing)) {
            EphemeralZNodes ephemerals = EphemeralZNodes.none();
            if (read(candidate, closing.getZxid(), ephemerals)) {
                replay(candidate.file().zxid(), closing.getZxid(), ephemerals);
                return ephemerals;
            }
        }
        EphemeralZNodes ephemerals = replayAll(closing.getZxid());
        if (!ephemerals.knows(closing.getClientId())) {
            throw new MissingEphemeralsException(closing.getClientId(), closing.getZxid());
        }
        return ephemerals;
    }

    /** The snapshots that were begun before a transaction, newest first. */
    private List<Candidate> candidates(TxnHeader closing) throws IOException {
        long surely = closing.getTime() - History.CLOCKS_DIFFER_MILLIS;
        List<Candidate> candidates = new ArrayList<>();
        for (LogFolder folder : history.folders()) {
            List<LogFolder.File> begun = folder.snapshots().stream()
                    .filter(snapshot -> snapshot.zxid() < closing.getZxid())
                    .toList();
            for (int i = 0; i < begun.size(); i++) {
                LogFolder.File file = begun.get(i);
                // A server writes one snapshot at a time, and its first one before it serves.
                boolean isFollowed = i < begun.size() - 1;
                candidates.add(new Candidate(file, isFollowed || file.zxid() == NOTHING || file.modified() < surely));
            }
        }
        candidates.sort(Comparator.comparingLong(
                        (Candidate candidate) -> candidate.file().zxid())
                .reversed());
        return candidates;
    }

    /** Whether a snapshot ended before a transaction. */
    private static boolean read(Candidate candidate, long zxid, EphemeralZNodes to) throws IOException {
        try (SnapshotFile snapshot = SnapshotFile.open(candidate.file().path())) {
            for (SnapshotFile.Node node = snapshot.next(); node != null; node = snapshot.next()) {
                to.add(node.path(), EphemeralZNodes.sessionOf(node.stat().getEphemeralOwner()));
            }
            // A znode goes from the tree before the number moves that a snapshot gives as its end.
            return candidate.surelyEnded()
                    || (snapshot.end() != SnapshotFile.UNKNOWN_END
                            && snapshot.end() < zxid
                            && !Zxids.areAdjacent(snapshot.end(), zxid));
        } catch (DamagedFileException e) {
            if (e.getCause() instanceof EOFException) {
                LOG.warn("{} An older snapshot is read.", e.getMessage());
                return false;
            }
            throw e;
        }
    }

    private void replay(long after, long before, EphemeralZNodes to) throws IOException {
        TransactionDecoder decoder = new TransactionDecoder(to);
        try (CommittedLog log = history.logAfter(after, false)) {
            for (LogRecord record = log.next(); record != null && record.zxid() < before; record = log.next()) {
                decoder.decode(record);
            }
        }
    }

    private EphemeralZNodes replayAll(long before) throws IOException {
        EphemeralZNodes ephemerals;
        try (CommittedLog log = history.logFrom(-1, false)) {
            LogRecord first = log.next();
            ephemerals = first != null && Zxids.areAdjacent(NOTHING, first.zxid())
                    ? EphemeralZNodes.none()
                    : EphemeralZNodes.unknown();
        }
        replay(-1, before, ephemerals);
        return ephemerals;
    }
}
