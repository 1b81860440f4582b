// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Nasty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.zookeeper.common.PathUtils;

/**
 * Each key has exactly one path that is written, all its paths are below the root, and whatever cannot be a path is
 * refused.
 */
class PathTemplatePropertiesTest {

    private static final Map<Character, SegmentType> TYPES = Map.of(
            's', SegmentType.STRING,
            'i', SegmentType.of(SegmentType.Kind.INT),
            'l', SegmentType.of(SegmentType.Kind.BIGINT),
            'b', SegmentType.of(SegmentType.Kind.BOOLEAN));

    /** A template, and for each of its columns a value of its type. */
    record Row(PathTemplate template, List<Object> values) {

        Object[] array() {
            return values.toArray();
        }

        @Override
        public String toString() {
            return template + " " + values;
        }
    }

    @Provide
    Arbitrary<Row> rows() {
        Arbitrary<String> segment = Arbitraries.of("flags", "zookeeper", "x%2Fy", "s", "i", "l", "b");
        Arbitrary<List<String>> segments = segment.list().ofMinSize(1).ofMaxSize(4);
        return Combinators.combine(segments, Arbitraries.of(true, false), Arbitraries.of(PathEncoding.values()))
                .as(PathTemplatePropertiesTest::template)
                .filter(template -> template != null)
                .flatMap(template -> values(template).map(values -> new Row(template, values)));
    }

    private static PathTemplate template(List<String> segments, boolean openEnded, PathEncoding encoding) {
        StringBuilder text = new StringBuilder();
        int columns = 0;
        for (String segment : segments) {
            text.append('/').append(segment.length() > 1 ? segment : "{" + segment + columns++ + "}");
        }
        text.append(openEnded ? "/{*s" + columns + "}" : "");
        return text.toString().startsWith("/zookeeper")
                ? null
                : PathTemplate.parse(text.toString(), encoding, column -> TYPES.get(column.charAt(0)));
    }

    private static Arbitrary<List<Object>> values(PathTemplate template) {
        List<Arbitrary<Object>> values = new ArrayList<>();
        for (String column : template.columns()) {
            values.add(
                    switch (column.charAt(0)) {
                        case 'i' -> Arbitraries.integers().map(value -> value);
                        case 'l' -> Arbitraries.longs().map(value -> value);
                        case 'b' -> Arbitraries.of(true, false).map(value -> value);
                        default -> Nasty.texts().map(value -> value);
                    });
        }
        return Combinators.combine(values).as(all -> all);
    }

    @Property
    void whateverARowContainsItsPathIsBelowTheRootAndIsItsAlone(@ForAll("rows") Row row) {
        String path;
        try {
            path = row.template.resolve(row.array());
        } catch (IllegalArgumentException e) {
            assertThat(row.template.locate(row.array())).isNull();
            assertThat(e.getMessage()).containsAnyOf("column 's", "'/zookeeper'");
            return;
        }
        PathUtils.validatePath(path);
        assertThat(path).startsWith(row.template.root());
        assertThat(row.template.isHidden(path)).isFalse();
        assertThat(row.template.locate(row.array())).isEqualTo(path);
        assertThat(row.template.match(path)).containsExactly(row.array());

        Map<String, List<Object>> filter = new java.util.HashMap<>();
        for (int i = 0; i < row.values.size(); i++) {
            filter.put(row.template.columns().get(i), List.of(row.values.get(i)));
        }
        PathTemplate narrowed = row.template.restrict(filter);
        if (row.template.isAmbiguous()) {
            assertThat(path).startsWith(narrowed.root());
            assertThat(row.template.locations(row.array())).startsWith(path).allSatisfy(location -> {
                assertThat(row.template.match(location)).containsExactly(row.array());
                assertThat(row.template.canonical(location)).isEqualTo(path);
                assertThat(narrowed.match(location)).containsExactly(row.array());
                assertThat(row.template.restrictByNames(filter).match(location)).containsExactly(row.array());
            });
        } else {
            assertThat(narrowed.root()).isEqualTo(path);
        }
        assertThat(narrowed.match(path)).containsExactly(row.array());
    }

    /** Names as a tree may have them, whether they are anybody's encoding or not. */
    @Property
    void whatMatchesHasThatPathAndNoOther(
            @ForAll("rows") Row row, @ForAll("names") List<String> names, @ForAll boolean likely) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < names.size(); i++) {
            boolean literal = likely
                    && i < row.template.segments().size()
                    && row.template.segments().get(i) instanceof Segment.Literal;
            text.append('/')
                    .append(literal ? ((Segment.Literal) row.template.segments().get(i)).name() : names.get(i));
        }
        String path = text.toString();
        Object[] values = row.template.match(path);
        if (values != null) {
            String canonical = row.template.canonical(path);
            if (row.template.isAmbiguous()) {
                // What no name can be, such as a single point, is never written, though it may be read.
                String located = row.template.locate(values);
                assertThat(located).isIn(canonical, null);
                assertThat(located == null || Arrays.equals(row.template.match(located), values))
                        .isTrue();
            } else {
                assertThat(canonical).isEqualTo(path);
                assertThat(row.template.resolve(values)).isEqualTo(path);
                assertThat(row.template.locate(values)).isEqualTo(path);
            }
            assertThat(row.template.isUnconvertible(path)).isFalse();
        }
    }

    @Provide
    Arbitrary<List<String>> names() {
        return Arbitraries.oneOf(
                        Nasty.texts(),
                        Arbitraries.integers().map(String::valueOf),
                        Arbitraries.of("true", "007", "%20"))
                .filter(PathTemplatePropertiesTest::isName)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }

    private static boolean isName(String name) {
        try {
            PathUtils.validatePath("/" + name);
            return !name.isEmpty() && name.indexOf('/') < 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Property
    void anyTextIsATemplateOrRefused(@ForAll("templates") String text) {
        PathTemplate template;
        try {
            template = PathTemplate.parse(text, PathEncoding.NONE, column -> SegmentType.STRING);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
            return;
        }
        assertThat(template).hasToString(text);
        PathUtils.validatePath(template.root());
    }

    @Provide
    Arbitrary<String> templates() {
        return Arbitraries.oneOf(
                Nasty.texts(),
                Arbitraries.of("/", "{", "}", "{a}", "{*b}", "..", "x", "zookeeper", "{*", "{}")
                        .list()
                        .ofMaxSize(6)
                        .map(parts -> "/" + String.join("/", parts)));
    }

    /** Once the path of {@code "?"}: two keys with one znode. */
    @Example
    void halfACharacterHasNoPath() {
        PathTemplate template = PathTemplate.parse("/r/{s}", PathEncoding.URL, column -> SegmentType.STRING);
        assertThat(template.locate("\ud83d")).isNull();
        assertThat(template.resolve("?")).isEqualTo("/r/%3F");
        assertThat(template.restrict(Map.of("s", List.of("\ud83d"))).match("/r/%3F"))
                .isNull();
    }

    @Example
    void lengthsAreOfCharactersNotOfTheirHalves() {
        SegmentType two = SegmentType.text(2, 2);
        assertThat(two.parse("\ud83d\ude00")).isNull();
        assertThat(two.parse("\ud83d\ude00x")).isEqualTo("\ud83d\ude00x");
    }
}
