// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.settings;

import org.apache.flink.annotation.PublicEvolving;

/** What a scan that starts without state tells first. */
@PublicEvolving
public enum StartupMode {
    /** All znodes that there are. */
    INITIAL("initial"),
    /** Nothing; only changes made after the start. */
    LATEST_OFFSET("latest-offset");

    private final String value;

    StartupMode(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
