// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Locale;
import org.apache.flink.annotation.Internal;

/**
 * Whose layout the nodes of a lock have. Programs that speak different dialects must not queue for one lock: each sorts
 * the other's nodes wrongly, so that both may believe to hold it.
 */
@Internal
public enum LockDialect {
    /** Curator's {@code InterProcessMutex}, {@code _c_<uuid>-lock-<sequence>}; go-zookeeper's lock is one of it. */
    CURATOR,
    /** Kazoo's {@code Lock}, {@code <32 hex digits>__lock__<sequence>}. */
    KAZOO;

    /** As the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
