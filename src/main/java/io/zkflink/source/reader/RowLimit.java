// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.annotation.Internal;

/** Counts the rows of a bounded reader: the task thread takes them, the fetcher thread stops when none are left. */
@Internal
public final class RowLimit {

    private final AtomicLong left;

    public RowLimit(long limit) {
        this.left = new AtomicLong(limit);
    }

    boolean take() {
        return left.getAndDecrement() > 0;
    }

    boolean isReached() {
        return left.get() <= 0;
    }
}
