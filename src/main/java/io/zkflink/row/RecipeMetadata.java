// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.DataType;

/** The metadata columns that tables of a recipe have beyond those of {@link ReadableMetadata}. */
@Internal
public enum RecipeMetadata {
    STATE(
            "state",
            "`HELD` or `WAITING` (`lock`), `LEADER` or `CANDIDATE` (`election`), `READY` or `WAITING` (`barrier`).",
            DataTypes.STRING()),
    FENCING_TOKEN(
            "fencing-token",
            "The transaction that created the contender's znode: it grows with every grant.",
            DataTypes.BIGINT()),
    POSITION(
            "position",
            "The place in the queue, from 0. Reading it makes a change cost a row for each contender behind it.",
            DataTypes.INT());

    private final String key;
    private final String description;
    private final DataType type;

    RecipeMetadata(String key, String description, DataType type) {
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

    /** The metadata column of a table of a recipe. */
    public static Column column(String key) {
        Optional<Column> own = Arrays.stream(values())
                .filter(metadata -> metadata.key.equals(key))
                .<Column>map(Column.FromRecipe::new)
                .findFirst();
        return own.orElseGet(() -> new Column.FromMetadata(ReadableMetadata.of(key)));
    }

    /** Keys and types of all metadata columns of a table of a recipe, in order. */
    public static Map<String, DataType> types() {
        Map<String, DataType> types = Arrays.stream(values())
                .collect(Collectors.toMap(RecipeMetadata::key, RecipeMetadata::type, (a, b) -> a, LinkedHashMap::new));
        types.putAll(ReadableMetadata.types(ReadableMetadata.EVENT_TYPE));
        return types;
    }
}
