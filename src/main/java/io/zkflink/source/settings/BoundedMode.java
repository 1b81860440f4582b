// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.settings;

import org.apache.flink.annotation.PublicEvolving;

/** When a scan ends. */
@PublicEvolving
public enum BoundedMode {
    /** Never. */
    UNBOUNDED("unbounded"),
    /** When the subtree has been read once. */
    SNAPSHOT("snapshot");

    private final String value;

    BoundedMode(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
