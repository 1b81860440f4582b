// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.zkflink.path.SegmentType.Kind;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathTemplateTest {

    private static final Map<String, SegmentType> TYPES = Map.of(
            "a", SegmentType.STRING,
            "b", SegmentType.STRING,
            "i", SegmentType.of(Kind.INT),
            "t", SegmentType.of(Kind.TINYINT),
            "s", SegmentType.of(Kind.SMALLINT),
            "l", SegmentType.of(Kind.BIGINT),
            "f", SegmentType.of(Kind.BOOLEAN),
            "c", SegmentType.text(3, 3),
            "v", SegmentType.text(0, 2));

    private static PathTemplate parse(String template) {
        return PathTemplate.parse(template, PathEncoding.NONE, TYPES::get);
    }

    private static PathTemplate url(String template) {
        return PathTemplate.parse(template, PathEncoding.URL, TYPES::get);
    }

    @ParameterizedTest
    @CsvSource({
        "/flags/{a}/{b}, /flags/x/y, x|y",
        "/flags/{a}/{b}, /flags/x, ",
        "/flags/{a}/{b}, /flags/x/y/z, ",
        "/flags/{a}, /flags2/x, ",
        "/flags/{a}, /flag/x, ",
        "/flags/{a}, /flags, ",
        "/{a}, /x, x",
        "/{a}, /zookeeper, ",
        "/{*a}, /zookeeper/quota, ",
        "/{*a}, /zookeepers/x, zookeepers/x",
        "/{*a}, /_flink/commits/x, ",
        "/{a}, /_flink, ",
        "/{*a}, /_flinks, _flinks",
        "/x/{*a}, /x/_flink, _flink",
        "/_flink/{*a}, /_flink/commits/x, commits/x",
        "/_flink/commits/{a}, /_flink/commits/x, x",
        "/x/{*a}, /x/zookeeper, zookeeper",
        "/x/{*a}, /x/y/z, y/z",
        "/x/{*a}, /x, ",
        "/x/{b}/{*a}, /x/y/z/w, y|z/w",
        "/x/{i}/s, /x/7/s, 7",
        "/x/{i}/s, /x/7/t, ",
        "/x/{i}/s, /x/7, ",
        "/x, /x, ''",
        "/x, /x/y, ",
        "/x, /y, ",
        "/, /, ''",
        "/, /x, ",
        "/{i}, /-7, -7",
        "/{i}, /007, ",
        "/{i}, /+7, ",
        "/{i}, /-0, ",
        "/{i}, /abc, ",
        "/{i}, /2147483648, ",
        "/{t}, /127, 127",
        "/{t}, /128, ",
        "/{s}, /-32769, ",
        "/{l}, /9223372036854775807, 9223372036854775807",
        "/{f}, /true, true",
        "/{f}, /TRUE, ",
        "/{c}, /abc, abc",
        "/{c}, /ab, ",
        "/{v}, /ab, ab",
        "/{v}, /abc, "
    })
    void matches(String template, String path, String values) {
        Object[] found = parse(template).match(path);
        if (values == null) {
            assertThat(found).isNull();
        } else {
            assertThat(found).isNotNull();
            assertThat(String.join(
                            "|",
                            java.util.Arrays.stream(found).map(Object::toString).toList()))
                    .isEqualTo(values);
        }
    }

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

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "a%2Fb+c%3Ad => a/b c:d",
                "a%2fb%20c:d => a/b c:d",
                "%2A%2E~ => *.~",
                "%41 => A",
                "%E6%97%A5日 => 日日",
                "$&=@ => $&=@",
                "%2B => +",
            })
    void decodesWhatAnyLibraryEncodes(String name, String text) {
        PathTemplate template = url("/r/{a}/x");
        assertThat(template.match("/r/" + name + "/x")).containsExactly(text);
        assertThat(template.canonical("/r/" + name + "/x")).isEqualTo(template.resolve(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%2", "%zz", "%+1", "100%", "a%", "%FF", "%E6%97", "%ED%A0%80", "%C0%AF"})
    void whatIsNotValidlyEncodedMatchesNothing(String name) {
        assertThat(url("/{a}").match("/" + name)).isNull();
        assertThat(url("/{a}").isUnconvertible("/" + name)).isTrue();
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

    @Test
    void aFilterKeepsEveryNameOfItsTexts() {
        PathTemplate kept = url("/r/{a}/x").restrict(Map.of("a", List.of("a b")));
        assertThat(kept.root()).isEqualTo("/r");
        assertThat(kept.match("/r/a%20b/x")).containsExactly("a b");
        assertThat(kept.match("/r/a+b/x")).containsExactly("a b");
        assertThat(kept.match("/r/ab/x")).isNull();
        assertThat(parse("/r/{a}/x").restrict(Map.of("a", List.of("a"))).rootOfAll())
                .isEqualTo("/r");
    }

    @ParameterizedTest
    @CsvSource({
        "/r/{i}/x, /r/a/x, true",
        "/r/{i}/x, /r/7/x, false",
        "/r/{i}/x, /r/a/y, false",
        "/r/{i}/x, /r/a, false",
        "/r/{i}/x, /r/a/x/y, false",
        "/r/{a}/{i}, /r/other/a, false",
        "/r/{a}/{i}, /r/kept/a, true",
        "/r/{a}/{i}, /r/kept/8, false",
        "/r/{i}/{*b}, /r/x/y/z, true",
        "/{i}, /zookeeper, false"
    })
    void aNameThatIsNoValueIsToldFromOneThatIsLeftOut(String template, String path, boolean isUnconvertible) {
        PathTemplate filtered = parse(template).restrict(Map.of("a", List.of("kept")));
        assertThat(filtered.isUnconvertible(path)).isEqualTo(isUnconvertible);
    }

    @Test
    void onlyTheServersOwnSubtreeIsReserved() {
        PathTemplate below = PathTemplate.parse("/app", "/zookeeper/{a}", PathEncoding.NONE, TYPES::get);
        assertThat(below.match("/zookeeper/x")).containsExactly("x");
        assertThat(below.resolve("x")).isEqualTo(below.locate("x")).isEqualTo("/zookeeper/x");
        assertThat(below.restrict(Map.of("a", List.of("x"))).match("/zookeeper/x"))
                .containsExactly("x");
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

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "flags => it must be absolute; write '/flags'",
                "/a//b => it has an empty segment; remove the superfluous '/'",
                "/a/ => it has an empty segment; remove the superfluous '/'",
                "/x{a} => the segment 'x{a}' is neither a name nor a column",
                "/{} => the segment '{}' is neither a name nor a column",
                "/{*} => the segment '{*}' is neither a name nor a column",
                "/{a}{b} => the segment '{a}{b}' is neither a name nor a column",
                "/{*a}/x => '{*a}' takes all remaining segments and must stand last; use '{a}'",
                "/{a}/{a} => the column 'a' appears twice",
                "/{*i} => the column 'i' of '{*i}' holds a path; declare it as STRING",
                "/a/../b => the segment '..' is a relative path",
                "/zookeeper/{a} => '/zookeeper' is ZooKeeper's own subtree",
            },
            quoteCharacter = '"')
    void refusesWrongTemplates(String template, String problem) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(template)).withMessageContaining(problem);
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
}
