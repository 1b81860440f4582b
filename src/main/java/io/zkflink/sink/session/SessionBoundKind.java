// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.serialization.SerializationSchema;

/**
 * What the rows of an {@link SessionBoundOperator} are.
 *
 * @param <T> the type of the elements that tell of them
 */
interface SessionBoundKind<T> extends Serializable {

    void open(SerializationSchema.InitializationContext context) throws IOException;

    /** What an element asks for; null for nothing. */
    Change change(T element) throws IOException;

    SessionBoundWriter writer(
            DedicatedSession session,
            SessionBoundState state,
            SessionBoundWriter.Owning owning,
            SessionBoundWriter.WriterContext writerContext);

    /** A row that comes, changes or goes. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Change(SessionBoundRow.Id id, boolean wanted, byte[] data) {}
}
