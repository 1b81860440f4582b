// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import java.io.Serializable;
import org.apache.flink.table.connector.ChangelogMode;

/**
 * How to scan.
 *
 * @param hasPrimaryKey whether rows have an identity, so that the row that takes one back need not equal it
 * @param parallelism how many readers share the tree; more than the job has are not used
 */
public record ScanSettings(
        ScanMode mode, StartupMode startup, BoundedMode bounded, boolean hasPrimaryKey, int parallelism)
        implements Serializable {

    public boolean isBounded() {
        return bounded == BoundedMode.SNAPSHOT;
    }

    /** A tree that is read once only has insertions to tell. */
    public ChangelogMode changelogMode() {
        return isBounded() ? ChangelogMode.insertOnly() : mode.changelogMode();
    }

    /** Whether rows before a change are told, and so must be kept. */
    boolean needsBeforeImages() {
        return mode == ScanMode.ALL && !isBounded();
    }
}
