// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.row.ClaimEncoder;
import io.zkflink.sink.settings.SinkSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/** Rows that claim resources. */
record ClaimKind(ClaimEncoder encoder, RecipeSettings recipe, SinkSettings settings)
        implements SessionBoundKind<RowData> {

    @Override
    public void open(SerializationSchema.InitializationContext context) {
        // Nothing is encoded by a format.
    }

    @Override
    public Change change(RowData row) throws IOException {
        boolean gone = row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE;
        String owner = encoder.owner(row);
        return new Change(
                new SessionBoundRow.Id(encoder.path(row), owner), !gone, owner.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public SessionBoundWriter writer(
            DedicatedSession session,
            SessionBoundState state,
            SessionBoundWriter.Owning owning,
            SessionBoundWriter.WriterContext writerContext) {
        return new RecipeWriter(session, state, recipe, settings, owning, writerContext);
    }
}
