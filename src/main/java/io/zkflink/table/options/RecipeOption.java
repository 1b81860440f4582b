// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.recipes.Recipe;
import java.util.Locale;
import java.util.Optional;
import org.apache.flink.annotation.PublicEvolving;

/** What the rows of a table are. */
@PublicEvolving
public enum RecipeOption {
    /** Znodes. */
    NODE(null),
    /** Those who hold a lock or wait for it. */
    LOCK(Recipe.LOCK),
    /** Those who run for an office. */
    ELECTION(Recipe.ELECTION),
    /** Those who have entered a barrier. */
    BARRIER(Recipe.BARRIER);

    private final Recipe recipe;

    RecipeOption(Recipe recipe) {
        this.recipe = recipe;
    }

    /** Empty where rows are znodes. */
    public Optional<Recipe> recipe() {
        return Optional.ofNullable(recipe);
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
