// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static io.zkflink.path.Templates.TYPES;
import static io.zkflink.path.Templates.parse;
import static io.zkflink.path.Templates.url;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathBuilderTest {

    @Test
    void resolvesWhatItMatches() {
        PathTemplate template = parse("/x/{a}/y/{i}/{*b}");
        assertThat(template.resolve("p", 7, "q/r")).isEqualTo("/x/p/y/7/q/r");
        assertThat(template.match("/x/p/y/7/q/r")).containsExactly("p", 7, "q/r");
        assertThat(template.columns()).containsExactly("a", "i", "b");
        assertThat(template.root()).isEqualTo("/x");
        assertThat(parse("/").resolve()).isEqualTo("/");
        assertThat(parse("/{a}").root()).isEqualTo("/");
    }

    @Test
    void percentEncodesAsJavaDoes() {
        PathTemplate template = url("/{a}");
        for (String text : List.of("a/b c:d", "*~!'()", "日 %", "a+b", "\ud83d\ude00", "\u0000", "a.b-c_D9")) {
            assertThat(template.resolve(text)).isEqualTo("/" + URLEncoder.encode(text, StandardCharsets.UTF_8));
        }
    }

    /** Those of java.net.URLEncoder, Kafka, encodeURIComponent, url.QueryEscape and url.PathEscape. */
    @Test
    void theNamesThatLibrariesGiveAText() {
        assertThat(url("/r/{a}").locations("a b*:"))
                .startsWith("/r/a+b*%3A")
                .contains("/r/a%20b%2A%3A", "/r/a%20b*%3A", "/r/a+b%2A%3A", "/r/a%20b%2A:");
        assertThat(url("/r/{a}").locations("a+b")).containsExactly("/r/a%2Bb", "/r/a%2bb");
        assertThat(url("/r/{a}").locations("plain-1.0_x")).containsExactly("/r/plain-1.0_x");
        assertThat(url("/r/{a}").locations(".")).isEmpty();
        assertThat(parse("/r/{a}").locations("a b")).containsExactly("/r/a b");
    }

    @Test
    void anEncodingOfUrisHasNoPlusForABlank() {
        PathTemplate template = PathTemplate.parse("/r/{a}", PathEncoding.URI, TYPES::get);
        assertThat(template.resolve("a b*~+")).isEqualTo("/r/a%20b%2A~%2B");
        assertThat(template.match("/r/a%20b*")).containsExactly("a b*");
        assertThat(template.match("/r/a+b")).containsExactly("a+b");
        assertThat(template.locations("a+b")).containsExactly("/r/a%2Bb", "/r/a+b");
        assertThat(template.locations("a b")).containsExactly("/r/a%20b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "a\u0000", "\u001f", "\uf8ff"})
    void refusesValuesThatAreNoSegment(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("/x/{a}").resolve(value))
                .withMessageContaining("The value '" + value + "' of the column 'a'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "a/", "/a", "a//b", "a/../b", "."})
    void refusesValuesThatAreNoPath(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("/x/{*a}").resolve(value))
                .withMessageContaining("The value '" + value + "' of the column 'a'");
    }

    @Test
    void neverResolvesIntoZooKeepersOwnSubtree() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("/{*a}").resolve("zookeeper/quota"))
                .withMessageContaining("'/zookeeper'");
    }

    @Test
    void whatCannotBeAPathIsNowhere() {
        PathTemplate template = parse("/flags/{a}/{i}");
        assertThat(template.locate("x", 7)).isEqualTo("/flags/x/7").isEqualTo(template.resolve("x", 7));
        assertThat(template.locate("", 7)).isNull();
        assertThat(template.locate("..", 7)).isNull();
        assertThat(template.locate("x/y", 7)).isNull();
        assertThat(template.locate("\u0000", 7)).isNull();
        assertThat(url("/flags/{a}").locate("x/y")).isEqualTo("/flags/x%2Fy");
        assertThat(parse("/{a}/x").locate("zookeeper")).isNull();
        assertThat(parse("/r/{*a}").locate("x/y/z")).isEqualTo("/r/x/y/z");
        assertThat(parse("/r/{*a}").locate("x//z")).isNull();
        assertThat(parse("/r/{*a}").locate("x/")).isNull();
        assertThat(parse("/").locate()).isEqualTo("/");
    }
}
