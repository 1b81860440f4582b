// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.annotation.Internal;

/** Where the rows of a lookup come from. */
@Internal
public sealed interface LookupCaching extends Serializable {

    /** From ZooKeeper, each time. */
    record None() implements LookupCaching {}

    /** From what earlier lookups found. */
    record Partial(Limits limits, Invalidation invalidation) implements LookupCaching {}

    /** From a mirror of the whole subtree. */
    record Full() implements LookupCaching {}

    /**
     * How much is cached for how long; null means without limit.
     *
     * @param missingKeys whether it is also cached that a key has no row
     */
    record Limits(Duration expireAfterAccess, Duration expireAfterWrite, Long maxRows, boolean missingKeys)
            implements Serializable {}

    /** When a cached row goes, apart from its limits. */
    enum Invalidation {
        /** When its znode changes. */
        WATCH("watch"),
        /** Only by its limits. */
        TTL("ttl");

        private final String value;

        Invalidation(String value) {
            this.value = value;
        }

        /** As the option spells it. */
        @Override
        public String toString() {
            return value;
        }
    }
}
