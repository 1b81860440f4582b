// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import org.apache.flink.annotation.Internal;

/** What to do with data that the format cannot decode. */
@Internal
public enum ParseErrorPolicy {
    /** Fail the job, naming the znode. */
    FAIL("fail"),
    /** Give a row whose payload columns are NULL. */
    NULL("null"),
    /** Give no row; one that was given for this znode before is taken back. */
    SKIP("skip");

    private final String value;

    ParseErrorPolicy(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }
}
