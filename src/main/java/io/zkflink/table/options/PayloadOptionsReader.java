// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.row.payload.PayloadCompression;
import io.zkflink.row.payload.PayloadDecoder;
import java.util.Map;
import org.apache.flink.annotation.Internal;
import org.apache.flink.configuration.ReadableConfig;

/** Reads the options that say what data is, beyond its format. */
@Internal
public final class PayloadOptionsReader {

    private static final long MAX_INFLATED_BYTES = 1024 * 1024 * 1024;

    private final ReadableConfig options;
    private final Map<String, String> raw;
    private final OptionsReader reader;

    PayloadOptionsReader(ReadableConfig options, Map<String, String> raw, OptionsReader reader) {
        this.options = options;
        this.raw = raw;
        this.reader = reader;
    }

    /** What is to be known of data that is read in a format. */
    public PayloadDecoder.Rules rules(String format) {
        FormatOptions written = new FormatOptions(format, raw);
        return new PayloadDecoder.Rules(
                options.get(ZooKeeperOptions.PAYLOAD_COMPRESSION),
                maxInflatedBytes(),
                written.boundary(),
                written.swallowErrors());
    }

    private int maxInflatedBytes() {
        long bytes = options.get(ZooKeeperOptions.PAYLOAD_MAX_INFLATED_SIZE).getBytes();
        if (bytes < 1 || bytes > MAX_INFLATED_BYTES) {
            throw reader.invalid(ZooKeeperOptions.PAYLOAD_MAX_INFLATED_SIZE, "it must be from '1 b' to '1 gb'.");
        }
        return (int) bytes;
    }

    /** How data that is written is compressed. */
    public PayloadCompression writtenCompression() {
        PayloadCompression compression = options.get(ZooKeeperOptions.PAYLOAD_COMPRESSION);
        if (compression == PayloadCompression.AUTO) {
            throw reader.invalid(
                    ZooKeeperOptions.PAYLOAD_COMPRESSION,
                    "it says how to read and not how to write. Set it to 'gzip', 'zlib' or 'none' in the table that is"
                            + " written, for example with INSERT INTO t /*+ OPTIONS('payload.compression' = 'gzip') */.");
        }
        return compression;
    }
}
