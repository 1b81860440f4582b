// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.metrics.ScanMetrics;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ContenderDecoder;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.table.data.RowData;

/** Those who contend for the resources of a recipe are rows. */
public record RecipeScan(RecipeSettings settings, ContenderDecoder decoder) implements Scanned<RowData> {

    @Override
    public SightingEmitter<RowData> emitter(
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
