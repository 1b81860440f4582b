// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import java.util.Optional;
import org.apache.flink.annotation.Internal;

/** What to tell a user whose row ZooKeeper does not take. */
@Internal
public final class RefusedRow {

    /** A request of no more bytes is never taken for the reason why a server ends the connection. */
    public static final int UNSUSPICIOUS_BYTES = 64 * 1024;
    /** More bytes than servers accept unless they are told otherwise, however much the size is overestimated. */
    public static final int SURELY_TOO_LARGE = 1_100_000;

    private RefusedRow() {}

    /**
     * A failure that says what a user can do. Where ZooKeeper said something else, that is suppressed and no cause:
     * Flink's SQL client shows the innermost cause only.
     */
    public static IOException failure(String message, ZooKeeperException refusal) {
        if (message.equals(refusal.getMessage())) {
            return new IOException(message, refusal);
        }
        IOException failure = new IOException(message);
        failure.addSuppressed(refusal);
        return failure;
    }

    static String conflict(RowWrite.Put row, Optional<ZNode> found) {
        String expected = row.expectedVersion() == RowWrite.ABSENT
                ? "that it does not exist (version -1)"
                : "version " + row.expectedVersion();
        String is = found.map(znode -> "has version " + znode.stat().version()).orElse("does not exist");
        return "The znode '" + row.path() + "' " + is + ", and the row to be written expects " + expected
                + ". Somebody else has written it. Set 'sink.conflict' = 'skip' to leave such znodes as they are.";
    }

    static String explain(RowWrite row, ZooKeeperException refusal) {
        return switch (refusal.failure()) {
            case UNSUPPORTED ->
                row instanceof RowWrite.Put put
                        ? "ZooKeeper could not create '" + put.path() + "' as '" + put.mode()
                                + "': the server does not know that create mode, or has it switched off. Znodes with a"
                                + " TTL need the system property 'zookeeper.extendedTypesEnabled' = 'true' on every"
                                + " server; containers need ZooKeeper 3.5 or newer."
                        : refusal.getMessage();
            case NO_CHILDREN_FOR_EPHEMERALS ->
                "ZooKeeper could not create '" + row.path()
                        + "': its parent is ephemeral, and ephemeral znodes have no children. Change the 'path', or"
                        + " whoever created the parent.";
            case NOT_EMPTY -> notEmpty(row.path());
            default -> refusal.getMessage();
        };
    }

    public static String notEmpty(String path) {
        return "The znode '" + path + "' could not be deleted: it has children. Delete those first, or set"
                + " 'sink.delete-children' = 'true' to have them deleted with it.";
    }

    /** What a batch writes, for a message about it. */
    static String rowsFrom(int rows, String firstPath) {
        return rows == 0
                ? "The marker of a checkpoint without rows"
                : rows + " rows, first of them that of the znode '" + firstPath + "',";
    }

    public static String gaveUp(int rows, String firstPath, long millis, ZooKeeperException last) {
        return String.format(
                "%s could not be written within %d ms ('connection-timeout' x 'max-retry-attempts'): %s Check the"
                        + " ensemble, or raise 'max-retry-attempts'.",
                rowsFrom(rows, firstPath), millis, last.getMessage());
    }

    public static String tooLarge(String path, long bytes) {
        return "The row of the znode '" + path + "' makes a request of about " + bytes
                + " bytes, and the server breaks the connection at each attempt: its system property 'jute.maxbuffer'"
                + " limits requests, to 1 MB by default. Write less into one znode, or raise that limit on every server"
                + " and client.";
    }
}
