// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for the answers of a session, for those who have nothing else to do. */
final class Requests {

    private Requests() {}

    /** Waits for an answer; a server that does not answer in time is like a connection that is lost. */
    static <T> T get(CompletableFuture<T> answer, Duration longest) throws IOException {
        try {
            return answer.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        } catch (TimeoutException e) {
            answer.cancel(false);
            throw new ZooKeeperException(
                    Failure.CONNECTION_LOST, "ZooKeeper did not answer within " + longest.toMillis() + " ms.");
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Keeps the mark of the interruption. */
    static IOException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new IOException("Interrupted while waiting for ZooKeeper.", cause);
    }
}
