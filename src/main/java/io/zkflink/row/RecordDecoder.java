// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.ZNode;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.payload.PayloadDecoder;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * Makes the records of a source of znodes. A znode of which it makes no record is, for the records, not there.
 *
 * <p>Owned by one thread; opened before use.
 */
@Internal
public interface RecordDecoder<T> extends Serializable {

    void open(DeserializationSchema.InitializationContext context) throws Exception;

    default void open(MetricGroup metrics, UserCodeClassLoader classLoader) throws Exception {
        open(new DeserializationSchema.InitializationContext() {
            @Override
            public MetricGroup getMetricGroup() {
                return metrics;
            }

            @Override
            public UserCodeClassLoader getUserCodeClassLoader() {
                return classLoader;
            }
        });
    }

    /** What a path must match for its znode to have a record. */
    PathTemplate template();

    /** Whether records depend on the data of their znodes; else the data need not be kept. */
    default boolean readsData() {
        return true;
    }

    /** Whether records depend on how many children their znodes have, or had. */
    default boolean readsChildCounts() {
        return true;
    }

    /**
     * The record of a znode; empty if it has none.
     *
     * @throws IOException if the data cannot be decoded and that is to fail
     */
    Optional<T> record(ZNode znode, EventType event) throws IOException;

    /**
     * The record that says that a znode is gone; empty if nothing says so.
     *
     * @param mtime milliseconds since the epoch
     */
    Optional<T> gone(String path, long mtime) throws IOException;

    /** A record that was just made, as what it does to the table. */
    T ofKind(RowKind kind, T record);

    /**
     * That a znode's data could not be decoded, why, and what to do instead of failing. The format's error is
     * suppressed and no cause: Flink's SQL client shows the innermost cause only, which names no znode.
     */
    static IOException undecodable(ZNode znode, Throwable error, String wayOut) {
        IOException undecodable = new IOException(String.format(
                "The data of the znode '%s' (version %d) could not be decoded: %s. Correct the data, or %s.",
                znode.path(), znode.stat().version(), PayloadDecoder.reason(error), wayOut));
        undecodable.addSuppressed(PayloadDecoder.innermost(error));
        return undecodable;
    }
}
