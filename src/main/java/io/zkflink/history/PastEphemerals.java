// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.IOException;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * Finds the ephemeral znodes that were there right before a transaction, from a snapshot and the log behind it. Without
 * a snapshot, those of the sessions that the log has from their begin are known.
 *
 * <p>A snapshot is written while transactions go on. One that is begun before a session ends, and written after that,
 * lacks the session's znodes. So only a snapshot is taken that has surely ended before the transaction.
 */
final class PastEphemerals implements EphemeralZNodes.Past {

    /** Where a log begins that has all there ever was. */
    private static final long NOTHING = 0;

    private final History history;

    PastEphemerals(History history) {
        this.history = history;
    }

    @Override
    public EphemeralZNodes before(TxnHeader closing) throws IOException {
        long last = closing.getZxid() - 1;
        for (BaseSnapshot base : BaseSnapshot.newestFirst(history.folders(), last)) {
            // A znode goes from the tree before the number moves that a snapshot gives as its end.
            if (base.checkFree(last, closing.getTime()) && base.isSurelyFree()) {
                EphemeralZNodes ephemerals = read(base);
                replay(base.file().zxid(), closing.getZxid(), ephemerals);
                return ephemerals;
            }
        }
        EphemeralZNodes ephemerals = replayAll(closing.getZxid());
        if (!ephemerals.knows(closing.getClientId())) {
            throw new MissingEphemeralsException(closing.getClientId(), closing.getZxid());
        }
        return ephemerals;
    }

    private static EphemeralZNodes read(BaseSnapshot base) throws IOException {
        EphemeralZNodes ephemerals = EphemeralZNodes.none();
        try (SnapshotFile snapshot = SnapshotFile.open(base.file().path())) {
            for (SnapshotFile.Node node = snapshot.next(); node != null; node = snapshot.next()) {
                ephemerals.add(
                        node.path(), EphemeralZNodes.sessionOf(node.stat().getEphemeralOwner()));
            }
        }
        return ephemerals;
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
