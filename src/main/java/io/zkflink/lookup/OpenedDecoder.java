// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.row.ZNodeDecoder;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** Opens decoders in lookup functions. */
final class OpenedDecoder {

    private OpenedDecoder() {}

    static ZNodeDecoder of(ZNodeDecoder decoder, FunctionContext context) throws Exception {
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
        return decoder;
    }
}
