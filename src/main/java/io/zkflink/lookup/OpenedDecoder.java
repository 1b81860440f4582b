// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.row.ZNodeDecoder;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** A decoder that a lookup function has opened; formats are not for several threads. */
final class OpenedDecoder {

    private final ZNodeDecoder decoder;

    OpenedDecoder(ZNodeDecoder decoder, FunctionContext context) throws Exception {
        this.decoder = decoder;
        decoder.open(new DeserializationSchema.InitializationContext() {
            @Override
            public MetricGroup getMetricGroup() {
                return context.getMetricGroup();
            }

            @Override
            public UserCodeClassLoader getUserCodeClassLoader() {
                return SimpleUserCodeClassLoader.create(context.getUserCodeClassLoader());
            }
        });
    }

    ZNodeDecoder get() {
        return decoder;
    }
}
