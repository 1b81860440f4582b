// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.row.RecordDecoder;
import io.zkflink.source.settings.ScanSettings;
import java.io.Serializable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.SourceReaderContext;

/** What the records of a scan are made of. */
@Internal
public interface ScanContent<T> extends Serializable {

    FeedEventEmitter<T> emitter(SourceReaderContext context, ScanSettings settings, RowLimit limit, ScanMetrics metrics)
            throws Exception;

    /** Whether the znodes of one parent belong together; else each is a record by itself. */
    boolean areSiblings();

    /** Whether the last data of each znode are kept. */
    boolean needsLast(ScanSettings settings);

    /** Znodes are records. */
    record ZNodes<T>(RecordDecoder<T> decoder) implements ScanContent<T> {

        @Override
        public FeedEventEmitter<T> emitter(
                SourceReaderContext context, ScanSettings settings, RowLimit limit, ScanMetrics metrics)
                throws Exception {
            decoder.open(context.metricGroup(), context.getUserCodeClassLoader());
            return settings.isBounded()
                    ? new SnapshotEmitter<>(decoder, limit, metrics)
                    : new ChangeEmitter<>(decoder, settings, metrics);
        }

        @Override
        public boolean areSiblings() {
            return false;
        }

        @Override
        public boolean needsLast(ScanSettings settings) {
            return settings.needsBeforeImages();
        }
    }
}
