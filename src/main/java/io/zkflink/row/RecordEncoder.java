// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.SerializationSchema;

/**
 * Makes writes of the records of a sink.
 *
 * <p>Owned by one thread; {@link #open} before use.
 */
@Internal
public interface RecordEncoder<T> extends Serializable {

    void open(SerializationSchema.InitializationContext context) throws Exception;

    /** {@link #open}, failing with an error that says what could not be opened. */
    default void openForWriter(SerializationSchema.InitializationContext context) throws IOException {
        try {
            open(context);
        } catch (Exception e) {
            throw new IOException(
                    "What encodes the rows, the 'format' of a table, could not be opened: " + e.getMessage(), e);
        }
    }

    /**
     * Hears, before the first record, that the lock is held without which nothing may be written.
     *
     * @param fencingToken grows with every grant
     */
    default void granted(long fencingToken) {}

    /** Whether no path that it makes lies below another one. */
    default boolean makesUnrelatedPaths() {
        return false;
    }

    /** The path template of the znodes that it writes, or the root of all where only records say it. */
    default String paths() {
        return "/";
    }

    /**
     * What a record asks to have done, or null if nothing.
     *
     * @throws IOException if it makes no path or data, or makes no sense
     */
    RowWrite write(T record) throws IOException;
}
