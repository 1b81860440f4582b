// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import org.apache.flink.annotation.Internal;

/**
 * Takes a failure out of what Flink's source readers wrap it into ("One or more fetchers have encountered exception"),
 * so that what a user sees of a failed job begins with what is wrong.
 */
@Internal
public final class FetcherFailure {

    private FetcherFailure() {}

    /** The failure of the fetcher thread, or the exception itself if it is none. */
    public static Exception unwrap(RuntimeException thrown) {
        Throwable failure = thrown;
        // Both wrappers are plain ones; what this connector throws is of a class that says something.
        while (failure.getClass() == RuntimeException.class && failure.getCause() != null) {
            failure = failure.getCause();
        }
        return failure instanceof Exception exception ? exception : thrown;
    }
}
