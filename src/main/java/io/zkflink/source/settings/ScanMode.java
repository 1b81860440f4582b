// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.settings;

import org.apache.flink.annotation.PublicEvolving;

/** What a scan tells of a change. */
@PublicEvolving
public enum ScanMode {
    /** The key and the latest row; only the key of what is gone. Needs a primary key. */
    UPSERT("upsert"),
    /** The row before and the row after, for which the last row of each znode is kept in state. */
    ALL("all"),
    /** A log of events, all of them insertions. */
    APPEND("append");

    private final String value;

    ScanMode(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
