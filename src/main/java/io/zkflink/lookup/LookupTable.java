// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Content;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.Column;
import io.zkflink.row.ZNodeDecoder;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.util.SimpleUserCodeClassLoader;

/**
 * What a lookup function knows of its table.
 *
 * @param identity equal for functions that can share what they have read: the same table, the same produced columns;
 *     never printed, since it may hold passwords
 * @param columns of the produced rows
 * @param decoder makes the produced rows
 * @param content what the produced rows need of each znode
 */
@Internal
public record LookupTable(
        String identity,
        ConnectionSettings connection,
        PathTemplate template,
        List<Column> columns,
        ZNodeDecoder decoder,
        Content content,
        LookupSettings settings)
        implements Serializable {

    /** The decoder, opened for a lookup function; formats are not for several threads. */
    ZNodeDecoder openDecoder(FunctionContext context) throws Exception {
        decoder.open(context.getMetricGroup(), SimpleUserCodeClassLoader.create(context.getUserCodeClassLoader()));
        return decoder;
    }

    /** How long a lookup may take while the server cannot be reached. */
    Duration budget() {
        return connection.connectionTimeout().multipliedBy(1L + settings.maxRetries());
    }

    @Override
    public String toString() {
        return "LookupTable[" + template + "]";
    }
}
