// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import org.apache.flink.annotation.Internal;

/** How much is known of a queue when it is looked at. */
@Internal
public enum Completeness {
    /**
     * Everything: all that was reported has been read, so that what is known of a queue is what it was at one moment.
     */
    EXACT,
    /**
     * All that had been reported when the queue was last looked at has been read, and some of what was reported since.
     */
    ROUND,
    /** The resource's children were listed once and then read one after the other, and nobody reports. */
    LISTED
}
