// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.settings;

import org.apache.flink.annotation.PublicEvolving;

/** How changes of a subtree are noticed. */
@PublicEvolving
public enum WatchMode {
    /** By a recursive watch where the server has them, else by polling. */
    AUTO("auto"),
    /** By a recursive watch; the server must be 3.6 or newer. */
    RECURSIVE("recursive"),
    /** By walking the subtree over and over. */
    POLL("poll");

    private final String value;

    WatchMode(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
