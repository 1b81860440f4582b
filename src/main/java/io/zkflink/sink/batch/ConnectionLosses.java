// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How often the connection broke while a batch was written, and what that says of the request that was in flight: a
 * server that is sent more than it accepts says nothing and ends the connection.
 */
final class ConnectionLosses {

    private static final int LOSSES_TO_DIVIDE = 2;
    private static final int LOSSES_TO_CONVICT = 3;

    /** Whether a request was sent to a server, so that its failure may be its own doing. */
    private boolean inFlight;
    /** How often in a row the connection broke, and since when, by the clock of the JVM. */
    private int failures;

    private long lastProgress;
    /** How often the connection broke while the first request was in flight. */
    private int losses;

    /** The batch is to be written, perhaps again. */
    void begin() {
        if (failures == 0) {
            lastProgress = System.nanoTime();
        }
        inFlight = false;
    }

    void sent(boolean isConnected) {
        inFlight = isConnected;
    }

    /** The server has made the request that was sent, or refused it. */
    void answered() {
        losses = 0;
        inFlight = false;
    }

    /** The server has answered anything. */
    void progressed() {
        failures = 0;
        lastProgress = System.nanoTime();
    }

    /** Returns for how many milliseconds no server has answered. */
    long broke() {
        failures++;
        if (inFlight) {
            losses++;
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastProgress);
    }

    /** How often in a row the connection broke. */
    int inARow() {
        return failures;
    }

    /** Whether the server seems to break the connection because of the request's size, and it could be divided. */
    boolean callForDivision(List<BatchedRow> request) {
        return losses >= LOSSES_TO_DIVIDE && request.size() > 1 && bytes(request) > RefusedRow.UNSUSPICIOUS_BYTES;
    }

    /** Whether the connection breaks at each attempt to write a row that may be too large for the servers. */
    boolean pointTo(List<BatchedRow> request) {
        return losses >= LOSSES_TO_CONVICT && request.size() == 1 && bytes(request) > RefusedRow.UNSUSPICIOUS_BYTES;
    }

    /** A server may have a lower limit, and any network may break a few times while a row is under way. */
    boolean prove(List<BatchedRow> request) {
        return pointTo(request) && bytes(request) > RefusedRow.SURELY_TOO_LARGE;
    }

    private static long bytes(List<BatchedRow> request) {
        long bytes = 0;
        for (BatchedRow row : request) {
            bytes += row.bytes();
        }
        return bytes;
    }
}
