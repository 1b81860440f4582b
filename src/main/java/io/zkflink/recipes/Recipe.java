// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Locale;

/** What the rows of a table are. */
public enum Recipe {
    /** Znodes. */
    NODE,
    /** Those who hold a lock or wait for it. */
    LOCK,
    /** Those who run for an office. */
    ELECTION,
    /** Those who have entered a barrier. */
    BARRIER;

    /** As the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
