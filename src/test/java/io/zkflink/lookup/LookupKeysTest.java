// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static io.zkflink.lookup.LookupFixtures.key;
import static io.zkflink.lookup.LookupFixtures.keys;
import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.row.Column;
import io.zkflink.row.ReadableMetadata;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LookupKeysTest {

    @ParameterizedTest
    @CsvSource({
        // columns bound, whether they locate, whether they are points, whether rows are filtered
        "0 1, true, true, false",
        "1 0, true, true, false",
        "0 1 2, true, true, true",
        "0, true, false, false",
        "0 2, true, false, true",
        "1, false, false, true",
        "2, false, false, true",
        "1 2, false, false, true",
    })
    void whichPartSaysWhereToLook(String columns, boolean locatable, boolean points, boolean filters) {
        LookupKeys keys = keys(
                Arrays.stream(columns.split(" ")).mapToInt(Integer::parseInt).toArray());
        assertThat(keys.areLocatable()).isEqualTo(locatable);
        assertThat(keys.arePoints()).isEqualTo(points);
        assertThat(keys.filters()).isEqualTo(filters);
        assertThat(keys.areUnique(LookupFixtures.COLUMNS)).isEqualTo(points);
    }

    @Test
    void aSingleZNodeNeedsNoKey() {
        PathTemplate leader = PathTemplate.parse("/leader", PathEncoding.NONE, name -> SegmentType.STRING);
        List<Column> columns = List.of(new Column.FromMetadata(ReadableMetadata.VERSION));
        LookupKeys keys = new LookupKeys(leader, columns, List.of(LookupFixtures.TYPES.get(2)), new int[] {0});
        assertThat(keys.areLocatable()).isTrue();
        assertThat(keys.arePoints()).isTrue();
        assertThat(keys.place(keys.values(key(1)))).isEqualTo(keys.placeOf(leader.match("/leader")));
    }

    @Test
    void aKeyAndAnEventNameTheSamePlaceWhateverTheOrderOfColumns() {
        Object event = keys(0, 1).placeOf(LookupFixtures.TEMPLATE.match("/r/x/y"));
        assertThat(place(keys(0, 1), "x", "y")).isEqualTo(event).hasSameHashCodeAs(event);
        assertThat(place(keys(1, 0), "y", "x")).isEqualTo(event).hasSameHashCodeAs(event);
        assertThat(place(keys(2, 0, 1), 7, "x", "y")).isEqualTo(event);
        assertThat(place(keys(0, 1), "x", "z")).isNotEqualTo(event);
        assertThat(place(keys(0), "x")).isEqualTo(keys(0).placeOf(LookupFixtures.TEMPLATE.match("/r/x/y")));
    }

    private static Object place(LookupKeys keys, Object... values) {
        return LookupKeys.compact(keys.place(keys.values(key(values))));
    }

    @Test
    void nullEqualsNothing() {
        assertThat(keys(0, 1).values(key("x", null))).isNull();
        assertThat(keys(0, 2).all(key("x", null))).isNull();
        LookupKeys keys = keys(0, 2);
        assertThat(keys.accepts(keys.values(key("x", 1)), key("x", "y", null))).isFalse();
        assertThat(keys.accepts(keys.values(key("x", 1)), key("x", "y", 1))).isTrue();
        assertThat(keys.accepts(keys.values(key("x", 1)), key("x", "y", 2))).isFalse();
    }

    @Test
    void numbersAndBytesAreEqualAsInSql() {
        assertThat(equal(new DoubleType(), 0.0, -0.0)).isTrue();
        assertThat(equal(new DoubleType(), Double.NaN, Double.NaN)).isFalse();
        assertThat(equal(new FloatType(), 0.0f, -0.0f)).isTrue();
        assertThat(equal(new FloatType(), Float.NaN, Float.NaN)).isFalse();
        assertThat(equal(new VarBinaryType(9), new byte[] {1}, new byte[] {1})).isTrue();
        assertThat(equal(new VarBinaryType(9), new byte[] {1}, new byte[] {2})).isFalse();
    }

    private static boolean equal(LogicalType type, Object key, Object inRow) {
        LookupKeys keys = new LookupKeys(
                LookupFixtures.TEMPLATE,
                List.of(new Column.FromPayload(RowData.createFieldGetter(type, 0))),
                List.of(type),
                new int[] {0});
        Object all = keys.all(key(key));
        boolean byIndex = all != null && all.equals(keys.allOf(key(inRow)));
        Object[] values = keys.values(key(key));
        assertThat(values != null && keys.accepts(values, key(inRow))).isEqualTo(byIndex);
        return byIndex;
    }
}
