// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static io.zkflink.path.Templates.parse;
import static io.zkflink.path.Templates.url;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathMatcherTest {

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
}
