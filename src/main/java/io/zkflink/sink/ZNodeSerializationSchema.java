// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.api.common.serialization.SerializationSchema;

/**
 * Makes updates of znodes of the elements of a stream.
 *
 * <p>Serialized with the job. Each writer has a copy of its own, which its task thread opens and then uses alone; there
 * is no end to its life, so that it must hold nothing that needs closing.
 *
 * @param <T> the type of the elements
 */
@PublicEvolving
public interface ZNodeSerializationSchema<T> extends Serializable {

    /** Called once, before anything else. */
    default void open(SerializationSchema.InitializationContext context) throws Exception {}

    /**
     * Called after {@link #open} and before any element, where there is a {@linkplain ZooKeeperSinkBuilder#setGuardLock
     * lock}: the writer holds it now.
     *
     * @param fencingToken the {@code czxid} of the lock's node, which grows with every grant. Whoever gets it with what
     *     this writer sends can refuse what comes with a smaller one than was seen already
     */
    default void granted(long fencingToken) {}

    /**
     * What an element asks to have done, or null if nothing.
     *
     * @throws IOException or any unchecked exception to fail the job
     */
    ZNodeUpdate serialize(T element) throws IOException;
}
