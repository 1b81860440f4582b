// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import org.apache.flink.annotation.Internal;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/**
 * Keeps what only one task may do with one task, whatever rescales the job.
 *
 * <p>The adaptive scheduler and reactive mode change a parallelism of 1 like any other, up to the maximum parallelism.
 * That must be 1, too, and it is the head of a chain that decides: an operator that is chained behind another has the
 * maximum parallelism of that one.
 */
@Internal
public final class SingleWriter {

    private SingleWriter() {}

    /** Keeps a sink at one writer, and one committer if it has any. */
    public static <T> DataStreamSink<T> of(DataStreamSink<T> sink) {
        return sink.setParallelism(1).setMaxParallelism(1).disableChaining();
    }

    /** Keeps an operator at one task, with whatever is chained behind it. */
    public static <T> SingleOutputStreamOperator<T> of(SingleOutputStreamOperator<T> operator) {
        return operator.forceNonParallel().startNewChain();
    }
}
