// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;

/**
 * One output, and so one watermark, for all splits of a reader. The buckets partition the state, not the time: a bucket
 * whose znodes nobody touches, or that has none, must not hold back the others.
 */
final class UnsplitOutput<T> implements ReaderOutput<T> {

    private final ReaderOutput<T> output;

    UnsplitOutput(ReaderOutput<T> output) {
        this.output = output;
    }

    boolean wraps(ReaderOutput<T> other) {
        return output == other;
    }

    @Override
    public SourceOutput<T> createOutputForSplit(String splitId) {
        return output;
    }

    @Override
    public void releaseOutputForSplit(String splitId) {
        // There is none.
    }

    @Override
    public void collect(T record) {
        output.collect(record);
    }

    @Override
    public void collect(T record, long timestamp) {
        output.collect(record, timestamp);
    }

    @Override
    public void emitWatermark(Watermark watermark) {
        output.emitWatermark(watermark);
    }

    @Override
    public void markIdle() {
        output.markIdle();
    }

    @Override
    public void markActive() {
        output.markActive();
    }
}
