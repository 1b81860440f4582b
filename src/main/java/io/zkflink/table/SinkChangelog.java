// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import java.util.Arrays;
import java.util.Collection;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.types.RowKind;

/** Which changes a sink takes. */
final class SinkChangelog {

    /** Flink 2.1 and newer. */
    private static final boolean KNOWS_KEY_ONLY_DELETES = Arrays.stream(ChangelogMode.Builder.class.getMethods())
            .anyMatch(method -> method.getName().equals("keyOnlyDeletes"));

    private SinkChangelog() {}

    /**
     * By a primary key. The key is all that a deletion is needed for, so a mirror needs no {@code ChangelogNormalize}
     * to complete it, whose state costs memory, and loses deletions when it expires.
     */
    static ChangelogMode keyed() {
        ChangelogMode.Builder mode = ChangelogMode.newBuilder()
                .addContainedKind(RowKind.INSERT)
                .addContainedKind(RowKind.UPDATE_AFTER)
                .addContainedKind(RowKind.DELETE);
        if (KNOWS_KEY_ONLY_DELETES) {
            mode.keyOnlyDeletes(true);
        }
        return mode.build();
    }

    /**
     * Without a primary key, a row that changes or goes away cannot be told from others.
     *
     * @param requested what the query does
     * @param key the columns of a primary key that the table could have
     * @param template the option 'path'
     */
    static ChangelogMode unkeyed(ChangelogMode requested, Collection<String> key, Object template) {
        if (requested.containsOnly(RowKind.INSERT)) {
            return ChangelogMode.insertOnly();
        }
        throw new ValidationException("The query updates or deletes rows, and the table of 'path' '" + template
                + "' does not say which znode such a row is. "
                + (key.isEmpty()
                        ? "It can have no PRIMARY KEY; write a query that only inserts."
                        : "Declare PRIMARY KEY (" + String.join(", ", key)
                                + ") NOT ENFORCED, or write a query that only inserts."));
    }
}
