// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.settings;

import org.apache.flink.annotation.PublicEvolving;

/** What to do with a row whose znode does not have the version that the row expects. */
@PublicEvolving
public enum ConflictPolicy {
    /** Fail the job, naming the znode. */
    FAIL("fail"),
    /** Leave the znode as it is, and count it. */
    SKIP("skip");

    private final String value;

    ConflictPolicy(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
