// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Locale;
import org.apache.flink.annotation.Internal;

/** What a resource is for. */
@Internal
public enum Recipe {
    /** Those who hold a lock or wait for it. */
    LOCK("HELD", "WAITING"),
    /** Those who run for an office. */
    ELECTION("LEADER", "CANDIDATE"),
    /** Those who have entered a barrier. */
    BARRIER("READY", "WAITING");

    private final String granted;
    private final String waiting;

    Recipe(String granted, String waiting) {
        this.granted = granted;
        this.waiting = waiting;
    }

    /** What the {@code state} column says of a contender. */
    public String state(boolean isGranted) {
        return isGranted ? granted : waiting;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
