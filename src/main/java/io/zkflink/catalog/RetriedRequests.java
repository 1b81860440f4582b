// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/**
 * The requests of one change of a definition, for the thread that makes it: each is made again when the connection is
 * lost, until the time of the change is over.
 *
 * <p>When the connection is lost, nobody knows whether a write was made. Then the server is asked whether it was before
 * it is made again: every definition has an id of its write.
 */
final class RetriedRequests {

    /** What servers take in one request unless told otherwise. */
    private static final int REQUEST_LIMIT = 0xfffff;

    private static final long RETRY_MILLIS = 50;

    private final ZNodeMirror mirror;
    private final ConnectionSettings connection;
    private final long end;

    RetriedRequests(ZNodeMirror mirror, ConnectionSettings connection) {
        this.mirror = mirror;
        this.connection = connection;
        this.end = System.nanoTime() + connection.totalTimeout().toNanos();
    }

    private interface Request<T> {
        CompletableFuture<T> send() throws IOException;
    }

    /** Whether a write has been made. */
    interface Condition {
        boolean holds() throws IOException;
    }

    boolean isTimeOver() {
        return System.nanoTime() > end;
    }

    Optional<ZNode> read(String path) throws IOException {
        return retry(() -> mirror.client().read(path));
    }

    List<String> children(String path) throws IOException {
        return retry(() -> mirror.client().children(path)).orElse(List.of());
    }

    void createNamespace(Acl acl) throws IOException {
        retry(() -> mirror.client().createNamespace(acl));
    }

    /**
     * Writes all or nothing.
     *
     * @param made whether that has been written, asked after a connection was lost
     * @return null if all was written
     */
    WriteRefusal write(StoredObject object, List<ZNodeWrite> writes, Condition made) throws IOException {
        checkSize(object, writes);
        boolean isUnsure = false;
        while (true) {
            try {
                if (isUnsure && made.holds()) {
                    return null;
                }
                return answer(mirror.client().write(writes)).orElse(null);
            } catch (ZooKeeperException e) {
                pauseUnlessFinal(e, ", so it is not known whether it was written");
                isUnsure = true;
            }
        }
    }

    private static void checkSize(StoredObject object, List<ZNodeWrite> writes) {
        int bytes = writes.stream().mapToInt(ZNodeWrite::bytes).sum();
        if (bytes > REQUEST_LIMIT) {
            throw new CatalogException(String.format(
                    "Could not write %s: it takes %,d bytes, and a request to ZooKeeper, and so a znode, can have"
                            + " %,d. Make the definition smaller.",
                    object, bytes, REQUEST_LIMIT));
        }
    }

    /** Whether a znode is what was written; asked after a connection was lost, so of a server that is up to date. */
    boolean holds(String path, byte[] data) throws IOException {
        answer(mirror.client().sync());
        return read(path).filter(znode -> Arrays.equals(znode.data(), data)).isPresent();
    }

    boolean isGone(ZNode before) throws IOException {
        answer(mirror.client().sync());
        return read(before.path())
                .filter(now -> now.stat().czxid() == before.stat().czxid())
                .isEmpty();
    }

    private <T> T retry(Request<T> request) throws IOException {
        while (true) {
            try {
                return answer(request.send());
            } catch (ZooKeeperException e) {
                pauseUnlessFinal(e, "");
            }
        }
    }

    private <T> T answer(CompletableFuture<T> answer) throws IOException {
        long left = Math.max(TimeUnit.MILLISECONDS.toNanos(100), end - System.nanoTime());
        return Requests.get(answer, Duration.ofNanos(left));
    }

    /** @param consequence of giving up, for the message */
    private void pauseUnlessFinal(ZooKeeperException failure, String consequence) throws IOException {
        if (failure.failure() == Failure.CLOSED) {
            mirror.checkReplaced(failure);
        } else if (!failure.failure().isTransient()) {
            throw failure;
        }
        if (isTimeOver()) {
            throw new ZooKeeperException(
                    failure.failure(),
                    "the connection to ZooKeeper at '" + connection.connectString() + "' was lost and did not come back"
                            + " within " + connection.totalTimeout().toMillis() + " ms ('connection-timeout' x"
                            + " 'max-retry-attempts')" + consequence + ". " + failure.getMessage());
        }
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            throw Requests.interrupted(e);
        }
    }
}
