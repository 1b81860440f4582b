// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import java.io.IOException;
import java.util.List;
import org.apache.flink.annotation.Internal;

/** What came of an attempt to write a batch. */
@Internal
public sealed interface BatchResult {

    /**
     * All rows are written.
     *
     * @param notEmpty but for these removals, whose znode has children
     */
    record Written(List<BatchedRow> notEmpty) implements BatchResult {}

    /** The connection broke, and nobody knows what was written: the batch is to be written again after a while. */
    record Retry(long afterMillis) implements BatchResult {}

    /** It never will be; with a {@link GuardException} nothing was written. */
    record Failed(IOException cause) implements BatchResult {}
}
