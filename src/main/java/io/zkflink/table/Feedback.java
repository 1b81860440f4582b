// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.source.ZooKeeperSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of a query that follows the very znodes that it writes. That may be right, if it filters or if what it writes
 * comes to rest; otherwise it never ends, and a subtree that is copied into itself grows for ever.
 *
 * @param connection of the sink
 * @param template of the rows that are written
 */
record Feedback(ConnectionSettings connection, PathTemplate template) {

    private static final Logger LOG = LoggerFactory.getLogger(Feedback.class);

    void check(DataStream<?> rows) {
        boolean isRead = rows.getTransformation().getTransitivePredecessors().stream()
                .filter(SourceTransformation.class::isInstance)
                .map(source -> ((SourceTransformation<?, ?, ?>) source).getSource())
                .anyMatch(
                        source -> source instanceof ZooKeeperSource<?> znodes && znodes.follows(connection, template));
        if (isRead) {
            LOG.warn(
                    "The query follows what it writes: rows of the 'path' '{}' are also rows of a table that it reads on"
                            + " the same ensemble, so each row that it writes comes back to it. Unless it filters those, or"
                            + " writes nothing new for them, it never comes to rest. Write to a subtree that the query does"
                            + " not read, filter what it has written, or set 'sink.skip-unchanged' = 'true'.",
                    template);
        }
    }
}
