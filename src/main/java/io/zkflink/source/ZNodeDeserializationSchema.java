// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;

/**
 * Makes records of changes of znodes.
 *
 * <p>Serialized with the job. Each reader has a copy of its own, which its task thread opens and then uses alone; there
 * is no end to its life, so that it must hold nothing that needs closing.
 *
 * @param <T> the type of the records
 */
@PublicEvolving
public interface ZNodeDeserializationSchema<T> extends Serializable, ResultTypeQueryable<T> {

    /** Called once, before anything else. */
    default void open(DeserializationSchema.InitializationContext context) throws Exception {}

    /**
     * The record of a change, or null.
     *
     * <p>Null for a znode that is there means that the source goes on as if it were not: an earlier record of it is
     * followed by one of its deletion, and the next change that has a record comes as a creation. Null for a deletion
     * means that nothing tells it.
     *
     * <p>Also called for znodes that {@code latest-offset} does not tell, to know which of them have records.
     *
     * @throws IOException or any unchecked exception to fail the job, with the path and version of the znode
     */
    T deserialize(ZNodeChange change) throws IOException;
}
