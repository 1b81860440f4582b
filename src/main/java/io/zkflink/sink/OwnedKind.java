// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.OwnedSession;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.serialization.SerializationSchema;

/**
 * What the rows of an {@link OwnedOperator} are.
 *
 * @param <T> the type of the elements that tell of them
 */
interface OwnedKind<T> extends Serializable {

    void open(SerializationSchema.InitializationContext context) throws IOException;

    /** What an element asks for; null for nothing. */
    Change change(T element) throws IOException;

    OwnedWriter writer(
            OwnedSession session, OwnedState state, OwnedWriter.Owning owning, OwnedWriter.Surroundings surroundings);

    /** A row that comes, changes or goes. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Change(OwnedRow.Id id, boolean wanted, byte[] data) {}
}
