// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static io.zkflink.path.Templates.TYPES;
import static io.zkflink.path.Templates.parse;
import static io.zkflink.path.Templates.url;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathTemplateTest {

    @Test
    void aFilterKeepsEveryNameOfItsTexts() {
        PathTemplate kept = url("/r/{a}/x").restrict(Map.of("a", List.of("a b")));
        assertThat(kept.root()).isEqualTo("/r");
        assertThat(kept.match("/r/a%20b/x")).containsExactly("a b");
        assertThat(kept.match("/r/a+b/x")).containsExactly("a b");
        assertThat(kept.match("/r/ab/x")).isNull();
        assertThat(parse("/r/{a}/x").restrict(Map.of("a", List.of("a"))).tableRoot())
                .isEqualTo("/r");
    }

    @Test
    void onlyTheServersOwnSubtreeIsReserved() {
        PathTemplate below = PathTemplate.parse("/app", "/zookeeper/{a}", PathEncoding.NONE, TYPES::get);
        assertThat(below.match("/zookeeper/x")).containsExactly("x");
        assertThat(below.resolve("x")).isEqualTo(below.locate("x")).isEqualTo("/zookeeper/x");
        assertThat(below.restrict(Map.of("a", List.of("x"))).match("/zookeeper/x"))
                .containsExactly("x");
    }

    @Test
    void aSubtreeIsHiddenUnlessAllRowsAreInIt() {
        PathTemplate all = parse("/{*a}").hiding("/own/commits");
        assertThat(all.match("/own/commits/x")).isNull();
        assertThat(all.match("/own/commits")).isNull();
        assertThat(all.match("/own/commits2")).containsExactly("own/commits2");
        assertThat(all.match("/_flink/x")).isNull();
        assertThat(all.locate("own/commits/x")).isNull();
        assertThat(all.restrict(Map.of("a", java.util.List.of("own/commits", "own")))
                        .match("/own/commits"))
                .isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all.resolve("own/commits/x"))
                .withMessage(
                        "The path '/own/commits/x' lies in '/own/commits', where the connector keeps what it has to"
                                + " remember, and is no row of the 'path' '/{*a}'. Filter such rows out, or declare a table whose"
                                + " 'path' lies inside of '/own/commits'.");

        assertThat(parse("/own/commits/{a}").hiding("/own/commits").match("/own/commits/x"))
                .containsExactly("x");
        assertThat(parse("/own/{*a}").hiding("/own/commits").match("/own/commits/x"))
                .isNull();
        assertThat(parse("/own/commits/{a}").liesIn("/own/commits")).isTrue();
        assertThat(parse("/own/{*a}").liesIn("/own/commits")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "/x/{*a}, /x/y/{b}, true",
        "/{*a}, /, false",
        "/x/{*a}, /y/{*a}, false",
        "/x/{a}, /x/{a}/{b}, false",
        "/x/{a}, /{a}/{b}, true",
        "/x/{i}, /x/y, false",
        "/x/{i}, /x/7, true",
        "/x/y, /x/y, true",
        "/x/y, /x/z, false",
    })
    void templatesOverlap(String one, String other, boolean overlap) {
        assertThat(parse(one).overlaps(parse(other))).isEqualTo(overlap);
        assertThat(parse(other).overlaps(parse(one))).isEqualTo(overlap);
    }

    @Test
    void twoZnodesOfOneKeyAreToldWithTheirEncoding() {
        PathTemplate template = PathTemplate.parse("/r/{a}", PathEncoding.URI, TYPES::get);
        assertThat(template.conflict("/r/a+b", "/r/a%2Bb"))
                .isEqualTo("The znodes '/r/a+b' and '/r/a%2Bb' have the same key in the 'path' '/r/{a}': with"
                        + " 'path.encoding' = 'uri' both names mean the same text. Delete one of them, or set"
                        + " 'path.encoding' = 'none'.");
    }
}
