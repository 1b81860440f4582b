// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;

/** The metadata columns that a sink takes. */
@Internal
public enum WritableMetadata {
    VERSION(
            "version",
            "The version that the znode must have for the row to be written; -1: it must not exist; NULL: any.",
            DataTypes.INT()),
    CREATE_MODE(
            "create-mode",
            "What kind of znode to create, instead of `sink.create-mode`; NULL: that. Write-only.",
            DataTypes.STRING()),
    TTL(
            "ttl",
            "Milliseconds for `persistent-with-ttl`, instead of `sink.ttl`; NULL: that. Write-only.",
            DataTypes.BIGINT());

    private final String key;
    private final String description;
    private final DataType type;

    WritableMetadata(String key, String description, DataType type) {
        this.key = key;
        this.description = description;
        this.type = type;
    }

    public String key() {
        return key;
    }

    /** For the docs, in Markdown. */
    public String description() {
        return description;
    }

    public DataType type() {
        return type;
    }

    public static WritableMetadata of(String key) {
        return Arrays.stream(values())
                .filter(metadata -> metadata.key.equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No such metadata: " + key));
    }

    /** Keys and types of all of them, in order. */
    public static Map<String, DataType> types() {
        return Arrays.stream(values())
                .collect(Collectors.toMap(
                        WritableMetadata::key, WritableMetadata::type, (a, b) -> a, LinkedHashMap::new));
    }
}
