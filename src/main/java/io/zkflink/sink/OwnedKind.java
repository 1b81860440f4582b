// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.OwnedSession;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;

/** What the rows of an {@link OwnedOperator} are. */
interface OwnedKind extends Serializable {

    void open(SerializationSchema.InitializationContext context) throws Exception;

    /** What a row asks for; null for nothing. */
    Change change(RowData row) throws IOException;

    OwnedWriter writer(
            OwnedSession session, OwnedState state, OwnedWriter.Owning owning, OwnedWriter.Surroundings surroundings);

    /** A row that comes, changes or goes. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Change(OwnedRow.Id id, boolean wanted, byte[] data) {}
}
