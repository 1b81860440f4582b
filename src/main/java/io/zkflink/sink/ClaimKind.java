// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.OwnedSession;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ClaimEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/** Rows that claim resources. */
record ClaimKind(ClaimEncoder encoder, RecipeSettings recipe, SinkSettings settings) implements OwnedKind<RowData> {

    @Override
    public void open(SerializationSchema.InitializationContext context) {
        // Nothing is encoded by a format.
    }

    @Override
    public Change change(RowData row) throws IOException {
        boolean gone = row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE;
        String owner = encoder.owner(row);
        return new Change(new OwnedRow.Id(encoder.path(row), owner), !gone, owner.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public OwnedWriter writer(
            OwnedSession session, OwnedState state, OwnedWriter.Owning owning, OwnedWriter.Surroundings surroundings) {
        return new RecipeWriter(session, state, recipe, settings, owning, surroundings);
    }
}
