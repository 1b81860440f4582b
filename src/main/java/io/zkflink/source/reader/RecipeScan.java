// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ContenderDecoder;
import io.zkflink.source.settings.ScanSettings;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.table.data.RowData;

/** Those who contend for the resources of a recipe are rows. */
@Internal
public record RecipeScan(RecipeSettings settings, ContenderDecoder decoder) implements ScanContent<RowData> {

    @Override
    public FeedEventEmitter<RowData> emitter(
            SourceReaderContext context, ScanSettings scan, RowLimit limit, ScanMetrics metrics) {
        return new QueueEmitter(this, scan, limit, metrics);
    }

    @Override
    public boolean areSiblings() {
        return true;
    }

    @Override
    public boolean needsLast(ScanSettings scan) {
        return true;
    }
}
