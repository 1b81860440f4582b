// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import java.util.EnumSet;
import java.util.Set;
import org.apache.flink.annotation.Internal;

/** What a writer or committer tells beyond Flink's own sink metrics. All are numbers, in the group "zookeeper". */
@Internal
public enum SinkMetric {
    REQUESTS("writeRequests", "Requests (`multi`) sent."),
    REFUSED("refusedRequests", "Requests that the server refused because of one row, and that were mended."),
    RETRIES("retriedRequests", "Requests sent again because the connection broke."),
    CONFLICTS("conflicts", "Rows whose znode did not have the version that they expected."),
    UNCHANGED("unchangedRows", "Rows not written because their znode has their data (`sink.skip-unchanged`)."),
    IN_FLIGHT("requestsInFlight", "Requests under way."),
    OWNED("ownedZnodes", "Ephemeral znodes that the session of the writer has."),
    BUFFERED("bufferedRows", "Rows that wait to be sent."),
    COMMIT_MILLIS("lastCommitDurationMs", "How long the last commit took, in milliseconds (`exactly-once`).");

    /** Those that only grow. */
    static final Set<SinkMetric> COUNTERS = EnumSet.of(REQUESTS, REFUSED, RETRIES, CONFLICTS, UNCHANGED);

    private final String key;
    private final String description;

    SinkMetric(String key, String description) {
        this.key = key;
        this.description = description;
    }

    public String key() {
        return key;
    }

    /** For the docs, in Markdown. */
    public String description() {
        return description;
    }
}
