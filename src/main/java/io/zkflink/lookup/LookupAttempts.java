// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * The reads of one lookup, one after the other until one is answered: whether and when another one is to follow, for
 * lookups that a thread waits for and for those that nobody waits for. Owned by one thread, but for {@link #nanosLeft}.
 */
final class LookupAttempts {

    private final Lookup lookup;
    private final Object[] values;
    private final long end;
    private int failures;
    /** Null while none has failed. */
    private Throwable last;

    /** @param values that are looked up, from now on */
    LookupAttempts(Lookup lookup, Object[] values) {
        this.lookup = lookup;
        this.values = values;
        this.end = System.nanoTime() + lookup.budget().toNanos();
    }

    /** How much of the lookup's time is left; negative if none is. */
    long nanosLeft() {
        return end - System.nanoTime();
    }

    /**
     * A read has failed.
     *
     * @return how many milliseconds to wait before the next one
     * @throws IOException if there is to be none
     */
    long waitAfter(Throwable error) throws IOException {
        if (!lookup.mayRetry(error)) {
            throw new IOException(error.getMessage(), error);
        }
        last = error;
        long wait = lookup.waitMillis(failures++);
        if (nanosLeft() < TimeUnit.MILLISECONDS.toNanos(wait)) {
            throw exhausted();
        }
        return wait;
    }

    /** The lookup has used its time up. */
    IOException exhausted() {
        return lookup.exhausted(values, last);
    }
}
