// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which tables the database lists. */
class TreeDatabaseTest {

    private final TreeDatabase tree = new TreeDatabase("", false, UnaryOperator.identity());

    @Test
    void aThousandTablesAreListedAtMost() {
        List<String> children =
                IntStream.range(0, 1_500).mapToObj(String::valueOf).toList();
        assertThat(tree.list(children)).hasSize(1_000).isSorted().startsWith("/0/{*path}", "/1/{*path}");
    }

    /** Braces are no literal of a template. */
    @Test
    void whatHasNoTemplateIsNotListed() {
        assertThat(tree.list(List.of("b", "{a}", "a"))).containsExactly("/a/{*path}", "/b/{*path}");
    }
}
