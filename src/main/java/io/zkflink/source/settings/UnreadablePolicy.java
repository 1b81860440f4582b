// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.settings;

import org.apache.flink.annotation.PublicEvolving;

/** What to do with znodes whose ACL denies the READ permission. */
@PublicEvolving
public enum UnreadablePolicy {
    /** Fail the job, naming the znode. */
    FAIL("fail"),
    /** Give no row of them, nor of what is below one whose children would have to be listed. */
    SKIP("skip");

    private final String value;

    UnreadablePolicy(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
