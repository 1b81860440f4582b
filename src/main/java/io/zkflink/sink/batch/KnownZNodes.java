// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.annotation.Internal;

/**
 * What a writer has learnt of which znodes exist, so that it need not ask: a wrong guess costs a refused request, not
 * more. Bounded; of others it guesses what was true of the last one. Owned by one thread at a time.
 */
@Internal
public final class KnownZNodes {

    private static final int CAPACITY = 100_000;

    private final Map<String, Boolean> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > CAPACITY;
        }
    };

    private boolean lastExisted;

    /** Whether a znode exists; null if that is not known. */
    Boolean get(String path) {
        return known.get(path);
    }

    /** Whether a znode of which nothing is known is thought to exist. */
    boolean guess() {
        return lastExisted;
    }

    /** Notes what is so now, by our doing. */
    void note(String path, boolean exists) {
        known.put(path, exists);
    }

    /** Notes what was found, which says something of others too. */
    void found(String path, boolean exists) {
        known.put(path, exists);
        lastExisted = exists;
    }
}
