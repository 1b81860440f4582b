// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import java.io.Serializable;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;

/** Where a column of a produced row comes from. */
@Internal
public sealed interface Column extends Serializable {

    /**
     * The path.
     *
     * @param variable the position among the template's columns
     */
    record FromPath(int variable) implements Column {}

    /**
     * The data.
     *
     * @param field reads the column out of the row that the format decodes
     */
    record FromPayload(RowData.FieldGetter field) implements Column {}

    /** The data as it is: a text. */
    record FromData() implements Column {}

    /** What a recipe says of a contender. */
    record FromRecipe(RecipeMetadata metadata) implements Column {}

    /** The Stat, or what is known of the znode otherwise. */
    record FromMetadata(ReadableMetadata metadata) implements Column {}
}
